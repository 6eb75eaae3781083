"""HEAD, its reflog and the stashes, read from files and compared with what git tells."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lorefs.core.moves import Step
from lorefs.repo import head_oid, head_signature, locate, observe_head
from lorefs.repo.reflog import Place, Sight, end_of, parse_place, steps_since
from tests.gitrepo import Repo

Make = Callable[..., Repo]


def oid(repo: Repo) -> str:
    return head_oid(locate(repo.path))


def subjects(repo: Repo, place: str) -> list[str]:
    """The words of the steps since a place, "?" for steps that no line tells of."""
    return [step.message or "?" for step in observe_head(locate(repo.path), place).steps]


def place(repo: Repo) -> str:
    return observe_head(locate(repo.path)).place


# ---- the commit


def heads(repo: Repo, tmp_path: Path) -> list[Repo]:
    """Worktrees whose HEAD is stored in one way each."""
    repo.commit("one")
    repo("branch", "a/b/c")
    packed = repo.clone(tmp_path / "packed")
    packed("pack-refs", "--all")
    detached = repo.clone(tmp_path / "detached")
    detached("switch", "--quiet", "--detach")
    both = repo.clone(tmp_path / "both")
    both("pack-refs", "--all")
    both.commit("newer than what is packed")
    deep = repo.clone(tmp_path / "deep")
    deep("switch", "--quiet", "a/b/c")
    repo("worktree", "add", "--quiet", str(tmp_path / "linked"), "-b", "linked")
    linked = Repo(tmp_path / "linked")
    linked.commit("in the linked worktree")
    alias = repo.clone(tmp_path / "alias")
    alias("symbolic-ref", "refs/heads/alias", "refs/heads/main")
    alias("symbolic-ref", "HEAD", "refs/heads/alias")
    return [repo, packed, detached, both, deep, linked, alias]


def test_the_commit_is_the_one_that_git_names(repo: Repo, tmp_path: Path) -> None:
    for worktree in heads(repo, tmp_path):
        assert oid(worktree) == worktree("rev-parse", "HEAD"), worktree.path.name


def test_an_unborn_branch_has_none(repo: Repo) -> None:
    assert oid(repo) == ""
    repo.commit("one")
    repo("switch", "--quiet", "--orphan", "other")
    assert oid(repo) == ""


def test_sha256(make_repo: Make) -> None:
    repo = make_repo("repo", "--object-format=sha256")
    before = place(repo)
    commit = repo.commit("one")
    assert oid(repo) == commit
    assert observe_head(locate(repo.path), before).steps == (
        Step("", commit, "commit (initial): one"),
    )


@pytest.mark.parametrize(
    "damage",
    [b"", b"ref: ", b"ref: refs/heads/../../config", b"ref: /etc/hostname", b"ref: config",
     b"ref: refs/heads/\0", b"nonsense", b"\xff" * 41, b"ref: refs/heads/loop"],
    ids=repr,
)  # fmt: skip
def test_a_damaged_head_is_no_commit(repo: Repo, damage: bytes) -> None:
    repo.commit("one")
    repo.write(".git/refs/heads/loop", "ref: refs/heads/loop\n")
    repo.write(".git/HEAD", damage)
    assert oid(repo) == ""
    assert observe_head(locate(repo.path), "").steps == ()


# ---- the signature


CHANGES: dict[str, Callable[[Repo], object]] = {
    "a commit": lambda repo: repo.commit("two"),
    "an amended commit": lambda repo: repo("commit", "--amend", "--message", "eno"),
    "a switch": lambda repo: repo("switch", "--quiet", "topic"),
    "a switch to the same commit": lambda repo: repo("switch", "--quiet", "--create", "new"),
    "a reset to HEAD": lambda repo: repo("reset", "--quiet", "--hard"),
    "a detached HEAD": lambda repo: repo("switch", "--quiet", "--detach"),
    "a stash": lambda repo: repo("stash", "--quiet"),
    "a merge": lambda repo: repo("merge", "--quiet", "--no-commit", "topic"),
    "a bisect": lambda repo: repo("bisect", "start"),
    "a squash": lambda repo: repo("merge", "--quiet", "--squash", "topic"),
    "plumbing": lambda repo: repo("update-ref", "refs/heads/main", "topic"),
    "a branch without commits": lambda repo: repo("checkout", "--quiet", "--orphan", "orphan"),
}
SAME: dict[str, Callable[[Repo], object]] = {
    "nothing": lambda _: None,
    "another branch": lambda repo: repo("branch", "other"),
    "a fetch": lambda repo: repo("fetch", "--quiet", ".", "topic"),
    "packed refs": lambda repo: repo("pack-refs", "--all"),
    "a staged file": lambda repo: repo("add", "--all"),
    "a configuration": lambda repo: repo("config", "a.b", "c"),
    "garbage collected": lambda repo: repo("-c", "gc.reflogExpire=never", "gc", "--quiet"),
}


@pytest.fixture
def two_branches(repo: Repo) -> Repo:
    """A change that is not committed on `main`, and a branch `topic` with a commit of its own."""
    repo.commit("one", a="1\n")
    repo("switch", "--quiet", "--create", "topic")
    repo.commit("of topic", topic="1\n")
    repo("switch", "--quiet", "main")
    repo.write("a", "2\n")
    return repo


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_the_signature_changes_with(two_branches: Repo, change: Callable[[Repo], object]) -> None:
    before = head_signature(locate(two_branches.path))
    change(two_branches)
    assert head_signature(locate(two_branches.path)) != before


@pytest.mark.parametrize("change", SAME.values(), ids=SAME)
def test_the_signature_stays_with(two_branches: Repo, change: Callable[[Repo], object]) -> None:
    before = head_signature(locate(two_branches.path))
    change(two_branches)
    assert head_signature(locate(two_branches.path)) == before


def test_another_stash_of_the_same_length_is_another(repo: Repo) -> None:
    repo.commit("one", a="1\n")
    signatures = set()
    for text in ("2\n", "3\n"):
        repo.write("a", text)
        repo("stash", "--quiet")
        signatures.add(head_signature(locate(repo.path)).split(" ")[2])
        repo("stash", "drop", "--quiet")
    assert len(signatures) == 2


# ---- stashes


def test_stashes_are_those_that_git_lists(repo: Repo, tmp_path: Path) -> None:
    repo.commit("one", a="1\n")
    assert observe_head(locate(repo.path)).stashes == ()
    for text in ("2\n", "3\n", "4\n"):
        repo.write("a", text)
        repo("stash", "--quiet")
    repo("stash", "drop", "--quiet", "stash@{1}")
    repo("pack-refs", "--all")
    listed = repo("stash", "list", "--format=%H").split("\n")
    assert len(listed) == 2
    assert observe_head(locate(repo.path)).stashes == tuple(reversed(listed))
    repo("worktree", "add", "--quiet", str(tmp_path / "linked"))
    assert observe_head(locate(tmp_path / "linked")).stashes == tuple(reversed(listed))
    repo("stash", "clear")
    assert observe_head(locate(repo.path)).stashes == ()


# ---- the reflog


def test_the_steps_since_a_place_are_those_of_the_log(repo: Repo) -> None:
    first = repo.commit("one")
    before = place(repo)
    assert subjects(repo, before) == []
    second = repo.commit("two")
    repo("switch", "--quiet", "--create", "topic")
    assert observe_head(locate(repo.path), before).steps == (
        Step(first, second, "commit: two"),
        Step(second, second, "checkout: moving from main to topic"),
    )
    assert subjects(repo, place(repo)) == []


def test_the_first_look_knows_nothing_of_what_was(repo: Repo) -> None:
    assert observe_head(locate(repo.path)).steps == ()
    repo.commit("one")
    commit = repo.commit("two")
    for unknown in ("", "1234", "nonsense", "1 2 3 4 5", "x - - -", "0 - - 1:merge,y"):
        assert observe_head(locate(repo.path), unknown).steps == (Step("", commit, ""),)


def test_from_a_repository_without_commits_on(repo: Repo) -> None:
    before = place(repo)
    repo.commit("one")
    assert subjects(repo, before) == ["commit (initial): one"]


def test_each_worktree_has_a_log_of_its_own(repo: Repo, tmp_path: Path) -> None:
    repo.commit("one")
    repo("worktree", "add", "--quiet", str(tmp_path / "linked"))
    linked = Repo(tmp_path / "linked")
    here, there = place(repo), place(linked)
    linked.commit("two")
    assert subjects(repo, here) == []
    assert subjects(linked, there) == ["commit: two"]


def test_older_lines_expire(repo: Repo) -> None:
    for number in range(5):
        repo.commit(f"before {number}")
    before = place(repo)
    repo.commit("after")
    for entry in ("HEAD@{5}", "HEAD@{4}", "HEAD@{2}"):
        repo("reflog", "delete", entry)
    assert subjects(repo, before) == ["commit: after"]


def test_the_line_before_the_place_expires(repo: Repo) -> None:
    """What the lines behind it were is not certain any more, so they are nobody's commits."""
    old = repo.commit("before")
    before = place(repo)
    new = repo.commit("after")
    repo("reflog", "delete", "HEAD@{1}")
    assert observe_head(locate(repo.path), before).steps == (Step(old, new, ""),)


