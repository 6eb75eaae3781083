"""A real git worktree, driven by the git executable, for tests to work on."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

START = 1_700_000_000
STEP = 60
PLAIN = 0o644  # the mode of most files


@dataclass(slots=True)
class Clock:
    """A time in seconds that several repositories share."""

    now: int = START

    def tick(self, seconds: int) -> int:
        self.now += seconds
        return self.now


class File(NamedTuple):
    """A file of a directory."""

    name: Path
    data: bytes
    mode: int
    modified: int  # nanoseconds


class Files(NamedTuple):
    """All that is below a directory, to have it again elsewhere."""

    directories: list[Path]
    files: list[File]

    @classmethod
    def of(cls, folder: Path) -> Files:
        """What is there now: no links, and nothing that says where it is."""
        found = sorted(folder.rglob("*"))
        assert not any(each.is_symlink() for each in found)
        directories = [each.relative_to(folder) for each in found if each.is_dir()]
        files = [_file(each, folder) for each in found if each.is_file()]
        here = os.fsencode(folder)
        assert not [each.name for each in files if here in each.data]
        return cls(directories, files)

    def write(self, folder: Path) -> None:
        """Write it to a directory."""
        for name in self.directories:
            (folder / name).mkdir(exist_ok=True)
        for each in self.files:
            path = folder / each.name
            path.write_bytes(each.data)
            if each.mode != PLAIN:
                path.chmod(each.mode)
            os.utime(path, ns=(each.modified, each.modified))


def _file(path: Path, folder: Path) -> File:
    found = path.stat()
    name = path.relative_to(folder)
    return File(name, path.read_bytes(), found.st_mode & 0o777, found.st_mtime_ns)


@dataclass(slots=True)
class Repo:
    """A worktree at `path`; calling it runs git there and returns what git printed.

    Its clock starts at a fixed time and goes on by a minute with every command.
    """

    path: Path
    clock: Clock = field(default_factory=Clock)

    def __call__(self, *args: str, stdin: str | None = None, ok: bool = True) -> str:
        """Run git and return its output; where `ok`, a failure fails the test."""
        done = self.run(*args, stdin=stdin)
        if ok and done.returncode:
            message = f"git {' '.join(args)} ended with {done.returncode}:\n{done.stderr}"
            raise AssertionError(message)
        return done.stdout.rstrip("\n")

    def run(self, *args: str, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
        """Run git and return all of it: output, complaints and exit status."""
        when = f"{self.clock.tick(STEP)} +0000"
        return subprocess.run(
            ["git", *args],
            cwd=self.path,
            env={**os.environ, "GIT_AUTHOR_DATE": when, "GIT_COMMITTER_DATE": when},
            input=stdin,
            capture_output=True,
            encoding="utf-8",
            errors="surrogateescape",
            check=False,
            timeout=50,
        )

    def write(self, name: str, text: str | bytes) -> Path:
        """Write a file as an editor would, directories included; line ends are kept."""
        target = self.path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        data = text if isinstance(text, bytes) else text.encode("utf-8", "surrogateescape")
        target.write_bytes(data)
        return target

    def read(self, name: str) -> str:
        """The text of a file, byte for byte."""
        return (self.path / name).read_bytes().decode("utf-8", "surrogateescape")

    def commit(self, message: str = "change", **files: str) -> str:
        """Write the files, commit everything that is not ignored, and return the commit's id."""
        for name, text in files.items():
            self.write(name, text)
        self("add", "--all")
        self("commit", "--quiet", "--allow-empty", "--message", message)
        return self._head() or self("rev-parse", "HEAD")

    def _head(self) -> str:
        """The commit that git just wrote into a file of its own for the branch, if it did."""
        git = self.path / ".git"
        if not git.is_dir() or "GIT_DIR" in os.environ:
            return ""
        name = (git / "HEAD").read_text().removeprefix("ref: ").strip()
        found = (git / name).read_text().strip() if (git / name).is_file() else ""
        if found:
            self.clock.tick(STEP)  # as asking git would
        return found

    def init(self, *options: str) -> None:
        """What `git init` does."""
        self.once(lambda repo: repo("init", "--quiet", *options), "init", *options)

    def once(self, make: Callable[[Repo], object], *key: object) -> None:
        """Do something to a new repository; where that was done before, write what came of it.

        A key names what is done. The environment counts, too, as git reads it.
        """
        asked = (*key, *sorted(f"{k}={v}" for k, v in os.environ.items() if k.startswith("GIT_")))
        if asked not in _MADE:
            start = self.clock.now
            make(self)
            _MADE[asked] = Files.of(self.path), self.clock.now - start
        else:
            files, seconds = _MADE[asked]
            self.clock.tick(seconds)
            files.write(self.path)

    def clone(self, path: Path, *options: str) -> Repo:
        """Clone this repository to a path; both go by one clock."""
        self("clone", "--quiet", *options, str(self.path), str(path))
        return Repo(path, self.clock)


_MADE: dict[tuple[object, ...], tuple[Files, int]] = {}  # and the seconds that it took
