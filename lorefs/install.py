"""`lorefs init` and `lorefs deinit`: what stands in a repository, and how all of it goes again.

Everything is marked or compared to the byte, so that taking it back restores what was there.
A user's hook is never overwritten: a block of ours is put at its end, or right after its first
line where the hook may leave early.
"""

from __future__ import annotations

import shlex
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from lorefs.core.model import PERSONAL_NAME, REVIEW_NAME, TEAM_NAME
from lorefs.driver import MARKED

if TYPE_CHECKING:
    from lorefs.repo import Git

ATTRIBUTES: Final = tuple(f"{name} merge=lorefs" for name in (TEAM_NAME, REVIEW_NAME))
# personal lore, and the files that stand beside a document for a moment while it is replaced
EXCLUDED: Final = (PERSONAL_NAME, "..lore*.md.lorefs-*")
CHECK: Final = "pre-commit"
HOOKS: Final = (CHECK, "post-merge", "post-checkout", "post-rewrite", "post-commit")
BEGIN: Final = "# lorefs: begin"
END: Final = "# lorefs: end"
_NEW_HOOK: Final = "#!/bin/sh\n"
_SHELLS: Final = ("sh", "bash", "dash", "zsh", "ksh")


@dataclass(frozen=True, slots=True)
class Outcome:
    """One thing that `init` or `deinit` did, or asks a person to do (`todo`)."""

    what: str
    todo: bool = False


def init(git: Git) -> list[Outcome]:
    """Install what is not installed yet; returns what changed."""
    done = [*_init_attributes(git), *_init_driver(git), *_init_exclude(git)]
    folder, outside = hooks_folder(git)
    if outside:
        done += [_hook_todo(folder, name) for name in HOOKS if not _calls(folder / name)]
        return done
    folder.mkdir(parents=True, exist_ok=True)
    return done + [done for name in HOOKS for done in _init_hook(folder / name)]


def deinit(git: Git) -> list[Outcome]:
    """Take back all that `init` did; returns what changed. Documents stay."""
    done: list[Outcome] = []
    attributes = git.paths.worktree / ".gitattributes"
    done += _edit_lines(attributes, ".gitattributes", remove=ATTRIBUTES)
    exclude = git.paths.common_dir / "info" / "exclude"
    done += _edit_lines(exclude, "info/exclude", remove=EXCLUDED)
    if git.text("config", "--local", "--get", "merge.lorefs.driver", allowed=(0, 1)):
        git.run("config", "--local", "--remove-section", "merge.lorefs")
        done.append(Outcome("removed the merge driver from git's configuration"))
    folder, outside = hooks_folder(git)
    if not outside:
        done += [done for name in HOOKS for done in _deinit_hook(folder / name)]
    return done


def is_installed(git: Git) -> bool:
    """Whether this clone has the merge driver."""
    return bool(git.text("config", "--get", "merge.lorefs.driver", allowed=(0, 1)))


# ---- attributes and exclude


def _init_attributes(git: Git) -> list[Outcome]:
    return _edit_lines(git.paths.worktree / ".gitattributes", ".gitattributes", add=ATTRIBUTES)


def _init_exclude(git: Git) -> list[Outcome]:
    """Keeps what is no team's out of commits in this clone; nothing tracked changes for it."""
    exclude = git.paths.common_dir / "info" / "exclude"
    exclude.parent.mkdir(exist_ok=True)
    return _edit_lines(exclude, "info/exclude", add=EXCLUDED)


def _edit_lines(
    file: Path, name: str, *, add: tuple[str, ...] = (), remove: tuple[str, ...] = ()
) -> list[Outcome]:
    """Adds lines or removes them; a file that is empty then is removed."""
    before = file.read_bytes() if file.is_file() else b""
    eol = b"\r\n" if b"\r\n" in before else b"\n"
    lines = before.split(b"\n")
    present = {line.strip() for line in lines}
    added = [line.encode() for line in add if line.encode() not in present]
    gone = {line.encode() for line in remove}
    kept = b"\n".join(line for line in lines if line.strip() not in gone)
    if added:
        new = b"".join(line + eol for line in added)
        # before a last line that has no end, so that taking ours back restores every byte
        kept = kept + new if not kept or kept.endswith(b"\n") else new + kept
    if kept == before:
        return []
    if kept:
        file.write_bytes(kept)
    else:
        file.unlink()
    verb = "added to" if added else "removed from"
    words = ", ".join(line.decode() for line in added or sorted(gone & present))
    return [Outcome(f"{verb} {name}: {words}")]


# ---- the driver


