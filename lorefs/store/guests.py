"""Guests: rows of entries that stand outside of this repository, and the texts they come from.

An id that the repository itself holds is its own; else the source of most precedence has the
row. Guests that have no row because of that are noted as hidden, and come back.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Final

from lorefs.core.document import decode
from lorefs.core.guests import MARK, guest_entries, is_guest, precedence, source_of
from lorefs.core.model import Entry
from lorefs.store.documents import digest
from lorefs.store.rows import Edit, Filter

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from sqlite3 import Connection

    from lorefs.store.entries import Entries
    from lorefs.store.rows import Origin

_SEEN: Final = "guests:"  # in `state`: what was last taken in of a source
_AFTER: Final = "guests;"  # the first key behind all of them
_GUESTS: Final = f"instr(document, '{MARK}') > 0"


class Guests:
    """Access to the guests; whatever writes must run inside `Store.write`.

    Nothing of it is in the log, which tells what happened to the lore of this repository.
    """

    def __init__(self, connection: Connection, entries: Entries) -> None:
        self.connection = connection
        self.entries = entries

    def __bool__(self) -> bool:
        return self.connection.execute("SELECT 1 FROM guests LIMIT 1").fetchone() is not None

    # ------------------------------------------------------------ sources

    def seen(self) -> dict[str, str]:
        """What was last taken in of each source: a hash or a commit."""
        found = self.connection.execute(
            "SELECT substr(key, ?), value FROM state WHERE key >= ? AND key < ?",
            (len(_SEEN) + 1, _SEEN, _AFTER),
        )
        return dict(found.fetchall())

    def note(self, source: str, seen: str) -> None:
        """Note what was taken in of a source."""
        self.connection.execute(
            "INSERT OR REPLACE INTO state VALUES (?, ?)", (f"{_SEEN}{source}", seen)
        )

    def forget(self, source: str, origin: Origin) -> None:
        """Remove a source with all its entries."""
        self.put(dict.fromkeys(self.documents(source)), origin)
        self.connection.execute("DELETE FROM state WHERE key = ?", (f"{_SEEN}{source}",))

    def counts(self) -> dict[str, int]:
        """How many rows each source has."""
        found: Counter[str] = Counter()
        for document, number in self.connection.execute(
            f"SELECT document, count(*) FROM entries WHERE {_GUESTS} GROUP BY document"
        ):
            found[source_of(document)] += number
        return dict(sorted(found.items()))

    # ------------------------------------------------------------ documents

    def documents(self, source: str) -> list[str]:
        """The documents of a source."""
        rows = self.connection.execute(
            "SELECT document FROM guests WHERE source = ? ORDER BY document", (source,)
        )
        return [str(row[0]) for row in rows]

    def texts(self) -> Iterator[tuple[str, str]]:
        """All guest documents with their texts."""
        for document, data in self.connection.execute(
            "SELECT document, data FROM guests ORDER BY document"
        ):
            yield document, decode(data)

    def put(self, texts: Mapping[str, bytes | None], origin: Origin) -> None:
        """Give documents another text, None to remove them; their rows follow."""
        nameless = origin._replace(actor="")  # who changed them stands elsewhere, too
        for document, data in texts.items():
            self._put(document, data, nameless)

    def _put(self, document: str, data: bytes | None, origin: Origin) -> None:
        if data is None:
            self.connection.execute("DELETE FROM guests WHERE document = ?", (document,))
        else:
            self.connection.execute(
                "INSERT OR REPLACE INTO guests (document, source, hash, data) VALUES (?, ?, ?, ?)",
                (document, source_of(document), digest(data), data),
            )
        new = {each.id: each for each in guest_entries(decode(data or b""), document)}
        old = {row.entry.id: row.entry for row in self.entries.rows(Filter(document=document))}
        added: list[Entry] = []
        edits = [Edit(entry, None) for ident, entry in old.items() if ident not in new]
        gone = [edit.before.id for edit in edits if edit.before is not None]
        hidden: list[tuple[str, str]] = []
        holders = self._holders(new)
        for ident, entry in new.items():
            holder = holders.get(ident)
            if holder is None:
                added.append(entry)
            elif holder == document:
                if old[ident] != entry:
                    edits.append(Edit(old[ident], entry, document))
            elif is_guest(holder) and precedence(document) < precedence(holder):
                edits.append(Edit(entry, entry, document))
                hidden.append((ident, holder))
            else:
                hidden.append((ident, document))
        self.connection.execute("DELETE FROM guests_hidden WHERE document = ?", (document,))
        self._hide(hidden)
        self.entries.change(edits, origin)
        self.entries.add(((entry, document) for entry in added), origin)
        self.come_back(gone, origin)

    def _holders(self, idents: Iterable[str]) -> dict[str, str]:
        """The documents that hold the rows of some ids, guests included."""
        rows = self.connection.execute(
            "SELECT id, document FROM entries WHERE id IN (SELECT value FROM json_each(?))",
            (json.dumps(list(idents)),),
        )
        return dict(rows.fetchall())

    # ------------------------------------------------------------ ids that are held twice

    def hide(self, idents: Iterable[str], origin: Origin) -> None:
        """Take away the rows of guests whose ids the repository is about to hold itself."""
        if not self:
            return
        found = [
            (ident, holder) for ident, holder in self._holders(idents).items() if is_guest(holder)
        ]
        self._hide(found)
        self.entries.change([Edit(Entry(ident, ""), None) for ident, _ in found], origin)

    def _hide(self, found: Iterable[tuple[str, str]]) -> None:
        self.connection.executemany("INSERT OR IGNORE INTO guests_hidden VALUES (?, ?)", found)

    def come_back(self, idents: Iterable[str], origin: Origin) -> None:
        """Give hidden guests their rows, where nobody holds these ids any more."""
        hidden = self.connection.execute(
            "SELECT id, document FROM guests_hidden WHERE id IN (SELECT value FROM json_each(?))"
            " AND NOT EXISTS (SELECT 1 FROM entries WHERE entries.id = guests_hidden.id)",
            (json.dumps(list(idents)),),
        ).fetchall()
        chosen: dict[str, str] = {}
        for ident, document in sorted(hidden, key=lambda pair: precedence(pair[1])):
            chosen.setdefault(ident, document)
        by_document: dict[str, set[str]] = defaultdict(set)
        for ident, document in chosen.items():
            by_document[document].add(ident)
        for document, ids in by_document.items():
            row = self.connection.execute(
                "SELECT data FROM guests WHERE document = ?", (document,)
            ).fetchone()
            text = decode(row[0] if row else b"")
            entries = [each for each in guest_entries(text, document) if each.id in ids]
            self.entries.add(((entry, document) for entry in entries), origin._replace(actor=""))
            self.connection.executemany(
                "DELETE FROM guests_hidden WHERE id = ? AND document = ?",
                [(ident, document) for ident in ids],
            )
