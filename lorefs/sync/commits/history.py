"""The versions of a document behind two commits, and the base of a criss-cross merge."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

from lorefs.core.document import decode, parse
from lorefs.core.front_matter import FrontMatterError, read_front_matter
from lorefs.core.history import DocumentHistory, Version
from lorefs.core.merge import NoHistory, Settings, Sides, merge_document
from lorefs.sync.commits.trees import read_files

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from lorefs.core.merge import History
    from lorefs.core.merge.sides import Side
    from lorefs.repo import Git

VERSION_LIMIT: Final = 2000  # commits of a document that are looked at
BASE_LIMIT: Final = 16  # merge bases of a criss-cross history
STRATEGIES: Final = ("merge", "lww", "union", "conflict", "hold")
DELETE_EDIT: Final = ("keep", "delete", "conflict")


def merge_bases(git: Git, ours: str, theirs: str) -> list[str]:
    """All merge bases of two commits, in the order of their ids."""
    found = git.text("merge-base", "--all", ours, theirs, allowed=(0, 1)).split()
    return sorted(found)[:BASE_LIMIT]


def base_text(git: Git, bases: list[str], path: str) -> str | None:
    """A document in the merge base; several bases are merged with each other first."""
    texts = [_text(git, base, path) for base in bases]
    if not texts:
        return None
    merged, so_far = texts[0], bases[0]
    for other, text in zip(bases[1:], texts[1:], strict=True):
        older = merge_bases(git, so_far, other)
        base = _text(git, older[0], path) if older else None
        merged = merge_document(Sides(base, merged, text), path=path).text
        so_far = other
    return merged


def _text(git: Git, commit: str, path: str) -> str | None:
    data = git.blob(commit, path)
    return None if data is None else decode(data)


def read_history(
    git: Git,
    path: str,
    ours: str,
    theirs: str,
    *,
    since: Sequence[str] = (),
    prefix: str = "",
) -> History:
    """What the commits behind two sides know of a document; its texts are read on demand.

    With `since`, only what was committed after those commits counts, and what they hold. The
    document stands at `prefix` and `path` in the trees. "" stands for a side without commits.
    """
    versions: dict[str, Version] = {}
    tips: dict[Any, str] = {}
    for side, commit in (("ours", ours), ("theirs", theirs)):
        if not commit:
            continue
        listing = git.text(
            "rev-list", "--full-history", "--topo-order", "--parents", "--timestamp",
            f"--max-count={VERSION_LIMIT}", commit, *(f"^{oid}" for oid in since),
            "--", f":(top,literal){prefix}{path}",
        )  # fmt: skip
        for line in filter(None, listing.split("\n")):
            time, oid, *parents = line.split()
            tips.setdefault(side, oid)
            versions.setdefault(oid, Version(oid, tuple(parents), int(time)))
    if not versions:
        return NoHistory()
    if since:
        for parent in {each for version in versions.values() for each in version.parents}:
            versions.setdefault(parent, Version(parent, (), 0))
    texts: dict[str, str] = {}

    def load(commit: str) -> str:
        if not texts:
            texts.update(_texts(git, list(versions), prefix + path))
        return texts[commit]

    return DocumentHistory(path, _newest_first(versions), tips, load)


class TreeHistories:
    """The histories of the documents of a tree; each is read when an entry of it clashes.

    `sides` are the documents that the merge is about, whose texts tell which of them can hold
    an entry; the other arguments are those of `read_history`.
    """

    def __init__(
        self,
        git: Git,
        sides: Iterable[Mapping[str, str]],
        ours: str,
        theirs: str,
        *,
        since: Sequence[str] = (),
        prefix: str = "",
    ) -> None:
        self.sides = tuple(sides)
        self.paths = sorted({path for side in self.sides for path in side})
        self.known: dict[str, History] = {}
        self._read = partial(
            read_history, git, ours=ours, theirs=theirs, since=tuple(since), prefix=prefix
        )

    def supersedes(self, entry: str, field: str, newer: object, older: object) -> bool:
        """Whether some document's history says so."""
        histories = map(self._history, self._holders(entry))
        return any(history.supersedes(entry, field, newer, older) for history in histories)

    def written_at(self, side: Side, entry: str, field: str) -> int | None:
        """The latest time that some document's history gives."""
        holders = map(self._history, self._holders(entry))
        times = [history.written_at(side, entry, field) for history in holders]
        return max((time for time in times if time is not None), default=None)

    def ever_held(self, entry: str) -> bool:
        """Whether some version of some document has an entry."""
        histories = map(self._history, self.paths)
        return any(isinstance(h, DocumentHistory) and h.ever_held(entry) for h in histories)

    def _holders(self, entry: str) -> list[str]:
        """The documents that hold an entry; all where it carries no marker anywhere."""
        found = [
            path for path in self.paths if any(entry in side.get(path, "") for side in self.sides)
        ]
        return found if entry and found else self.paths

    def _history(self, path: str) -> History:
        if path not in self.known:
            self.known[path] = self._read(path)
        return self.known[path]


def _newest_first(versions: Mapping[str, Version]) -> list[Version]:
    """The versions of both sides, each before all of its ancestors."""
    done: dict[str, None] = {}
    pending = [(oid, False) for oid in versions]
    while pending:
        oid, after_parents = pending.pop()
        if oid in done or oid not in versions:
            continue
        if after_parents:
            done[oid] = None
        else:
            pending.append((oid, True))
            pending += [(parent, False) for parent in versions[oid].parents]
    return [versions[oid] for oid in reversed(done)]


def _texts(git: Git, commits: list[str], path: str) -> dict[str, str]:
    texts = read_files(git, (f"{commit}:{path}" for commit in commits))
    return dict(zip(commits, texts, strict=True))


def merge_settings(root_document: str, settings: Settings) -> Settings:
    """Settings with what `merge:` in the root document says; what is no setting is left out."""
    try:
        wanted = read_front_matter(parse(root_document)).get("merge")
    except FrontMatterError:
        return settings
    if not isinstance(wanted, dict):
        return settings
    strategies: dict[str, Any] = {
        str(field): word for field, word in wanted.items() if word in STRATEGIES
    }
    delete_edit = wanted.get("delete_edit")
    if delete_edit in DELETE_EDIT:
        settings = settings._replace(delete_edit=delete_edit)
    return settings._replace(strategies=strategies)
