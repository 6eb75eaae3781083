"""The merge driver: `git merge` calls it for each lore document that both sides changed.

What people feel is its start-up time, so the common path imports the standard library's
smallest modules and the pure core alone. Only a clash asks git: for the history behind the
two sides, for all merge bases, and for the settings in the root document.
"""

from __future__ import annotations

import gc
import os
import sys
from typing import TYPE_CHECKING

from lorefs.core.document import conflict_marker_line, decode, encode
from lorefs.core.merge import MergedDocument, Settings, Sides, merge_document

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lorefs.core.merge.sides import Strategy

SHORTEST = Settings(on_clash="markers")

# Until the settings are known, a set that both sides changed is not settled.
OPEN: dict[str, Strategy] = {"tags": "conflict", "relations": "conflict"}

# Python ends with 1 when anything was raised, so a verdict that counts is another number.
MARKED = 3


def main() -> None:
    """Run by the shell that git starts: `%O %A %B %L %P`; exits 0 if clean, `MARKED` if not."""
    gc.disable()  # nothing here lives long enough to be worth collecting
    status = MARKED if run(sys.argv[1:], os.environ) else 0
    # all is written and closed; to take the modules apart would cost a quarter of a bare start
    os._exit(status)


def run(arguments: list[str], env: Mapping[str, str]) -> int:
    """Merge into the file that `%A` names; 0 if that is clean, 1 if markers are in it.

    Anything unforeseen is raised, for the fallback, and then the file is as it was.
    """
    base, ours, theirs, size, path = arguments[:5]
    sides = Sides(_read(base), _read(ours), _read(theirs))
    settings = SHORTEST._replace(marker_size=int(size))
    try:
        merged = _merge(sides, path, settings, env)
    except ModuleNotFoundError:
        # the interpreter was started without its site packages; odd YAML needs one of them
        import site

        site.main()
        merged = _merge(sides, path, settings, env)
    text = merged.text or ""
    if merged.discards:
        _spool(path, text, merged, env)
    _write(ours, encode(text))
    return 1 if merged.conflicts else 0


def _merge(
    sides: Sides[str], path: str, settings: Settings, env: Mapping[str, str]
) -> MergedDocument:
    if conflict_marker_line(sides.base) is None:
        first = settings._replace(strategies=OPEN)
        merged = merge_document(Sides(*sides), path=path, settings=first)
        if not merged.discards and not merged.conflicts:
            return merged
    from lorefs.clash import settle

    return settle(sides, path, settings, env)


def _read(path: str) -> str:
    with open(path, "rb") as file:
        return decode(file.read())


def _write(path: str, data: bytes) -> None:
    """Replaces the file in one step: a driver that is killed leaves it as it was."""
    new = f"{path}.lorefs-{os.getpid()}"
    mode = os.stat(path).st_mode
    with open(new, "wb") as file:
        os.fchmod(file.fileno(), mode & 0o7777)
        file.write(data)
    os.replace(new, path)


def _spool(path: str, text: str, merged: MergedDocument, env: Mapping[str, str]) -> None:
    from pathlib import Path

    from lorefs.repo.locate import locate
    from lorefs.spool import append

    del env  # git sets GIT_DIR for some drivers and not for others; the worktree is the cwd
    append(locate(Path()).lorefs_dir / "spool", path, encode(text), merged.discards)
