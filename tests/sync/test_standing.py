"""Who was entitled, on real histories of the sync branch that attackers had a hand in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from lorefs.core.judgement import (
    APPROVAL,
    ENTRY,
    POLICY,
    REMOVAL,
    THE_POLICY,
    UNREADABLE,
    Standing,
    combined,
)
from lorefs.core.policy import approval_hash
from lorefs.repo.git import Git
from lorefs.repo.locate import locate
from lorefs.sync.branch.branch import Branch
from lorefs.sync.branch.merge import merge_tips
from lorefs.sync.branch.standing import standings
from tests.gitrepo import Repo
from tests.lore import document, entries, entry, ident

ADA, BOB, EVE = (f"{name}@example.invalid" for name in ("ada", "bob", "eve"))
X, Y = ident(1), ident(2)


def policy(*approvers: str) -> str:
    return f"---\npolicy: {{approval: manual, approvers: [{', '.join(approvers)}]}}\n---\n"


def lore(text: str = "A text.", *more: str, by: str = ADA, meta: str = "") -> str:
    """A root document with a policy and an entry."""
    return policy(*by.split()) + document(entry(1, "X", text, meta), *more)


@dataclass
class History:
    """Commits of several people, made with git's own commands."""

    repo: Repo
    branch: Branch = field(init=False)

    def __post_init__(self) -> None:
        import os

        git = Git(locate(self.repo.path), dict(os.environ))
        self.branch = Branch(git, "main", "", 1_000_000)

    def by(self, email: str, text: str | None = None, **files: str) -> str:
        """A commit by somebody; `text` is the root document."""
        self.repo("config", "user.email", email)
        if text is not None:
            files[".lore.md"] = text
        return self.repo.commit(f"by {email}", **files)

    def at(self, commit: str) -> None:
        self.repo("checkout", "--quiet", "--detach", commit)

    def merge(self, one: str, other: str) -> str:
        """The merge that lorefs makes."""
        return merge_tips(self.branch, one, other).oid

    def merged_by(self, email: str, one: str, other: str, **files: str) -> str:
        """A merge that somebody made, of the documents that they like."""
        self.repo("config", "user.email", email)
        self.at(one)
        self.repo("merge", "--quiet", "--no-commit", "--strategy=ours", other, ok=False)
        return self.repo.commit("merge", **files)

    def standing(self, commit: str) -> Standing:
        return standings(self.branch).of(commit)

    def doubts(self, commit: str) -> dict[str, str]:
        """The kinds of doubts by entry."""
        return {key: each.kind for key, each in self.standing(commit).doubts.items()}

    def blamed(self, commit: str, ident: str = X) -> tuple[str, str]:
        doubt = self.standing(commit).doubts[ident]
        return doubt.commit, doubt.email

    def approvers(self, commit: str) -> tuple[str, ...]:
        return combined(self.standing(commit).policies).approvers


@pytest.fixture
def history(repo: Repo) -> History:
    return History(repo)


def test_without_a_policy_everything_counts(history: History) -> None:
    history.by(EVE, document(entry(1, "X")))
    tip = history.by(BOB, document(entry(1, "X", "Other.")))
    assert history.standing(tip) == Standing()


def test_anyone_sets_the_first_policy_and_what_stood_before_is_approved(history: History) -> None:
    history.by(EVE, document(entry(1, "X"), entry(2, "Y")))
    tip = history.by(BOB, policy(ADA) + document(entry(1, "X"), entry(2, "Y", "With it.")))
    assert history.doubts(tip) == {}
    assert history.approvers(tip) == (ADA,)


