"""How search results look: as lines with snippets, as columns, as JSON."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from lorefs.cli.listing import columns, row_json, short_ids, title_line
from lorefs.cli.output import for_person, one_line, safe, write_columns, write_json, write_lines

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from lorefs.cli.output import Span
    from lorefs.store import Hit
    from lorefs.store.entries import Entries

_MARKED: Final = re.compile("\x02([^\x03]*)\x03?")  # as lorefs.store.search.MARK


def write_hits(
    hits: Sequence[Hit], known: Entries, *, as_json: bool, drafts: Mapping[str, str]
) -> None:
    """Print hits, the best first; `drafts` as in `write_rows`."""
    if as_json:
        write_json([
            row_json(hit.row)
            | {"score": hit.score, "snippet": _plain(hit), "draft": drafts.get(hit.row.entry.id)}
            for hit in hits
        ])  # fmt: skip
        return
    short = short_ids([hit.row.entry.id for hit in hits], known)
    if not for_person():
        write_columns([*columns(hit.row, short), _plain(hit)] for hit in hits)
        return
    write_lines(line for hit in hits for line in _lines(hit, short, drafts))
    if not hits:
        write_lines([[("nothing found", "dim")]])


def _lines(hit: Hit, short: Mapping[str, str], drafts: Collection[str]) -> Iterator[list[Span]]:
    place = f"  {one_line(hit.row.entry.category)} · {one_line(hit.row.document)}"
    yield [*title_line(hit.row, short, drafts=drafts), (place, "dim")]
    if hit.snippet.strip("…\x02\x03 \n"):
        yield [("          ", ""), *_snippet(" ".join(hit.snippet.split()))]


def _snippet(text: str) -> Iterator[Span]:
    """The spans of a snippet, what matched in bold."""
    at = 0
    for found in _MARKED.finditer(text):
        yield safe(text[at : found.start()]), "dim"
        yield safe(found[1]), "bold"
        at = found.end()
    yield safe(text[at:]), "dim"


def _plain(hit: Hit) -> str:
    return hit.snippet.replace("\x02", "").replace("\x03", "")
