"""What HEAD is and how it came there: the reflog, the stash, an operation under way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from lorefs.core.moves import Step

if TYPE_CHECKING:
    from pathlib import Path

    from lorefs.repo.locate import GitPaths

Operation = Literal["merge", "rebase", "cherry-pick", "revert", "bisect", "am", "squash"]

# The files by which git remembers what it is in the middle of, as `git status` looks for them.
_SIGNS: Final[tuple[tuple[str, Operation], ...]] = (
    ("MERGE_HEAD", "merge"),
    ("MERGE_AUTOSTASH", "merge"),
    ("rebase-merge", "rebase"),
    ("rebase-apply/applying", "am"),
    ("rebase-apply", "rebase"),
    ("CHERRY_PICK_HEAD", "cherry-pick"),
    ("REVERT_HEAD", "revert"),
    ("BISECT_LOG", "bisect"),
    ("SQUASH_MSG", "squash"),
)
_OID_DIGITS: Final = (40, 64)  # SHA-1 and SHA-256


@dataclass(frozen=True, slots=True)
class Head:
    """HEAD as it is: its commit ("" on an unborn branch) and its steps since a place.

    `place` is where its reflog ends now, in bytes. `operation` is what git is in the middle
    of, None if nothing.
    """

    oid: str
    steps: tuple[Step, ...]
    place: int
    operation: Operation | None


def head_signature(paths: GitPaths) -> str:
    """A text that changes whenever HEAD, its reflog, the stash or an operation does.

    Made of file contents and sizes only, so that nothing is spawned to find nothing changed.
    """
    head = _read(paths.git_dir / "HEAD").strip()
    log = _size(paths.git_dir / "logs" / "HEAD")
    stash = _size(paths.common_dir / "logs" / "refs" / "stash")
    return f"{head} {_oid(paths, head)} {log} {stash} {operation(paths) or ''}"


def observe_head(paths: GitPaths, since: int) -> Head:
    """HEAD, with the steps its reflog has gained behind the byte `since`.

    A reflog that was expired or rewritten is read from its start.
    """
    log = paths.git_dir / "logs" / "HEAD"
    size = _size(log)
    steps = _steps(_read(log), since if since <= size else 0)
    oid = _oid(paths, _read(paths.git_dir / "HEAD").strip())
    return Head(oid, steps, size, operation(paths))


def operation(paths: GitPaths) -> Operation | None:
    """What git is in the middle of in this worktree."""
    for name, found in _SIGNS:
        if (paths.git_dir / name).exists():
            return found
    return None


def _oid(paths: GitPaths, head: str) -> str:
    """The commit HEAD stands for: a detached one, or the tip of its branch."""
    if not head.startswith("ref: "):
        return head if len(head) in _OID_DIGITS else ""
    ref = head.removeprefix("ref: ").strip()
    if ".." in ref or ref.startswith("/"):
        return ""
    for folder in (paths.git_dir, paths.common_dir):
        loose = _read(folder / ref).strip()
        if loose:
            return loose if len(loose) in _OID_DIGITS else ""
    for line in _read(paths.common_dir / "packed-refs").split("\n"):
        oid, _, name = line.partition(" ")
        if name == ref:
            return oid
    return ""


def _steps(log: str, since: int) -> tuple[Step, ...]:
    steps: list[Step] = []
    for line in log.encode("utf-8", "surrogateescape")[since:].split(b"\n"):
        who, _, message = line.decode("utf-8", "surrogateescape").partition("\t")
        oids = who.split(" ", 2)
        if len(oids) > 1:
            steps.append(Step(oids[0], oids[1], message))
    return tuple(steps)


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8", "surrogateescape")
    except OSError:
        return ""  # not there: an unborn branch, no reflog, no packed refs


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
