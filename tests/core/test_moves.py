"""Steps of HEAD, sorted by the words that git leaves in its reflog."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lorefs.core.moves import Path, Step, path_of, undecided

A, B, C, D = (letter * 40 for letter in "abcd")


def is_own(*messages: str, ended: str = "", body: str | None = None) -> bool:
    """Whether the last of some steps is the user's own commit."""
    oids = [f"{number:040x}" for number in range(1, len(messages) + 2)]
    steps = [Step(*step) for step in zip(oids, oids[1:], messages, strict=False)]
    steps[-1] = steps[-1]._replace(ended=ended)
    told = {} if body is None else {steps[-1].after: body}
    end = Step(oids[-1], A, "checkout: moving from main to other")
    return steps[-1] in path_of([*steps, end], told).own


@pytest.mark.parametrize(
    "message",
    [
        "commit: Say more about WAL",
        "commit:",  # an empty message, whose blank git strips
        "commit (amend): Say more",
        "commit (initial): First",
        "commit: revert the title by hand",
        'commit: docs: Revert "x" is what git writes',
        "commit: Squashed the bug",
        'commit (amend): Revert "x"',  # what is amended is added to what was reverted
        "commit (amend): Squashed commit of the following:",
    ],
)
def test_own_commits(message: str) -> None:
    assert is_own(message)


@pytest.mark.parametrize(
    "message",
    [
        "",
        "commit (merge): Merge branch 'topic'",
        "commit (cherry-pick): Pick",
        "commit (rebase): Pick",
        'commit: Revert "Say more"',
        'commit: Reapply "Say more"',
        "commit: Squashed commit of the following:",
        "committed: no word of git's",
        "checkout: moving from main to topic",
        "reset: moving to HEAD~1",
        "merge topic: Fast-forward",
        "pull: Fast-forward",
        "rebase (finish): returning to refs/heads/main",
        "cherry-pick: Pick",
        'revert: Revert "Say more"',
        "am: Patch",
        "am --abort",
        "clone: from somewhere",
    ],
)
def test_moves(message: str) -> None:
    assert not is_own(message)


@pytest.mark.parametrize(
    "body",
    [
        "My words\n\nThis reverts commit 0123456789abcdef.\n",
        "My words\n\nThis reverts commit 01234567 (Say more, 2026-11-21).\n",
        "My words\n\n(cherry picked from commit 0123456789abcdef)\n",
        "My words\n\nSquashed commit of the following:\n\ncommit 0123\n",
    ],
)
def test_the_whole_message_tells_what_the_subject_does_not(body: str) -> None:
    assert is_own("commit: My words")
    assert not is_own("commit: My words", body=body)
    assert is_own("commit: My words", body="My words\n\nThis is about a commit.\n")


@pytest.mark.parametrize("operation", ["revert", "cherry-pick", "squash"])
@pytest.mark.parametrize("message", ["commit: My words", "commit (amend): My words"])
def test_a_commit_that_ends_what_was_under_way_is_a_move(operation: str, message: str) -> None:
    assert not is_own(message, ended=operation)


@pytest.mark.parametrize("operation", ["bisect", "merge", "rebase", "am"])
def test_these_do_not_end_with_a_plain_commit(operation: str) -> None:
    assert is_own("commit: My words", ended=operation)


@pytest.mark.parametrize(
    "start",
    [
        "rebase (start): checkout main",
        "rebase -i (start): checkout main",
        "pull --rebase origin topic:main (start): checkout 0123",
    ],
)
@pytest.mark.parametrize(
    "end",
    [
        "rebase (finish): returning to refs/heads/topic",
        "rebase (abort): returning to refs/heads/topic",
        "pull --rebase origin topic:main (finish): returning to refs/heads/topic",
        "rebase finished: returning to refs/heads/topic",
        "rebase: aborting",
        "checkout: moving from 0123 to topic",
    ],
)
def test_a_commit_inside_a_rebase_is_a_move_and_an_amended_one_is_not(start: str, end: str) -> None:
    assert not is_own(start, "commit: The commit that stopped")
    assert not is_own(start, "rebase (pick): One", "commit: The commit that stopped")
    assert not is_own(start, "reset: moving to HEAD^", "commit: The first half")
    assert is_own(start, "commit (amend): At a stop")
    assert is_own(start, "commit: The commit that stopped", end, "commit: Afterwards")


def test_a_message_cannot_pretend_to_be_a_rebase() -> None:
    assert is_own("commit: rebase (start): checkout main", "commit: Own")


def test_the_first_commit_of_an_orphan_branch_is_a_move() -> None:
    assert is_own("commit (initial): First")
    assert not is_own("", "commit (initial): All that the other branch had")


def test_without_moves_there_is_no_base() -> None:
    assert path_of([]) == Path((), None)
    assert path_of([Step(A, B, "commit: One")]) == Path((), None)


def test_commits_behind_the_newest_move_are_in_the_file() -> None:
    before, move, after = (
        Step(A, B, "commit: One"),
        Step(B, C, "checkout: moving from main to topic"),
        Step(C, D, "commit: Two"),
    )
    assert path_of([before, move, after]) == Path((before,), C)


def test_a_reset_to_the_same_commit_is_a_move() -> None:
    """`git stash` and `git reset --hard` put HEAD's content into the file."""
    own = Step(A, B, "commit: One")
    assert path_of([own, Step(B, B, "reset: moving to HEAD")]) == Path((own,), B)


def test_another_name_for_the_same_commit_is_no_move() -> None:
    own = Step(A, B, "commit: One")
    new, renamed = (
        "checkout: moving from main to new",
        "Branch: renamed refs/heads/a to refs/heads/b",
    )
    assert path_of([own, Step(B, B, new)]) == Path((), None)
    assert path_of([own, Step(B, "", renamed), Step("", B, renamed)]) == Path((), None)
    assert path_of([own, Step(B, C, new)]) == Path((own,), C)


def test_a_branch_without_commits_gives_no_base() -> None:
    own = Step(A, B, "commit: One")
    assert path_of([own, Step(B, "", "")]) == Path((own,), None)


def test_only_commits_with_words_of_their_own_are_undecided() -> None:
    messages = ["commit: My words", "commit (amend): Mine", 'commit: Revert "x"', "reset: to HEAD"]
    steps = [Step(A, letter * 40, text) for letter, text in zip("1234", messages, strict=True)]
    assert undecided(steps) == ("1" * 40,)


words = st.sampled_from(
    [
        "commit: One",
        "commit (amend): One",
        'commit: Revert "x"',
        "rebase (start): checkout x",
        "rebase (finish): returning to x",
        "reset: moving to HEAD",
        "checkout: moving from a to b",
        "",
    ]
)
oids = st.sampled_from([A, B, C, D])


@given(st.lists(st.builds(Step, oids, oids, words, st.sampled_from(["", "squash"]))))
def test_the_base_is_where_a_move_led_and_own_commits_come_before_it(steps: list[Step]) -> None:
    path = path_of(steps)
    if path.base is None:
        assert path.own == ()
        return
    last = max(n for n, step in enumerate(steps) if step.after == path.base)
    rest = iter(steps[:last])
    assert all(step in rest for step in path.own), "own commits keep their order"
    assert all(step.message.startswith("commit") and not step.ended for step in path.own)
