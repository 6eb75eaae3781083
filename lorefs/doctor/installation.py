"""What `lorefs init` put into a clone: attributes, merge driver and hooks."""

from __future__ import annotations

import os
import shlex
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from lorefs import install
from lorefs.core.model import PERSONAL, scope_of
from lorefs.doctor.finding import Finding, Fix
from lorefs.repo import discover
from lorefs.repo.git import clean_environment

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from lorefs.doctor.finding import Place

_SECONDS: Final = 20
_SHOWN: Final = 3

# Both sides change one line of the file and different fields of the entry.
_BASE: Final = "### Gotcha\n\n<!-- lore:01926a3e-5f00-7000-8000-000000000001 -->\n* **One**: two.\n"
_OURS: Final = _BASE.replace("One", "A title")
_THEIRS: Final = _BASE.replace("two", "A text")
_MERGED: Final = _OURS.replace("two", "A text")


def install_again(place: Place) -> Fix:
    """What `lorefs init` does, which is safe to repeat."""
    paths = place.git.paths
    folder, outside = install.hooks_folder(place.git)
    hooks = () if outside else tuple(folder / name for name in install.HOOKS)
    shared = (paths.common_dir / "config", paths.common_dir / "info/exclude")
    files = (paths.worktree / ".gitattributes", *shared, *hooks)
    return Fix("run `lorefs init` again", files, lambda: install.init(place.git))


def check_attributes(place: Place) -> Iterator[Finding]:
    """Whether git knows which files the driver is for."""
    shared = [path for path in discover(place.git) if scope_of(path) != PERSONAL]
    paths = sorted({".lore.md", ".lore.review.md", *shared})
    stdin = "\0".join(paths).encode("utf-8", "surrogateescape")
    answer = place.git.run("check-attr", "-z", "--stdin", "merge", stdin=stdin)
    words = answer.decode("utf-8", "surrogateescape").split("\0")
    others = dict(zip(words[::3], words[2::3], strict=False))
    wrong = {path: value for path, value in others.items() if value != "lorefs"}
    if not wrong:
        return
    if set(wrong.values()) <= {"unspecified"} and len(wrong) == len(others):
        what = "git merges lore as text: no attribute names the driver"
        fix = install_again(place)
        yield Finding("attributes", "error", what, "run `lorefs init`, and commit", fix)
        return
    for path, value in list(wrong.items())[:_SHOWN]:
        what = f"the merge attribute of {path} is {value}, not lorefs"
        where = f"`git check-attr merge {path}` shows it"
        hint = f"correct the line in a .gitattributes or info/attributes; {where}"
        yield Finding("attributes", "error", what, hint)


def check_driver(place: Place) -> Iterator[Finding]:
    """Whether the merge driver is configured, its interpreter there, and its merge right."""
    git = place.git
    command = git.text("config", "--get", "merge.lorefs.driver", allowed=(0, 1))
    if not command:
        what = "the merge driver is not configured in this clone"
        yield Finding("driver", "error", what, "run `lorefs init`", install_again(place))
        return
    python = _interpreter(command)
    if python is not None and not os.access(python, os.X_OK):
        what = f"the merge driver's interpreter is gone: {python}"
        yield Finding("driver", "error", what, "run `lorefs init`", install_again(place))
        return
    merged = _merge(command, git.env)
    if merged != _MERGED:
        what = "the merge driver does not merge by entry; git's own merge takes over"
        hint = "run `lorefs init` with a lorefs that works"
        fix = install_again(place) if command != install.driver_command() else None
        yield Finding("driver", "error", what, hint, fix)
    elif command != install.driver_command():
        what = "the merge driver is that of another installation of lorefs"
        hint = "run `lorefs init` to use this one"
        yield Finding("driver", "warning", what, hint, install_again(place))


def _interpreter(command: str) -> str | None:
    """The program that a command starts with, None where that is none of ours."""
    try:
        first = shlex.split(command.partition(";")[0])[0]
    except (ValueError, IndexError):
        return None
    return first if first.startswith("/") else None


def _merge(command: str, env: Mapping[str, str]) -> str | None:
    """What a driver makes of two versions that git could not merge; None if it gives up."""
    import subprocess
    import tempfile

    with tempfile.TemporaryDirectory(prefix="lorefs-doctor-") as name:
        folder = Path(name)
        values = {"%L": "7", "%P": ".lore.md"}
        for sign, text in (("%O", _BASE), ("%A", _OURS), ("%B", _THEIRS)):
            values[sign] = f"side-{sign[1]}"
            (folder / values[sign]).write_text(text)
        for sign, value in values.items():
            command = command.replace(sign, value)
        try:
            done = subprocess.run(
                ["/bin/sh", "-c", command],
                cwd=folder,
                env=clean_environment(env),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_SECONDS,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired):
            return None
        text = (folder / values["%A"]).read_text("utf-8", "replace")
    return None if done.returncode else text


def check_hooks(place: Place) -> Iterator[Finding]:
    """Whether git's hooks call this lorefs, and what the last one complained of."""
    folder, outside = install.hooks_folder(place.git)
    missing: list[str] = []
    for name in install.HOOKS:
        file = folder / name
        data = file.read_bytes() if file.is_file() else b""
        if outside and b"lorefs" not in data:
            what = f"{file} does not call lorefs"
            hint = f"add this line to it: {install.hook_line(name)}"
            yield Finding("hooks", "warning", what, hint)
        elif not outside and install.hook_line(name).encode() not in data:
            missing.append(name)
        elif not os.access(file, os.X_OK):
            what = f"the {name} hook cannot be run: {file} is not executable"
            fix = Fix(f"make {file} executable", (file,), partial(file.chmod, 0o755))
            yield Finding("hooks", "warning", what, f"chmod +x {file}", fix)
    if missing:
        what = f"these hooks do not call this lorefs: {', '.join(missing)}"
        yield Finding("hooks", "warning", what, "run `lorefs init`", install_again(place))
    log = place.git.paths.lorefs_dir / "hooks.log"
    lines = log.read_text("utf-8", "replace").splitlines() if log.is_file() else []
    if lines:
        what = f"a hook failed lately: {lines[-1]}"
        yield Finding("hooks", "note", what, f"delete {log} when that is settled")