def test_a_log_that_grew_again_to_the_same_size(repo: Repo) -> None:
    old = repo.commit("one")
    before = place(repo)
    repo("reflog", "expire", "--expire=now", "--all")
    repo("commit", "--quiet", "--allow-empty", "--message", "two")
    new = repo("rev-parse", "HEAD")
    log = repo.path / ".git" / "logs" / "HEAD"
    assert log.stat().st_size > 0
    assert observe_head(locate(repo.path), before).steps == (Step(old, new, ""),)


def test_a_log_that_is_deleted_or_switched_off(repo: Repo) -> None:
    old = repo.commit("one")
    before = place(repo)
    (repo.path / ".git" / "logs" / "HEAD").unlink()
    assert subjects(repo, before) == []
    repo("config", "core.logAllRefUpdates", "false")
    new = repo.commit("two")
    assert observe_head(locate(repo.path), before).steps == (Step(old, new, ""),)
    without = place(repo)
    repo("config", "core.logAllRefUpdates", "true")
    newest = repo.commit("three")
    assert observe_head(locate(repo.path), without).steps == (Step(new, newest, "commit: three"),)


def test_steps_that_no_line_tells_of(repo: Repo, tmp_path: Path) -> None:
    one = repo.commit("one")
    before = place(repo)
    two = repo.commit("two")
    repo("worktree", "add", "--quiet", "--detach", str(tmp_path / "linked"))
    Repo(tmp_path / "linked")("update-ref", "refs/heads/main", one)
    assert observe_head(locate(repo.path), before).steps == (
        Step(one, two, "commit: two"),
        Step(two, one, ""),
    )
    three = repo.commit("three")
    assert observe_head(locate(repo.path), before).steps == (
        Step(one, two, "commit: two"),
        Step(two, one, ""),
        Step(one, three, "commit: three"),
    )


