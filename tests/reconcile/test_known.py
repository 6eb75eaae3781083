"""What a process keeps parsed is bounded, and never another text than the one asked for."""

from __future__ import annotations

from lorefs.core.document import parse
from lorefs.sync.known import KEPT_SIZE, Known

SIZE = KEPT_SIZE // 10


def test_a_document_is_known_by_the_hash_of_its_text() -> None:
    known = Known()
    old, new = parse("Old.\n"), parse("New.\n")
    known.put(".lore.md", "old", old)
    assert known.get(".lore.md", "old") is old
    assert known.get(".lore.md", "new") is None
    known.put(".lore.md", "new", new)
    assert known.get(".lore.md", "old") is old
    assert known.get(".lore.md", "new") is new
    assert known.get("a/.lore.md", "new") is None


def test_the_oldest_documents_give_way() -> None:
    known = Known()
    document = parse("x" * SIZE)
    for number in range(100):
        known.put(f"d{number}/.lore.md", "hash", document)
        known.put("often/.lore.md", "hash", document)
    kept = [n for n in range(100) if known.get(f"d{n}/.lore.md", "hash")]
    assert kept == list(range(91, 100))
    assert known.get("often/.lore.md", "hash") is document


def test_a_document_larger_than_all_is_kept_alone() -> None:
    known = Known()
    small, large = parse("x\n"), parse("x" * (KEPT_SIZE + 1))
    known.put("small/.lore.md", "hash", small)
    known.put("large/.lore.md", "hash", large)
    assert known.get("small/.lore.md", "hash") is None
    assert known.get("large/.lore.md", "hash") is large
    known.put("small/.lore.md", "hash", small)
    assert known.get("large/.lore.md", "hash") is None
    assert known.get("small/.lore.md", "hash") is small
