"""Which paths git's rules ignore; git is asked again only where a file of rules changed.

Rules come from `core.excludesFile`, `info/exclude` and the `.gitignore` of each directory on the
way to a path (gitignore(5)). An index that holds a path decides, too: whoever keeps an answer
lets go of it when the index changes.
"""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lorefs.repo.git import Git

_FATAL: Final = 128
_DIGEST: Final = 16  # digits of a hash


def ignored_paths(git: Git, paths: Iterable[str]) -> frozenset[str]:
    """Those of some paths that rules ignore, be they files or directories."""
    return frozenset(path for path, found in ask(git, paths).items() if found)


def ask(git: Git, paths: Iterable[str]) -> dict[str, bool | None]:
    """Whether rules ignore each of some paths; None for one that is not of this worktree.

    Git gives up on all where one stands behind a symbolic link or in a submodule; so then each
    is asked for alone, and what is not of this worktree is not ignored by it.
    """
    wanted = sorted(set(paths))
    if not wanted:
        return {}
    status, names = _check_ignore(git, wanted)
    if status != _FATAL:
        return {path: path in names for path in wanted}
    found: dict[str, bool | None] = {}
    for path in wanted:
        status, names = _check_ignore(git, [path])
        found[path] = None if status == _FATAL else path in names
    return found


def _check_ignore(git: Git, paths: list[str]) -> tuple[int, frozenset[str]]:
    stdin = "\0".join(paths).encode("utf-8", "surrogateescape")
    status, output = git.status_and_output(
        "check-ignore", "-z", "--stdin", stdin=stdin, allowed=(0, 1, _FATAL)
    )
    return status, frozenset(output.decode("utf-8", "surrogateescape").split("\0"))


def rules(git: Git, paths: Iterable[str]) -> dict[str, str]:
    """For each path a digest of all rules that may ignore it; none where they cannot be found."""
    excludes = _excludes_file(git)
    if excludes is None:
        return {}
    common = sha256(git.configured("core.ignorecase").encode())
    for file in (excludes, git.paths.common_dir / "info" / "exclude"):
        common.update(_contents(file))

    @cache
    def of(directory: str) -> bytes:
        """The digest of the rules down to a directory, "" for the worktree."""
        above = of(directory.rpartition("/")[0]) if directory else common.digest()
        own = _contents(git.paths.worktree / directory / ".gitignore")
        return sha256(above + own).digest()

    return {path: of(path.rpartition("/")[0]).hex()[:_DIGEST] for path in paths}


def _contents(file: Path) -> bytes:
    try:
        return b"+" + file.read_bytes()
    except OSError:
        return b"-"  # there are no such rules


def _excludes_file(git: Git) -> Path | None:
    """The user's own file of rules; None where git alone knows what its name means."""
    name = git.configured("core.excludesfile")
    home = Path(git.env.get("HOME", "/"))
    if not name:
        base = git.env.get("XDG_CONFIG_HOME")
        return (Path(base) if base else home / ".config") / "git" / "ignore"
    if name.startswith("~/"):
        return home / name[2:]
    return Path(name) if name.startswith("/") else None