def test_a_line_that_is_being_written_is_read_when_it_is_whole(repo: Repo) -> None:
    repo.commit("one")
    before = place(repo)
    repo.commit("two")
    log = repo.path / ".git" / "logs" / "HEAD"
    whole = log.read_bytes()
    log.write_bytes(whole[:-5])
    paths = locate(repo.path)
    half = observe_head(paths, before)
    assert [step.message for step in half.steps] == [""]
    log.write_bytes(whole)
    assert observe_head(paths, before).steps[0].message == "commit: two"
    assert observe_head(paths, half.place).steps[-1].message == "commit: two"


def test_names_and_messages_in_any_encoding(repo: Repo) -> None:
    before = place(repo)
    repo("-c", "user.name=J\udcf6rg > <x", "commit", "--allow-empty", "-m", "caf\udce9\ttab")
    assert subjects(repo, before) == ["commit (initial): caf\udce9 tab"]


def test_garbage_between_the_lines_is_passed_by(repo: Repo) -> None:
    repo.commit("one")
    before = place(repo)
    with (repo.path / ".git" / "logs" / "HEAD").open("ab") as file:
        file.write(b"\0\xff garbage\n\n--option --option x\tcommit: x\n")
    repo.commit("two")
    assert subjects(repo, before) == ["commit: two"]


def test_while_git_is_at_something_the_place_is_held(two_branches: Repo) -> None:
    paths = locate(two_branches.path)
    two_branches.commit("own")
    before = place(two_branches)
    two_branches("merge", "--quiet", "--squash", "topic")
    first = observe_head(paths, before)
    assert first.operation == "squash"
    again = observe_head(paths, first.held)
    assert again.held == first.held, "looking twice notes it once"
    two_branches("commit", "--quiet", "--message", "in other words")
    two_branches.commit("own again")
    steps = observe_head(paths, again.held).steps
    assert [(step.message, step.ended) for step in steps] == [
        ("commit: in other words", "squash"),
        ("commit: own again", ""),
    ]


# ---- properties

OIDS = st.sampled_from([letter * 40 for letter in "0abc"])
LINES = st.builds(
    lambda before, after, message: f"{before} {after} A <a@b> 1 +0000\t{message}\n".encode(),
    OIDS,
    OIDS,
    st.sampled_from(["commit: x", "reset: y", "commit (amend): z"]),
)
LOGS = st.lists(LINES, max_size=8)


def joins(steps: tuple[Step, ...], start: str, end: str) -> bool:
    ends = [start, *(step.after for step in steps)]
    return [step.before for step in steps] == ends[:-1] and ends[-1] == end


@given(LOGS, LOGS, OIDS, OIDS)
def test_steps_always_lead_from_the_place_to_head(
    old: list[bytes], new: list[bytes], start: str, end: str
) -> None:
    start, end = start.strip("0"), end.strip("0")
    log = b"".join(old)
    steps = steps_since(b"".join(old + new), end_of(log, start), end)
    assert joins(steps, start, end)
    assert [s.message for s in steps if s.message] == [
        line.decode().strip().partition("\t")[2] for line in new
    ]


@given(st.binary(max_size=300), st.binary(max_size=300), OIDS)
def test_any_bytes_are_a_log(old: bytes, new: bytes, end: str) -> None:
    steps = steps_since(old + new, end_of(old, ""), end)
    assert joins(steps, "", end)
    assert all(re.fullmatch(r"|[0-9a-f]{40,64}", step.after) for step in steps)


@given(
    st.builds(
        Place,
        st.integers(0, 1000),
        st.sampled_from(["", "0123456789abcdef"]),
        st.sampled_from(["", "a" * 40]),
        st.lists(
            st.builds(Sight, st.integers(0, 9), st.sampled_from(["merge", "cherry-pick"]))
        ).map(tuple),
    )
)
def test_a_place_survives_as_text(found: Place) -> None:
    assert parse_place(str(found)) == found


@given(st.text(max_size=40))
def test_any_text_is_a_place_or_none(text: str) -> None:
    found = parse_place(text)
    assert found is None or parse_place(str(found)) == found
