"""Mends what is mechanical: texts in, texts out, with a list of what was done.

Ids, exact copies, lost markers and characters that nobody sees; never what an entry means. A step
that would change the blocks of a document in any other way than it means to is not taken. A
document with conflicts is left to people.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from lorefs.check.rules.hidden import BIDI, invisible_runs
from lorefs.check.rules.ids import keeper
from lorefs.check.source import Source
from lorefs.core.claim import identify, with_markers
from lorefs.core.document import (
    ENTRY,
    PROSE,
    UNCLAIMED,
    Block,
    Document,
    conflict_marker_line,
    parse,
    serialize,
)
from lorefs.core.ids import derived_id, is_uuid
from lorefs.core.lines import is_metadata, marker_id
from lorefs.core.source import cut

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from lorefs.check.corpus import Corpus

_ROUNDS: Final = 5
_LINKED: Final = r"(?:(?<=\[\[)|(?<=\\\[\\\[))[^\[\]\n\\|]+(?=[\]|\\])"  # what a link names
_VALUE: Final = r"[^\s\[\]{},:\"']+"  # a word of metadata


class Done(NamedTuple):
    """One thing that was mended."""

    code: str
    message: str


class Mended(NamedTuple):
    """A document with its text before and after, and what was done to it."""

    path: str
    before: str
    after: str
    done: tuple[Done, ...]


def mend(corpus: Corpus, codes: Iterable[str]) -> list[Mended]:
    """The documents of the focus that can be mended; only findings with these codes are."""
    wanted = frozenset(codes)
    renamed: dict[str, str] = {}
    works: list[_Work] = []
    for source in corpus.focus:
        if source.refused or conflict_marker_line(source.text) is not None:
            continue
        steps = [(code, step) for code, step in _STEPS if code in wanted]
        works.append(_settled(_Work(source, source.document, corpus, renamed), steps))
    mended = [_mended(work) for work in works]
    return [each for each in mended if each.after != each.before]


def _settled(work: _Work, steps: Sequence[tuple[str, Callable[[_Work], _Step]]]) -> _Work:
    """A document after all steps, again while one makes work for another."""
    for _ in range(_ROUNDS):
        before = len(work.done)
        for code, step in steps:
            document, words = step(work)
            done = (*work.done, *(Done(code, each) for each in words))
            work = work._replace(document=document, done=done)
        if len(work.done) == before:
            break
    return work


def _mended(work: _Work) -> Mended:
    """What came out, with links to the ids that were replaced in any document."""
    text = serialize(work.document)
    after = _with_renamed(text, work.renamed)
    done = work.done
    if after != text:
        done = (*done, Done("LORE103", "followed replaced ids in links and relations"))
    return Mended(work.source.path, work.source.text, after, done)


class _Work(NamedTuple):
    """A document on its way: where it came from, what it is by now, and what was done."""

    source: Source
    document: Document
    corpus: Corpus
    renamed: dict[str, str]
    done: tuple[Done, ...] = ()

    def parse(self, text: str) -> Document:
        """A text as the document of this name is read."""
        return Source(self.source.path, text).document

    def with_blocks(self, blocks: Iterable[Block]) -> Document:
        """The document with other blocks."""
        return self.document._replace(blocks=tuple(blocks))


_Step = tuple[Document, list[str]]


def _drop_copies(work: _Work) -> _Step:
    """Removes the later ones of entries that stand twice in the document."""
    seen: set[str] = set()
    gone: set[int] = set()
    for n, block in enumerate(work.document.blocks):
        if block.kind == ENTRY:
            text = _unix(block.text)
            if text in seen:
                gone.add(n)
            seen.add(text)
    words = [f"removed a copy of {_named(work.document.blocks[n])}" for n in sorted(gone)]
    return _without(work, gone, words)


def _new_ids(work: _Work) -> _Step:
    """Gives entries whose id belongs to another one an id of their own."""
    known = work.corpus.personal if work.source.is_personal else work.corpus.shared
    taken = set(known)
    seen: set[str] = set()
    words: list[str] = []
    blocks = list(work.document.blocks)
    for n, block in enumerate(blocks):
        group = known.get(block.id, []) if block.kind == ENTRY else []
        if len(group) < 2:  # noqa: PLR2004
            continue
        kept = keeper(group, work.corpus)
        if kept.source is work.source:
            first = block.id not in seen
        else:
            first = _unix(kept.placed.block.text) == _unix(block.text)
        seen.add(block.id)
        if not first:
            ident = _free_id(work.source.path, cut(block).title.strip(), taken)
            blocks[n] = _with_id(block, ident)
            words.append(f"gave {_named(block)} an id of its own: {ident}")
    return work.with_blocks(blocks), words


def _derive_ids(work: _Work) -> _Step:
    """Replaces ids that are no UUIDs; the same one becomes the same on every machine."""
    words: list[str] = []
    blocks = list(work.document.blocks)
    for n, block in enumerate(blocks):
        if block.kind == ENTRY and not is_uuid(block.id):
            ident = derived_id(work.source.path, f"lore:{block.id}")
            blocks[n] = _with_id(block, ident)
            work.renamed[block.id] = ident
            words.append(f"replaced the id {block.id} by {ident}")
    return work.with_blocks(blocks), words


def _drop_orphans(work: _Work) -> _Step:
    """Removes markers whose entry is gone, with the metadata below them."""
    gone: set[int] = set()
    words: list[str] = []
    for n, block in enumerate(work.document.blocks):
        lines = [line.rstrip("\r") for line in block.text.split("\n")]
        ident = marker_id(lines[0]) if block.kind == PROSE else ""
        if ident and all(is_metadata(line) for line in lines[1:]):
            gone.add(n)
            words.append(f"removed the marker of an entry that is gone: {ident}")
    return _without(work, gone, words)


def _claim(work: _Work) -> _Step:
    """Writes the markers of entries that have none; retitled ones keep the id that HEAD had."""
    if not any(block.kind == UNCLAIMED for block in work.document.blocks):
        return work.document, []
    path = work.source.path
    base = work.corpus.base.get(path)
    claimed = identify(work.document, path, None if base is None else parse(base))
    words = [f"wrote the marker of {_named(b)}" for b in claimed.blocks if b.kind == UNCLAIMED]
    return with_markers(claimed, lambda _: True), words


def _show_order(work: _Work) -> _Step:
    """Removes characters that reorder text."""
    text = serialize(work.document)
    return _cut_out(work, text, [run.span() for run in re.finditer(BIDI, text)], "reordering")


def _show_hidden(work: _Work) -> _Step:
    """Removes characters that cannot be seen."""
    text = serialize(work.document)
    return _cut_out(work, text, list(invisible_runs(text)), "invisible")


_STEPS: tuple[tuple[str, Callable[[_Work], _Step]], ...] = (
    ("LORE102", _drop_copies),
    ("LORE101", _new_ids),
    ("LORE103", _derive_ids),
    ("LORE104", _drop_orphans),
    ("LORE105", _claim),  # before characters go, because the id comes from the title
    ("LORE301", _show_order),
    ("LORE302", _show_hidden),
)


# ---- how


def _without(work: _Work, gone: set[int], words: list[str]) -> _Step:
    """The document without blocks, if the others stay what they are."""
    blocks = work.document.blocks
    if not gone:
        return work.document, []
    kept = [block for n, block in enumerate(blocks) if n not in gone]
    if kept and 0 in gone:
        kept[0] = kept[0]._replace(lead=blocks[0].lead)
    document = work.parse(serialize(work.with_blocks(kept)))
    return (document, words) if _shape(document.blocks) == _shape(kept) else (work.document, [])


def _cut_out(work: _Work, text: str, spans: list[tuple[int, int]], what: str) -> _Step:
    """The document without these characters, if its blocks stay what they are."""
    if not spans:
        return work.document, []
    document = work.parse("".join(_between(text, spans)))
    if _shape(document.blocks) != _shape(work.document.blocks):
        return work.document, []
    count = sum(end - start for start, end in spans)
    return document, [f"removed {count} {what} character{'s' * (count > 1)}"]


def _unix(text: str) -> str:
    return text.replace("\r\n", "\n")


def _between(text: str, spans: list[tuple[int, int]]) -> Iterator[str]:
    place = 0
    for start, end in spans:
        yield text[place:start]
        place = end
    yield text[place:]


def _shape(blocks: Iterable[Block]) -> list[tuple[str, str, int]]:
    """What the blocks of a document are, apart from their words; comments count."""
    return [(block.kind, block.id, f"\n{block.text}".count("\n<!--")) for block in blocks]


def _with_id(block: Block, ident: str) -> Block:
    """An entry with another id in its marker."""
    marker, newline, rest = block.text.partition("\n")
    end = "\r" if marker.endswith("\r") else ""
    return block._replace(id=ident, text=f"<!-- lore:{ident} -->{end}{newline}{rest}")


def _free_id(path: str, title: str, taken: set[str]) -> str:
    ordinal = 0
    while (ident := derived_id(path, title, ordinal)) in taken:
        ordinal += 1
    taken.add(ident)
    return ident


def _with_renamed(text: str, renamed: dict[str, str]) -> str:
    """The text with links and relations to ids that were replaced."""

    def new(found: re.Match[str]) -> str:
        return renamed.get(found[0], found[0])

    if not renamed:
        return text
    lines = re.sub(_LINKED, new, text).split("\n")
    return "\n".join(
        re.sub(_VALUE, new, line) if is_metadata(line.rstrip("\r")) else line for line in lines
    )


def _named(block: Block) -> str:
    title = " ".join(cut(block).title.split())
    return f'"{title}"' if title else block.id