def driver_command(python: str = sys.executable) -> str:
    """The shell command that git runs for `merge.lorefs.driver`.

    The interpreter starts without its site packages, which takes half of the time. Whatever
    keeps it from a verdict (a missing program, a crash, a signal), `git merge-file` takes
    over, and where that refuses the file (binary content) both versions are put between
    markers: git would keep "ours" without a word, and the next commit would drop "theirs".
    """
    package = str(Path(__file__).resolve().parent.parent)
    code = f"import sys; sys.path.insert(0, {package!r}); from lorefs.driver import main; main()"
    run = f"{shlex.quote(python)} -I -S -c {shlex.quote(code)} %O %A %B %L %P 2>/dev/null"
    merge_file = "git merge-file --marker-size=%L -L ours -L base -L theirs %A %O %B 2>/dev/null"
    both = (
        "{ echo '<<<<<<< ours'; cat %A; echo; echo '======='; cat %B; echo; "
        "echo '>>>>>>> theirs'; } >%A.both && mv -f %A.both %A; exit 1"
    )
    return (
        f"{run}; s=$?; test $s -eq 0 && exit 0; test $s -eq {MARKED} && exit 1; "
        f"{merge_file}; s=$?; test $s -eq 0 && exit 0; test $s -lt 128 && exit 1; {both}"
    )


def _init_driver(git: Git) -> list[Outcome]:
    wanted = {
        "name": "lore, merged by entry and field",
        "driver": driver_command(),
        "recursive": "binary",
    }
    changed = False
    for key, text in wanted.items():
        name = f"merge.lorefs.{key}"
        if git.text("config", "--local", "--get", name, allowed=(0, 1)) != text:
            git.run("config", "--local", name, text)
            changed = True
    return [Outcome("configured the merge driver in git's configuration")] if changed else []


# ---- hooks


def hooks_folder(git: Git) -> tuple[Path, bool]:
    """Where git looks for hooks, and whether that is in the worktree, where nothing is ours."""
    folder = Path(git.text("rev-parse", "--git-path", "hooks"))
    folder = folder if folder.is_absolute() else git.paths.worktree / folder
    resolved = folder.resolve()
    inside_git = any(
        resolved.is_relative_to(home) for home in (git.paths.common_dir, git.paths.git_dir)
    )
    tracked = resolved.is_relative_to(git.paths.worktree) and not inside_git
    return resolved, tracked or not inside_git


def hook_line(name: str) -> str:
    """The line that runs a hook of ours, and needs no PATH.

    It starts Python isolated: a file of the worktree must not be taken for a module. What only
    reconciles never fails; the check fails if it finds an error, and lets a commit pass with a
    word where the program is gone.
    """
    package = str(Path(__file__).resolve().parent.parent)
    module = "lorefs.precommit" if name == CHECK else "lorefs.hooks"
    code = f"import sys; sys.path.insert(0, {package!r}); from {module} import main; main()"
    python = shlex.quote(sys.executable)
    run = f"{python} -I -c {shlex.quote(code)}"
    if name != CHECK:
        return f"{run} {name} </dev/null || :"
    gone = "echo 'lore is not checked: run lorefs init again' >&2"
    return f"if test -x {python}; then {run} --staged --hook </dev/null || exit 1; else {gone}; fi"


def _block(name: str) -> str:
    return f"{BEGIN}\n{hook_line(name)}\n{END}\n"


def _init_hook(file: Path) -> list[Outcome]:
    before = file.read_bytes() if file.is_file() else b""
    block = _block(file.name).encode()
    if block in before:
        return []
    clean = _without_block(before)
    if clean and not _is_shell(clean):
        line = hook_line(file.name)
        return [Outcome(f"{file} is no shell script; run this in it: {line}", todo=True)]
    start = clean or _NEW_HOOK.encode()
    first, newline, rest = start.partition(b"\n")
    file.write_bytes(first + (newline or b"\n") + block + rest)
    file.chmod(0o755 if not before else file.stat().st_mode | 0o111)
    return [Outcome(f"installed the {file.name} hook")]


def _deinit_hook(file: Path) -> list[Outcome]:
    if not file.is_file():
        return []
    before = file.read_bytes()
    after = _without_block(before)
    if after == before:
        return []
    if after == _NEW_HOOK.encode():
        file.unlink()
    else:
        file.write_bytes(after)
    return [Outcome(f"removed the {file.name} hook")]


def _without_block(data: bytes) -> bytes:
    start = data.find(BEGIN.encode() + b"\n")
    end = data.find(END.encode() + b"\n", start)
    if start < 0 or end < 0:
        return data
    return data[:start] + data[end + len(END) + 1 :]


def _is_shell(data: bytes) -> bool:
    first = data.split(b"\n", 1)[0].decode("utf-8", "replace")
    return first.startswith("#!") and first.split()[-1].rpartition("/")[2] in _SHELLS


def _calls(file: Path) -> bool:
    return file.is_file() and b"lorefs" in file.read_bytes()


def _hook_todo(folder: Path, name: str) -> Outcome:
    return Outcome(f"add this line to {folder / name}: {hook_line(name)}", todo=True)
