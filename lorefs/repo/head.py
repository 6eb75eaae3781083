"""What HEAD is and how it came there: the reflog, the stashes, an operation under way.

All of it stands in small files, so that looking costs no process. Every command takes the
signature; only one that finds it changed loads what reads reflogs.
"""

from __future__ import annotations

import os
from hashlib import sha256
from typing import TYPE_CHECKING, Final, NamedTuple

from lorefs.repo.under_way import operation

if TYPE_CHECKING:
    from pathlib import Path

    from lorefs.core.moves import Step
    from lorefs.repo.locate import GitPaths
    from lorefs.repo.under_way import Operation

_OID_DIGITS: Final = (40, 64)  # SHA-1 and SHA-256
_LINK_DEPTH: Final = 5  # symbolic refs that lead to symbolic refs, as in git
_TAIL: Final = 512  # bytes at the end of a log that tell it from another one of the same size


class Head(NamedTuple):
    """HEAD as it is: its commit ("" on an unborn branch) and its steps since a place.

    `place` is where its reflog ends now, as a text for `observe_head`. `operation` is what git
    is in the middle of, None if nothing; `held` is the place to go on from as long as that
    should not be looked at: the one given, with a note of what was seen. `stashes` are the
    commits that `git stash list` shows, the oldest first.
    """

    oid: str
    steps: tuple[Step, ...]
    place: str
    held: str
    operation: Operation | None
    stashes: tuple[str, ...]


def head_signature(paths: GitPaths) -> str:
    """A text that changes whenever HEAD, its reflog, the stash or an operation does.

    Made of file contents and sizes only, so that nothing is spawned to find nothing changed.
    """
    head = _tail(paths.git_dir / "logs" / "HEAD")
    stash = _tail(paths.common_dir / "logs" / "refs" / "stash")
    return f"{head_oid(paths)} {head} {stash} {operation(paths) or ''}"


def observe_head(paths: GitPaths, since: str = "") -> Head:
    """HEAD, with the steps that its reflog has gained behind the place `since`.

    From a place that is not known, or not any more, HEAD came by one step without a message.
    """
    from lorefs.repo import reflog

    log = _read(paths.git_dir / "logs" / "HEAD")
    oid = head_oid(paths)
    found = operation(paths)
    end = reflog.end_of(log, oid)
    place = reflog.parse_place(since) or reflog.UNKNOWN
    held = end if place is reflog.UNKNOWN else place
    if found is not None:
        held = held.with_sight(log, found)
    # the stashes are the reflog of a ref: what is popped or dropped is taken out of it
    stashes = reflog.commits_of(_read(paths.common_dir / "logs" / "refs" / "stash"))
    steps = reflog.steps_since(log, place, oid)
    return Head(oid, steps, str(end), str(held), found, stashes)


def head_oid(paths: GitPaths) -> str:
    """The commit HEAD stands for: a detached one, or the tip of its branch; "" for none."""
    return _followed(paths, _line(paths.git_dir / "HEAD"))


def ref_oid(paths: GitPaths, ref: str) -> str:
    """The object that a full ref name leads to; "" where there is no such ref."""
    return _followed(paths, f"ref: {ref}")


def _followed(paths: GitPaths, text: str) -> str:
    for _ in range(_LINK_DEPTH):
        if not text.startswith("ref:"):
            return text if len(text) in _OID_DIGITS else ""
        ref = text.removeprefix("ref:").strip()
        text = _loose(paths, ref) or _packed(paths, ref)
    return ""


def _loose(paths: GitPaths, ref: str) -> str:
    if not ref.startswith("refs/") or ".." in ref or "\0" in ref:
        return ""
    # refs of one worktree (refs/bisect, refs/worktree) stand in its own directory
    return _line(paths.git_dir / ref) or _line(paths.common_dir / ref)


def _packed(paths: GitPaths, ref: str) -> str:
    packed = _read(paths.common_dir / "packed-refs")
    end = packed.find(b" " + ref.encode("utf-8", "surrogateescape") + b"\n")
    return packed[packed.rfind(b"\n", 0, end) + 1 : end].decode() if end >= 0 else ""


def _line(path: Path) -> str:
    return _read(path).decode("utf-8", "surrogateescape").strip()


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""  # not there: an unborn branch, no reflog, no packed refs


def _tail(log: Path) -> str:
    """The size of a log and a digest of its end."""
    try:
        with log.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - _TAIL))
            return f"{size}:{sha256(file.read()).hexdigest()[:16]}"
    except OSError:
        return ""
