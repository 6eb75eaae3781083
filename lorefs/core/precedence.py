"""What counts as news: a version that the sync branch held and has since changed does not.

A popped stash, a merged feature branch or a file that lagged behind brings back text that the
team has already replaced. Taken for an edit it would undo what others did meanwhile.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lorefs.core import edit
from lorefs.core.claim import identify
from lorefs.core.document import parse, serialize
from lorefs.core.merge.sides import EXISTENCE, OURS, THEIRS
from lorefs.core.model import TEAM, Entry, directory_of, scope_of
from lorefs.core.source import read_entry
from lorefs.core.versions import by_id, same

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lorefs.core.document import Block, Document
    from lorefs.core.merge.sides import History

# Where an entry stands is not a value of its text.
FIELDS: Final = tuple(f for f in Entry._fields if f not in {"id", "path", "scope", "extra"})


def without_removed(
    texts: Mapping[str, str], others: Mapping[str, str], history: History
) -> dict[str, str]:
    """Texts without the entries that the other side held in this very version and deleted.

    `history` is that of the other side. For two histories that have no commit in common.
    """
    if not texts:
        return {}
    present = {ident for path, text in others.items() for ident in _blocks(path, text)}
    found: dict[str, str] = {}
    for path, text in texts.items():
        document = identify(parse(text), path)
        for ident, block in by_id(document).items():
            gone = ident not in present and history.supersedes(
                ident, EXISTENCE, None, _entry(block, path)
            )
            if gone:
                document = edit.remove(document, ident)
        found[path] = serialize(document)
    return found


def news_of(
    path: str,
    text: str,
    base: str,
    current: str,
    sync: History,
    *,
    code: History | None = None,
    concerned: Callable[[str, Block | None], bool] = lambda *_: True,
) -> str:
    """A text with what is no news in it put back to what `base` says.

    `sync` is the history of the sync branch, with `current` as ours. With `code`, the history
    of the text as theirs, a value counts where current has not changed since the base unless
    the sync branch changed it later. `concerned` limits this to some entries, given by id and
    source in the text.
    """
    document, before = identify(parse(text), path), identify(parse(base), path)
    theirs, old, now = by_id(document), by_id(before), _blocks(path, current)
    for ident in {**theirs, **old}:
        block, source = theirs.get(ident), old.get(ident)
        if same(block, source) or not concerned(ident, block):
            continue
        entry, was, is_ = (b and _entry(b, path) for b in (block, source, now.get(ident)))
        stale = _Stale(ident, was, is_, sync, code)
        if entry is None:
            if source is not None and is_ is not None and stale(EXISTENCE, None):
                document = edit.place(document, source, source.category)
        elif is_ is None:
            if stale(EXISTENCE, entry):
                document = edit.remove(document, ident)
                if source is not None:
                    document = edit.place(document, source, source.category)
        else:
            document = _fields_put_back(document, entry, was or is_, stale)
    return serialize(document)


class _Stale:
    """Answers whether a value of one entry is one that the sync branch has since changed."""

    def __init__(
        self,
        ident: str,
        was: Entry | None,
        now: Entry | None,
        sync: History,
        code: History | None,
    ) -> None:
        self.ident, self.was, self.now, self.sync, self.code = ident, was, now, sync, code

    def __call__(self, field: str, value: object) -> bool:
        old, current = (self._value(side, field) for side in (self.was, self.now))
        if not self.sync.supersedes(self.ident, field, current, value):
            return False
        if self.code is None or current != old:
            return True
        changed = self.sync.written_at(OURS, self.ident, field)
        introduced = self.code.written_at(THEIRS, self.ident, field)
        return changed is not None and introduced is not None and changed > introduced

    @staticmethod
    def _value(entry: Entry | None, field: str) -> object:
        return entry if entry is None or field == EXISTENCE else getattr(entry, field)


def _fields_put_back(document: Document, entry: Entry, old: Entry, stale: _Stale) -> Document:
    changes = {
        field: getattr(old, field)
        for field in FIELDS
        if getattr(entry, field) != getattr(old, field) and stale(field, getattr(entry, field))
    }
    return edit.replace_fields(document, entry.id, changes) if changes else document


def _entry(block: Block, path: str) -> Entry:
    return read_entry(block, path=directory_of(path), scope=scope_of(path) or TEAM)


def _blocks(path: str, text: str) -> dict[str, Block]:
    return by_id(identify(parse(text), path))
