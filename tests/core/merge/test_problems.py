"""The merge on generated problems whose right answer is known, and on the real ones."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from lorefs.core.document import decode, parse, serialize
from lorefs.core.merge import Settings, Sides, merge_document
from lorefs.core.source import read_entry
from tests.merge_problems import Problem, problem, render

if TYPE_CHECKING:
    from pathlib import Path

    from lorefs.core.model import Entry

MARKERS = Settings(on_clash="markers")
SEEDS = 10_000
SHARDS = 10


def entries(text: str) -> dict[str, Entry]:
    found = [read_entry(b, path="", scope="team") for b in parse(text).blocks if b.id]
    assert len({entry.id for entry in found}) == len(found), "an id stands twice"
    return {entry.id: entry for entry in found}


def assert_merged_well(made: Problem) -> None:
    sides = Sides(made.base, made.ours, made.theirs)
    merged = merge_document(sides)
    assert merged.text is not None
    assert not merged.conflicts
    assert serialize(parse(merged.text)) == merged.text
    found = entries(merged.text)
    gone_ours, gone_theirs = made.deleted
    kept = {*made.before, *made.after[0], *made.after[1]} - gone_ours - gone_theirs
    assert kept <= found.keys(), "an entry vanished that nobody deleted"
    untouched = (gone_ours - made.touched[1]) | (gone_theirs - made.touched[0])
    assert not untouched & found.keys(), "a deletion came back"
    if made.expected is not None:
        assert not merged.discards
        expected = entries(render(list(made.expected.values())))
        assert found == expected
        assert merge_document(sides, settings=MARKERS).text == merged.text
    mirrored = merge_document(Sides(made.base, made.theirs, made.ours))
    assert mirrored.text == merged.text, "the answer depends on who is ours"


@pytest.mark.parametrize("shard", range(SHARDS))
def test_generated_problems(shard: int) -> None:
    for seed in range(shard, SEEDS, SHARDS):
        try:
            assert_merged_well(problem(seed))
        except AssertionError as error:
            raise AssertionError(f"seed {seed}: {error}") from error


def triples(corpus: Path) -> list[tuple[str, Sides[str], str]]:
    found = []
    for line in (corpus / "triples.tsv").read_text(encoding="utf-8").split("\n")[1:]:
        if line:
            names = line.split("\t")
            blobs = [corpus / "blobs" / f"{name}.lore.md" for name in names]
            base, ours, theirs, result = (decode(blob.read_bytes()) for blob in blobs)
            found.append((names[0], Sides(base, ours, theirs), result))
    return found


def counted(text: str) -> Counter[str]:
    return Counter(block.id for block in parse(text).blocks if block.id)


def by_id(text: str) -> dict[str, Entry]:
    found: dict[str, Entry] = {}
    for block in parse(text).blocks:
        if block.id:
            found.setdefault(block.id, read_entry(block, path="", scope="team"))
    return found


def test_real_problems(corpus: Path) -> None:
    for name, sides, result in triples(corpus):
        base, ours, theirs = map(by_id, sides)
        ours_then = {i for i in {**base, **ours} if base.get(i) != ours.get(i)}
        then = by_id(result)
        clashes = [i for i in ours_then if ours.get(i) != then.get(i)]
        driver = merge_document(sides, settings=MARKERS)
        merged = merge_document(sides)
        assert merged.text is not None
        found = counted(merged.text)
        twice = {i for side in sides for i, n in counted(side).items() if n > 1}
        assert not [i for i, n in found.items() if n > 1 and i not in twice], name
        for i in {**base, **ours, **theirs}:
            if i in ours and i in theirs:
                assert i in found, f"{name}: {i} is lost"
            elif i in base and all(side.get(i, base[i]) == base[i] for side in (ours, theirs)):
                assert i not in found, f"{name}: {i} came back"
        assert merge_document(Sides(sides.base, sides.theirs, sides.ours)).text == merged.text
        if not clashes:
            assert not driver.conflicts, name
            assert driver.text == merged.text
            assert by_id(merged.text) == by_id(result), name