def test_what_others_add_or_change_does_not_count_until_an_approver_does(history: History) -> None:
    history.by(ADA, lore())
    changed = history.by(EVE, lore("Eve's text."))
    added = history.by(BOB, lore("Eve's text.", entry(2, "Y")))
    assert history.doubts(added) == {X: ENTRY, Y: ENTRY}
    assert history.blamed(added) == (changed, EVE)
    assert history.blamed(added, Y) == (added, BOB)
    # that an approver commits something else is no approval
    other = history.by(ADA, **{"a/.lore.md": document(entry(3, "Z"))})
    assert history.doubts(other) == {X: ENTRY, Y: ENTRY}
    tip = history.by(ADA, lore("Ada's text.", entry(2, "Y")))
    assert history.doubts(tip) == {Y: ENTRY}


def test_an_approval_counts_by_its_author_and_the_text_it_names(history: History) -> None:
    history.by(ADA, lore())
    history.by(EVE, lore("Eve's text."))
    text = approval_hash(entries(lore("Eve's text."))[X])
    forged = history.by(EVE, lore("Eve's text.", meta=f"approved_by: {ADA}, approved_hash: {text}"))
    assert history.doubts(forged) == {X: APPROVAL}
    history.at(f"{forged}~1")
    approved = history.by(
        ADA, lore("Eve's text.", meta=f"approved_by: {ADA}, approved_hash: {text}")
    )
    assert history.doubts(approved) == {}
    history.at(f"{forged}~1")
    other = history.by(ADA, lore("Eve's text.", meta=f"approved_by: {ADA}, approved_hash: {X[:8]}"))
    assert history.doubts(other) == {X: APPROVAL}
    history.at(approved)
    # approvers edit by hand, and leave the mark of the approval before
    edited = history.by(ADA, lore("By hand.", meta=f"approved_by: {ADA}, approved_hash: {text}"))
    assert history.doubts(edited) == {}


def test_a_policy_of_ones_own_counts_neither_now_nor_for_the_next_commit(history: History) -> None:
    history.by(ADA, lore())
    mine = history.by(EVE, lore(by=EVE))
    tip = history.by(EVE, lore("Eve's text.", by=EVE))
    assert history.doubts(tip) == {THE_POLICY: POLICY, X: ENTRY}
    assert history.blamed(tip, THE_POLICY) == (mine, EVE)
    assert history.approvers(tip) == (ADA,)
    gone = history.by(EVE, document(entry(1, "X", "Eve's text.")))
    assert history.approvers(gone) == (ADA,)
    # anybody may put back what counts
    back = history.by(BOB, lore("Eve's text."))
    assert history.doubts(back) == {X: ENTRY}


def test_an_unreadable_policy_leaves_the_one_before_in_force(history: History) -> None:
    history.by(ADA, lore())
    broken = history.by(ADA, lore().replace("manual", "perhaps"))
    assert history.doubts(broken) == {THE_POLICY: UNREADABLE}
    assert history.doubts(history.by(EVE, lore("Eve's text.", by=EVE)))[X] == ENTRY


def test_an_approver_may_change_or_end_the_policy(history: History) -> None:
    history.by(ADA, lore())
    history.by(EVE, lore("Eve's text."))
    handed = history.by(ADA, lore("Eve's text.", by=BOB))
    assert history.approvers(handed) == (BOB,)
    assert history.doubts(handed) == {X: ENTRY}
    ended = history.by(BOB, document(entry(1, "X", "Eve's text.")))
    assert history.standing(ended) == Standing()


def test_the_approved_text_may_be_put_back_by_anybody_an_older_one_not(history: History) -> None:
    history.by(ADA, lore("Old."))
    history.by(ADA, lore("Now."))
    history.by(EVE, lore("Eve's."))
    assert history.doubts(history.by(EVE, lore("Old."))) == {X: ENTRY}
    assert history.doubts(history.by(BOB, lore("Now."))) == {}


def test_a_removal_is_told_and_can_be_undone(history: History) -> None:
    history.by(ADA, lore("A text.", entry(2, "Y")))
    gone = history.by(EVE, policy(ADA) + document(entry(1, "X", "A text.", "status: archived")))
    assert history.doubts(gone) == {X: REMOVAL, Y: REMOVAL}
    assert history.doubts(history.by(BOB, lore("A text.", entry(2, "Y")))) == {}
    history.at(gone)
    assert history.doubts(history.by(BOB, lore("Other.", entry(2, "Y")))) == {X: ENTRY}


