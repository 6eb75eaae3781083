"""People, programs and git at work at the same time, for a while: rows and files end up equal."""

from __future__ import annotations

import contextlib
import random
import sqlite3
import time
from pathlib import Path

import pytest

from lorefs.core.model import directory_of
from tests.lore import document, entries, entry, ident
from tests.watch.conftest import Watching, eventually

STEPS = 30
SEEDS = [0, 1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(2, 20))]


class Work:
    """One hand that does this and that in a worktree."""

    def __init__(self, watching: Watching, seed: int) -> None:
        self.random = random.Random(seed)
        self.watching = watching
        self.repo = watching.repo
        self.number = 100

    def documents(self) -> list[Path]:
        return sorted(self.repo.path.rglob(".lore.md"))

    def next(self) -> int:
        self.number += 1
        return self.number

    def save(self) -> None:
        """Change, add or remove an entry in an editor."""
        file = self.random.choice(self.documents())
        text = file.read_text()
        parts = text.rstrip("\n").split("\n\n")
        places = [n for n, part in enumerate(parts) if part.startswith("<!-- lore:")]
        kind = self.random.choice(["change", "change", "add", "remove"])
        if kind == "add" or len(places) < 2:
            number = self.next()
            parts.append(entry(number, f"Save {number}"))
        elif kind == "remove":
            del parts[self.random.choice(places)]
        else:
            at = self.random.choice(places)
            parts[at] += f" And {self.next()}."
        self.write(file, "\n\n".join(parts) + "\n")

    def write(self, file: Path, text: str) -> None:
        if self.random.random() < 0.5:
            file.write_text(text)
        else:
            new = file.with_name(".new")
            new.write_text(text)
            new.replace(file)

    def found(self) -> None:
        number = self.next()
        self.repo.write(f"d{number}/inner/.lore.md", document(entry(number, f"Found {number}")))

    def move(self) -> None:
        """What git is known to track moves without a question."""
        self.commit()
        self.settle()
        folders = sorted({file.parent for file in self.documents()} - {self.repo.path})
        if folders:
            folder = self.random.choice(folders)
            folder.rename(folder.with_name(f"moved{self.next()}"))

    def program(self) -> None:
        number = self.next()
        with contextlib.closing(self.watching.connect()) as other:
            ids = [row[0] for row in other.execute("SELECT id FROM entries")]
            match self.random.choice(["insert", "update", "update", "delete"]):
                case "insert":
                    values = (ident(number), f"Row {number}")
                    other.execute("INSERT INTO entries (id, title) VALUES (?, ?)", values)
                case "delete" if len(ids) > 4:
                    other.execute("DELETE FROM entries WHERE id = ?", (self.random.choice(ids),))
                case _:
                    change = "UPDATE entries SET content = content || ? WHERE id = ?"
                    other.execute(change, (f" Row {number}.", self.random.choice(ids)))

    def commit(self) -> None:
        # git gives up where a file that it was about to add is renamed by watch
        eventually(lambda: self.repo.run("add", "--all").returncode == 0)
        self.repo("commit", "--quiet", "--allow-empty", "--message", f"work {self.next()}")

    def settle(self) -> None:
        """Wait until watch knows what git tracks; what it does not, is asked about when gone."""
        root = self.repo.path

        def known() -> bool:
            here = {file.relative_to(root).as_posix() for file in self.documents()}
            tracked = self.watching.query("SELECT path FROM documents WHERE tracked")
            return here <= {path for (path,) in tracked}

        eventually(known)

    def switch(self) -> None:
        self.commit()
        self.settle()
        name = f"branch{self.next()}"
        self.repo("switch", "--quiet", "-c", name, "HEAD~1", ok=False)

    def go(self) -> None:
        doing = [self.save, self.save, self.save, self.program, self.program, self.found]
        doing += [self.move, self.commit, self.switch]
        for _ in range(STEPS):
            with contextlib.suppress(FileNotFoundError):  # watch replaced it right now
                self.random.choice(doing)()
            time.sleep(self.random.choice([0, 0, 0.05, 0.3, 0.6]))


@pytest.mark.parametrize("seed", SEEDS)
def test_rows_and_files_end_up_equal(watching: Watching, seed: int) -> None:
    watching.start()
    work = Work(watching, seed)
    work.go()
    root = watching.repo.path

    def rows() -> dict[str, tuple[str, str, str]]:
        found = watching.query("SELECT id, path, title, content FROM entries")
        return {row[0]: (row[1], row[2], row[3]) for row in found}

    def waiting() -> set[str]:
        """Entries that were changed in a row while their directory went away."""
        found = watching.query(
            "SELECT id FROM entries JOIN documents ON documents.path = entries.document"
            " WHERE pending_hash IS NOT NULL"
        )
        return {ident for (ident,) in found}

    def files() -> dict[str, tuple[str, str, str]]:
        found = {}
        for file in work.documents():
            path = directory_of(file.relative_to(root).as_posix())
            for each in entries(file.read_text()).values():
                assert each.id not in found, "an id stands twice"
                found[each.id] = (path, each.title, each.content)
        return found

    def apart() -> list[tuple[str, object, object]]:
        in_rows, in_files = rows(), files()
        return [
            (each, in_rows.get(each), in_files.get(each))
            for each in (in_rows.keys() | in_files.keys()) - waiting()
            if in_rows.get(each) != in_files.get(each)
        ]

    def settled() -> bool:
        with contextlib.suppress(FileNotFoundError, sqlite3.OperationalError):
            return watching.known().queue == 0 and not apart()
        return False

    with contextlib.suppress(AssertionError):
        eventually(settled)
    assert apart() == []
    known = watching.known().totals
    assert known.reconcile_failures == 0, watching.known().errors
    found = watching.lorefs("reconcile", "--json", status=1 if waiting() else 0).json
    changed = found["added"], found["edited"], found["deleted"], found["written"]
    assert changed == ([], [], [], []), "a command found what watch had missed"
