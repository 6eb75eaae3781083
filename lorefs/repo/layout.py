"""What a repository's own configuration file says about how it is laid out.

Git decides by `core.*` and `extensions.*` of this one file, without includes, before it reads
any other configuration, and so does lorefs: where the worktree is, and whether refs and reflogs
are plain files.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_TRUE: Final = frozenset({"true", "yes", "on", "1"})


class Layout(NamedTuple):
    """How a repository is laid out.

    `worktree` is `core.worktree`, relative to the git directory, None where `.git` stands in
    the worktree itself. `refs` names the format of refs and reflogs: "files" or "reftable".
    """

    bare: bool
    worktree: str | None
    refs: str


def read_layout(git_dir: Path, common_dir: Path) -> Layout:
    """The layout of the repository that a worktree's git directory belongs to."""
    shared = _settings(common_dir / "config")
    own = shared
    if shared.get("extensions.worktreeconfig", "").lower() in _TRUE:
        own = {**shared, **_settings(git_dir / "config.worktree")}
    elif git_dir != common_dir:
        own = {}  # a linked worktree is where its `.git` file is, and never bare
    refs = shared.get("extensions.refstorage", "files").partition(":")[0].lower()
    return Layout(own.get("core.bare", "").lower() in _TRUE, own.get("core.worktree"), refs)


def _settings(config: Path) -> Mapping[str, str]:
    """The variables of a file's sections that have no subsection, by lower-case name."""
    try:
        text = config.read_bytes().decode("utf-8", "surrogateescape")
    except OSError:
        return {}
    found: dict[str, str] = {}
    section = ""
    for raw in text.split("\n"):
        line = raw.strip()
        if line.startswith("["):
            section, _, line = line[1:].partition("]")
            section = section.strip().lower()
        name, equals, value = line.partition("=")
        found[f"{section}.{name.strip().lower()}"] = _value(value) if equals else "true"
    return found


def _value(source: str) -> str:
    """A value without its quotes, or without the comment behind it."""
    source = source.strip()
    if source.startswith('"'):
        return source[1:].replace('\\"', "\0").partition('"')[0].replace("\0", '"')
    return source.partition(" #")[0].partition(" ;")[0].rstrip()