def test_a_move_to_another_document_changes_nothing_that_was_approved(history: History) -> None:
    history.by(ADA, lore("A text.", entry(2, "Y")))
    tip = history.by(EVE, lore(), **{"src/.lore.md": document(entry(2, "Y"))})
    assert history.doubts(tip) == {}


def test_a_copy_with_another_text_is_a_change_and_outlives_the_original(history: History) -> None:
    history.by(ADA, policy(ADA), **{"b/.lore.md": document(entry(1, "X"))})
    copied = history.by(EVE, **{"a/.lore.md": document(entry(1, "X", "Eve's."))})
    assert history.doubts(copied) == {X: ENTRY}
    alone = history.by(EVE, **{"b/.lore.md": document()})
    assert history.doubts(alone) == {X: ENTRY}


def test_proposals_are_free_and_moving_one_into_the_team_is_not(history: History) -> None:
    proposal = document(entry(2, "Y", meta=f"status: pending, proposed_by: {EVE}"))
    history.by(ADA, lore())
    waits = history.by(EVE, **{".lore.review.md": proposal})
    assert history.doubts(waits) == {}
    moved = lore("A text.", entry(2, "Y", meta=f"approved_by: {ADA}"))
    assert history.doubts(history.by(EVE, moved, **{".lore.review.md": document()})) == {
        Y: APPROVAL
    }
    history.at(waits)
    assert history.doubts(history.by(ADA, moved, **{".lore.review.md": document()})) == {}


def test_a_squash_of_approved_and_other_commits_is_its_authors(history: History) -> None:
    base = history.by(ADA, lore())
    history.by(ADA, lore("Approved."))
    history.by(EVE, lore("Approved.", entry(2, "Y")))
    history.at(base)
    assert history.doubts(history.by(EVE, lore("Approved.", entry(2, "Y")))) == {X: ENTRY, Y: ENTRY}


def test_a_rebased_commit_keeps_its_author(history: History) -> None:
    base = history.by(ADA, lore())
    mine = history.by(ADA, lore("Approved."))
    history.at(base)
    history.by(BOB, **{"a/.lore.md": document(entry(3, "Z"))})
    history.repo("cherry-pick", mine)
    assert history.doubts(history.repo("rev-parse", "HEAD")) == {ident(3): ENTRY}


# ---------------------------------------------------------------- merges


LONG = "Checkpoints block readers.\n\n  They do so for minutes at a time."


def both(
    history: History, one: Callable[[], str], other: Callable[[], str], base: str = ""
) -> tuple[str, str]:
    """Two commits from one base."""
    start = base or history.by(ADA, lore(LONG, by=f"{ADA} {BOB}"))
    history.at(start)
    left = one()
    history.at(start)
    return left, other()


def test_two_approvers_at_once_make_a_merged_text_that_is_approved(history: History) -> None:
    who = f"{ADA} {BOB}"
    ours, theirs = both(
        history,
        lambda: history.by(ADA, lore(LONG.replace("readers", "all readers"), by=who)),
        lambda: history.by(BOB, lore(LONG.replace("minutes", "hours"), by=who)),
    )
    tip = history.merge(ours, theirs)
    assert "all readers" in history.repo("show", f"{tip}:.lore.md")
    assert "hours" in history.repo("show", f"{tip}:.lore.md")
    assert history.standing(tip) == history.standing(ours)


