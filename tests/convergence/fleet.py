"""Three machines with one remote, what may happen to them, and what has to come out.

Documents are ignored by git here: rows, file and sync branch of a machine are kept equal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from lorefs.api import Workspace
from tests.clones import DOCUMENT, Clone
from tests.convergence.replicas import (
    EXISTENCE,
    NUMBERS,
    BareHere,
    Model,
    blocks,
    copied,
    sql,
    tip_of,
)
from tests.gitrepo import Repo

NAMES = ("ada", "bob", "cyd")
DAY = 86_400_000  # milliseconds


class CrashError(BaseException):
    """The process ends here; nothing of it is cleaned up but what a closed file descriptor is."""


class Fleet:
    """Copies of the clones of a template, with a model of what was done to them.

    With `bare` they exchange through libgit2 and start no process for it.
    """

    def __init__(
        self, source: Path, folder: Path, *, bare: bool = True, names: tuple[str, ...] = NAMES
    ) -> None:
        NUMBERS.count = 0
        self.folder = copied(source, folder)
        self.bare = bare
        self.names = names
        self.clones = {name: Clone(Repo(self.folder / name)) for name in names}
        clock = self.clones[names[0]].repo.clock
        for name, clone in self.clones.items():
            clone.repo.clock = clock
            clone.env = {"GIT_AUTHOR_EMAIL": f"{name}@example.invalid"}
        self.model = Model()
        self.count = 0
        self.cut_off: set[str] = set()

    def set_clocks(self, skews: list[int]) -> None:
        """Set each clock wrong by so many milliseconds."""
        for clone, skew in zip(self.clones.values(), skews, strict=True):
            clone.skew = skew

    # ---- what happens

    def add(self, name: str) -> str:
        with self.open(name) as workspace:
            row = workspace.add(self.token(), content="Something to know.", category="Gotcha")
        self.note_new(name, row.entry.id, row.entry.title)
        return row.entry.id

    def add_in_the_file(self, name: str) -> str:
        clone, title = self.clones[name], self.token()
        before = clone.text() if (clone.path / DOCUMENT).exists() else ""
        if "### " not in before:  # it goes with the last entry that lorefs takes away
            before += "### Gotcha\n"
        clone.write(f"{before}\n* **{title}**: By hand.\n")
        with self.open(name) as workspace:
            workspace.reconcile(discover=True)
            found = {row.entry.title: row.entry.id for row in workspace.entries()}
        self.note_new(name, found[title], title)
        return found[title]

    def add_by_sql(self, name: str) -> str:
        self.take_in(name)
        title = self.token()
        values = (title, "By another program.", "Gotcha")
        statement = "INSERT INTO entries (title, content, category) VALUES (?, ?, ?)"
        sql(self.clones[name], statement, *values)
        with self.open(name) as workspace:
            found = {row.entry.title: row.entry.id for row in workspace.entries()}
        self.note_new(name, found[title], title)
        return found[title]

    def retitle(self, name: str, entry: str) -> None:
        with self.open(name) as workspace:
            if title_of(workspace, entry):
                title = self.token()
                workspace.update(entry, {"title": title})
                self.note(name, entry, "title", title)

    def retitle_by_sql(self, name: str, entry: str) -> None:
        if self.title(name, entry) is None:
            return
        title = self.token()
        sql(self.clones[name], "UPDATE entries SET title = ? WHERE id = ?", title, entry)
        self.take_in(name)
        self.note(name, entry, "title", title)

    def retitle_in_the_file(self, name: str, entry: str) -> None:
        before, clone = self.title(name, entry), self.clones[name]
        if before is None or entry not in clone.text():
            return
        title = self.token()
        clone.edit(f"**{before}**", f"**{title}**")
        self.take_in(name)
        self.note(name, entry, "title", title)

    def set_confidence(self, name: str, entry: str, confidence: int) -> None:
        with self.open(name) as workspace:
            if title_of(workspace, entry):
                before = workspace.get(entry).entry.confidence
                workspace.update(entry, {"confidence": confidence / 100})
                if before != confidence / 100:
                    self.note(name, entry, "confidence", confidence / 100)

    def remove(self, name: str, entry: str) -> None:
        with self.open(name) as workspace:
            if title_of(workspace, entry):
                workspace.remove([entry])
                self.note(name, entry, EXISTENCE, None)

    def remove_by_sql(self, name: str, entry: str) -> None:
        if self.title(name, entry) is not None:
            sql(self.clones[name], "DELETE FROM entries WHERE id = ?", entry)
            self.take_in(name)
            self.note(name, entry, EXISTENCE, None)

    def remove_in_the_file(self, name: str, entry: str) -> None:
        if self.title(name, entry) is None:
            return
        clone = self.clones[name]
        text = clone.text()
        source = blocks(text).get(entry)
        if source is not None:
            clone.write(text.replace(source, ""))
            self.take_in(name)
            self.note(name, entry, EXISTENCE, None)

    def sync(self, name: str) -> None:
        if name not in self.cut_off:
            with self.open(name) as workspace:
                assert workspace.sync().ok
            self.model.exchange(name)

    def cut(self, name: str) -> None:
        """Cut a machine off from the remote, or connect it again."""
        self.cut_off ^= {name}

    def set_filter(self, name: str, *, hide: bool) -> None:
        """Hide all that is shared on a machine, or show it again."""
        text = '[filter]\ntags = ["nothing bears it"]\n' if hide else ""
        (self.folder / name / ".lorefs.toml").write_text(text)
        self.take_in(name)

    def crash_and_sync_again(self, name: str, step: int) -> None:
        """End a sync at one of its steps, and run it again."""
        if name in self.cut_off:
            return
        left = step

        def die(_: str) -> None:
            nonlocal left
            left -= 1
            if left < 0:
                raise CrashError

        try:
            with self.open(name, die) as workspace:
                workspace.sync()
        except CrashError:
            pass
        self.sync(name)

    # ---- what has to come out

    def check_documents(self) -> None:
        """Documents parse, and no id stands twice."""
        for clone in self.clones.values():
            if (clone.path / DOCUMENT).exists():
                text = clone.text()
                assert text.count("<!-- lore:") == len(
                    [each for each in blocks(text).values() if each.startswith("<!-- lore:")]
                )

    def converge(self) -> None:
        """Sync all until nothing moves any more; then look at what came out."""
        self.exchange()
        files = [clone.text() for clone in self.clones.values() if (clone.path / DOCUMENT).exists()]
        assert len(set(files)) <= 1, "the files differ"
        self._check_values()

    def exchange(self) -> None:
        """Sync all until nothing moves any more; rows and tips are equal then."""
        self.cut_off.clear()
        for name in self.names:
            if (self.folder / name / ".lorefs.toml").exists():
                self.set_filter(name, hide=False)
        before: list[str] = []
        for _ in range(2 * len(self.names)):
            for name in self.names:
                self.sync(name)
            tips = [tip_of(self.folder / name) for name in self.names]
            if tips == before:
                break
            before = tips
        assert len(set(before)) == 1, "the tips differ"
        rows = [clone.entries() for clone in self.clones.values()]
        assert all(each == rows[0] for each in rows), "the rows differ"

    def _check_values(self) -> None:
        rows = self.clones["ada"].entries()
        ledgers = {name: clone.ledger() for name, clone in self.clones.items()}
        for entry in self.model.entries():
            assert (entry in rows) == self.model.survives(entry), f"{entry} is there or not"
            if entry not in rows:
                continue
            for name in ("title", "confidence"):
                last = self.model.last(entry, name)
                values = {each.value for each in last}
                if not values:
                    continue
                found = getattr(rows[entry], name)
                assert found in values, f"{name} is {found}, written were {values}"
                for lost in values - {found}:
                    for replica, ledger in ledgers.items():
                        assert any(
                            record.discard.entry == entry
                            and record.discard.field in {name, EXISTENCE}
                            and str(lost) in f"{record.discard.ours} {record.discard.theirs}"
                            for record in ledger
                        ), f"{replica} lost {lost!r} of {name}"

    # ---- how

    @contextmanager
    def open(self, name: str, step: Callable[[str], None] = lambda _: None) -> Iterator[Workspace]:
        clone = self.clones[name]
        clone.step = step
        with clone.open() as workspace:
            if self.bare:
                workspace.__dict__["here"] = BareHere(workspace, self.folder / "remote.git")
            yield workspace

    def take_in(self, name: str) -> None:
        with self.open(name) as workspace:
            workspace.entries()

    def title(self, name: str, entry: str) -> str | None:
        """The title of an entry that is there."""
        with self.open(name) as workspace:
            return title_of(workspace, entry)

    def note(self, name: str, entry: str, field: str, value: object) -> None:
        self.model.note(name, entry, field, value)

    def note_new(self, name: str, entry: str, title: str) -> None:
        self.note(name, entry, EXISTENCE, "added")
        self.note(name, entry, "title", title)

    def token(self) -> str:
        """A title that nobody has used yet."""
        self.count += 1
        return f"title{self.count:03}"


def title_of(workspace: Workspace, entry: str) -> str | None:
    """The title of an entry that is there."""
    return next((r.entry.title for r in workspace.entries() if r.entry.id == entry), None)
