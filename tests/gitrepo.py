"""A real git worktree, driven by the git executable, for tests to work on."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass, field
from pathlib import Path

START = 1_700_000_000
STEP = 60


@dataclass(slots=True)
class Clock:
    """A time in seconds that several repositories share."""

    now: int = START

    def tick(self, seconds: int) -> int:
        self.now += seconds
        return self.now


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
            ["env", f"GIT_AUTHOR_DATE={when}", f"GIT_COMMITTER_DATE={when}", "git", *args],
            cwd=self.path,
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
        return self("rev-parse", "HEAD")

    def clone(self, path: Path, *options: str) -> Repo:
        """Clone this repository to a path; both go by one clock."""
        self("clone", "--quiet", *options, str(self.path), str(path))
        return Repo(path, self.clock)