def test_a_text_merged_with_one_that_nobody_approved_is_not_approved(history: History) -> None:
    who = f"{ADA} {BOB}"
    ours, theirs = both(
        history,
        lambda: history.by(ADA, lore(LONG.replace("readers", "all readers"), by=who)),
        lambda: history.by(EVE, lore(LONG.replace("minutes", "hours"), by=who)),
    )
    tip = history.merge(ours, theirs)
    assert history.doubts(tip) == {X: ENTRY}
    assert history.blamed(tip) == (theirs, EVE)
    # the approver's text may be put back
    history.at(tip)
    back = history.by(EVE, lore(LONG.replace("readers", "all readers"), by=who))
    assert history.doubts(back) == {}


def test_a_merge_that_smuggles_a_text_is_judged_by_its_author(history: History) -> None:
    who = f"{ADA} {BOB}"
    ours, theirs = both(
        history,
        lambda: history.by(ADA, **{"a/.lore.md": document(entry(3, "Z"))}),
        lambda: history.by(BOB, **{"b/.lore.md": document(entry(4, "W"))}),
    )
    files = {".lore.md": lore("Eve's.", by=who), "b/.lore.md": document(entry(4, "W"))}
    evil = history.merged_by(EVE, ours, theirs, **files)
    assert history.doubts(evil) == {X: ENTRY}
    assert history.blamed(evil) == (evil, EVE)
    good = history.merged_by(ADA, ours, theirs, **files)
    assert history.doubts(good) == {}


def test_a_merge_does_not_hide_what_it_takes_from_one_side(history: History) -> None:
    who = f"{ADA} {BOB}"
    ours, theirs = both(
        history,
        lambda: history.by(ADA, **{"a/.lore.md": document(entry(3, "Z"))}),
        lambda: history.by(EVE, lore("Eve's.", by=who)),
    )
    for tip in (history.merge(ours, theirs), history.merge(theirs, ours)):
        assert history.doubts(tip) == {X: ENTRY}
        assert history.blamed(tip) == (theirs, EVE)


def test_a_policy_set_meanwhile_judges_what_others_added_before_they_knew(history: History) -> None:
    base = history.by(BOB, document(entry(1, "X")))
    ours, theirs = both(
        history,
        lambda: history.by(ADA, policy(ADA) + document(entry(1, "X"))),
        lambda: history.by(BOB, document(entry(1, "X"), entry(2, "Y"))),
        base,
    )
    tip = history.merge(ours, theirs)
    assert history.doubts(tip) == {Y: ENTRY}
    assert history.approvers(tip) == (ADA,)


def test_nobody_gets_around_a_policy_from_a_commit_before_it(history: History) -> None:
    base = history.by(BOB, document(entry(1, "X")))

    def fork() -> str:
        history.by(EVE, document(entry(1, "X", "Eve's."), entry(2, "Y")))
        return history.by(EVE, lore("Eve's.", entry(2, "Y")))  # even with the very same policy

    ours, theirs = both(history, lambda: history.by(ADA, lore()), fork, base)
    tip = history.merge(ours, theirs)
    assert history.approvers(tip) == (ADA,)
    held = set(entries(history.repo("show", f"{tip}:.lore.md")))
    assert history.doubts(tip) == dict.fromkeys(held, ENTRY)


def test_an_expelled_approver_does_not_come_back_by_an_old_commit(history: History) -> None:
    who = f"{ADA} {EVE}"
    base = history.by(ADA, lore(by=who))
    ours, theirs = both(
        history,
        lambda: history.by(ADA, lore()),
        lambda: history.by(EVE, lore("Eve's.", by=who)),
        base,
    )
    tip = history.merge(ours, theirs)
    assert history.approvers(tip) == (ADA,)
    assert history.doubts(tip) == {X: ENTRY}


def test_two_policies_at_once_must_both_entitle(history: History) -> None:
    who = f"{ADA} {BOB}"
    ours, theirs = both(
        history,
        lambda: history.by(ADA, lore(LONG, by=f"{who} carol@example.invalid")),
        lambda: history.by(BOB, lore(LONG, by=f"{who} dave@example.invalid")),
    )
    tip = history.merge(ours, theirs)
    assert len(history.standing(tip).policies) == 2
    assert history.approvers(tip) == (ADA, BOB)
    assert history.doubts(tip) == {THE_POLICY: POLICY}
    history.at(tip)
    settled = history.by(ADA, lore(LONG, by=f"{who} carol@example.invalid dave@example.invalid"))
    assert history.doubts(settled) == {}


def test_histories_that_meet_first_are_judged_by_both_policies(history: History) -> None:
    ours = history.by(ADA, lore())
    history.repo("checkout", "--quiet", "--orphan", "other")
    theirs = history.by(EVE, document(entry(2, "Y")))
    tip = history.merge(ours, theirs)
    assert history.doubts(tip) == {Y: ENTRY}
    assert history.approvers(tip) == (ADA,)


def test_judging_on_from_a_known_commit_equals_judging_at_once(history: History) -> None:
    ours, theirs = both(
        history,
        lambda: history.by(EVE, lore("Eve's.", by=f"{ADA} {BOB}")),
        lambda: history.by(BOB, lore(LONG, entry(2, "Y"), by=BOB)),
    )
    tip = history.merge(ours, theirs)
    known = {ours: history.standing(ours)}
    assert standings(history.branch, known).of(tip) == history.standing(tip)
    assert history.approvers(tip) == (BOB,)


def test_each_realm_is_judged_by_its_own_policy(history: History) -> None:
    one, two = "realms/one/", "realms/two/"
    history.by(ADA, **{f"{one}.lore.md": lore(by=ADA), f"{two}.lore.md": lore(by=BOB)})
    tip = history.by(BOB, **{f"{name}a/.lore.md": document(entry(2, "Y")) for name in (one, two)})

    def doubts(prefix: str) -> dict[str, str]:
        branch = Branch(history.branch.git, "main", prefix, 1_000_000)
        return {key: each.kind for key, each in standings(branch).of(tip).doubts.items()}

    assert doubts(one) == {Y: ENTRY}
    assert doubts(two) == {}
    assert history.doubts(tip) == {}  # what stands outside of them has no policy


def test_a_merge_of_three_is_judged_by_all_policies(history: History) -> None:
    base = history.by(ADA, lore())
    tips = []
    for n, who in enumerate((ADA, BOB, EVE)):
        history.at(base)
        tips.append(history.by(who, **{f"s{n}/.lore.md": document(entry(n + 3, f"S{n}"))}))
    history.repo("config", "user.email", EVE)
    history.at(tips[0])
    history.repo("merge", "--quiet", "-m", "octopus", *tips[1:])
    tip = history.repo("rev-parse", "HEAD")
    # who made it answers for all that its parents do not agree upon
    assert history.doubts(tip) == dict.fromkeys(map(ident, (3, 4, 5)), ENTRY)
    settled = {f"s{n}/.lore.md": document(entry(n + 3, f"S{n}", "Ada's.")) for n in range(3)}
    assert history.doubts(history.by(ADA, lore(), **settled)) == {}


def test_a_merge_of_three_takes_no_policy_and_no_approved_text_back(history: History) -> None:
    """Its first parent may be as old as somebody likes."""
    old = history.by(ADA, document(entry(1, "X", "Old.")))
    tip = history.by(ADA, lore("New."))
    other = history.by(BOB, lore("New."), a="1")
    tree = history.repo("rev-parse", f"{old}^{{tree}}")
    history.repo("config", "user.email", EVE)

    def merged(*parents: str) -> str:
        named = [word for oid in parents for word in ("-p", oid)]
        return history.repo("commit-tree", "-m", "octopus", *named, tree)

    for merge in (merged(old, tip, other), merged(other, old, tip)):
        assert history.doubts(merge) == {X: ENTRY, THE_POLICY: POLICY}
        assert history.approvers(merge) == (ADA,)
    history.repo("config", "user.email", ADA)  # who may drop it
    assert history.standing(merged(old, tip, other)) == Standing()
