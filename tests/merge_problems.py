"""Generated three-way problems whose right answer is known, replayable by seed.

A problem starts from one document, lets two people edit copies of it entry by entry, and
keeps account of what each of them did. Where they did not touch the same field of an entry
the account alone says what the merged entries have to be.
"""

from __future__ import annotations

import random
from typing import NamedTuple

CATEGORIES = ("Architecture", "Decision", "Gotcha", "Pattern", "Preference")
WORDS = (
    "cache lock queue index row column reader writer page journal snapshot branch merge tip "
    "ref blob tree commit fetch push retry timeout backoff schema table trigger cursor batch"
).split()
FIELDS = ("title", "content", "category", "tags")


class Fact(NamedTuple):
    """The values of one entry."""

    id: str
    title: str
    content: str
    category: str
    tags: frozenset[str] = frozenset()


Facts = dict[str, Fact]


class Problem(NamedTuple):
    """Three documents, what the sides deleted, and the merged entries where nothing clashes."""

    base: str
    ours: str
    theirs: str
    deleted: tuple[frozenset[str], frozenset[str]]
    touched: tuple[frozenset[str], frozenset[str]]
    before: Facts
    after: tuple[Facts, Facts]
    expected: Facts | None


def problem(seed: int, *, entries: int = 8, edits: int = 3) -> Problem:
    """The problem with that seed."""
    rng = random.Random(seed)
    base = {fact.id: fact for fact in (_fact(rng) for _ in range(rng.randint(1, entries)))}
    order = sorted(base.values(), key=lambda fact: (fact.category, fact.title, fact.id))
    sides = [_edited(rng, base, rng.randint(1, edits)) for _ in range(2)]
    (ours, ours_did, ours_gone), (theirs, theirs_did, theirs_gone) = sides
    clashing = _clashing(ours_did, ours_gone, theirs_did, theirs_gone)
    expected = None if clashing else _both(base, ours, theirs, ours_did, theirs_did)
    return Problem(
        render(order),
        render(_in_order(order, ours)),
        render(_in_order(order, theirs)),
        (frozenset(ours_gone), frozenset(theirs_gone)),
        (frozenset(i for i, _ in ours_did), frozenset(i for i, _ in theirs_did)),
        base,
        (ours, theirs),
        expected,
    )


def render(facts: list[Fact]) -> str:
    """A document in the form of the wild: categories in the order of their first entry."""
    parts = ["## Long-term Knowledge"]
    for category in dict.fromkeys(fact.category for fact in facts):
        parts.append(f"### {category}")
        for fact in facts:
            if fact.category == category:
                tags = f"<!-- {{tags: [{', '.join(sorted(fact.tags))}]}} -->\n" if fact.tags else ""
                content = fact.content.replace("\n\n", "\n\n  ")
                parts.append(f"<!-- lore:{fact.id} -->\n{tags}* **{fact.title}**: {content}")
    return "\n\n".join(parts) + "\n"


def _fact(rng: random.Random) -> Fact:
    number = (rng.getrandbits(48) << 80) | (7 << 76) | (2 << 62) | rng.getrandbits(62)
    text = f"{number:032x}"
    ident = "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))
    paragraphs = [_sentence(rng) for _ in range(rng.choice((1, 1, 1, 2, 3)))]
    tags = frozenset(rng.sample(WORDS, rng.choice((0, 0, 1, 2))))
    return Fact(ident, _sentence(rng, 3), "\n\n".join(paragraphs), rng.choice(CATEGORIES), tags)


def _sentence(rng: random.Random, words: int = 12) -> str:
    return " ".join(rng.choices(WORDS, k=rng.randint(2, words)))


def _edited(
    rng: random.Random, base: Facts, edits: int
) -> tuple[Facts, set[tuple[str, str]], set[str]]:
    facts, did, gone = dict(base), set(), set()
    for _ in range(edits):
        kind = rng.choice(("add", "delete", *FIELDS, *FIELDS))
        if kind == "add" or not facts:
            fact = _fact(rng)
            facts[fact.id] = fact
            continue
        ident = rng.choice(sorted(facts))
        if kind == "delete":
            del facts[ident]
            if ident in base:
                gone.add(ident)
            continue
        facts[ident] = _changed(rng, facts[ident], kind)
        did.add((ident, kind))
    known = {(i, f) for i, f in did if i in base and i in facts}
    return facts, {(i, f) for i, f in known if facts[i] != base[i]}, gone


def _changed(rng: random.Random, fact: Fact, field: str) -> Fact:
    if field == "title":
        return fact._replace(title=_sentence(rng, 4))
    if field == "category":
        return fact._replace(category=rng.choice(CATEGORIES))
    if field == "tags":
        return fact._replace(tags=frozenset(fact.tags ^ {rng.choice(WORDS)}))
    words = fact.content.split(" ")
    words[rng.randrange(len(words))] = rng.choice(WORDS) + "-new"
    return fact._replace(content=" ".join(words))


def _clashing(
    ours: set[tuple[str, str]],
    ours_gone: set[str],
    theirs: set[tuple[str, str]],
    theirs_gone: set[str],
) -> bool:
    same = {(i, f) for i, f in ours & theirs if f != "tags"}
    edited_ours, edited_theirs = {i for i, _ in ours}, {i for i, _ in theirs}
    return bool(same or edited_ours & theirs_gone or edited_theirs & ours_gone)


def _both(
    base: Facts,
    ours: Facts,
    theirs: Facts,
    ours_did: set[tuple[str, str]],
    theirs_did: set[tuple[str, str]],
) -> Facts:
    merged: Facts = {}
    for ident in {**base, **ours, **theirs}:
        if ident in base and (ident not in ours or ident not in theirs):
            continue
        fact = base.get(ident) or ours.get(ident) or theirs[ident]
        for facts, did in ((ours, ours_did), (theirs, theirs_did)):
            for field in FIELDS:
                if (ident, field) in did:
                    fact = fact._replace(**{field: getattr(facts[ident], field)})
        if ident in base and (ident, "tags") in ours_did & theirs_did:
            before, left, right = base[ident].tags, ours[ident].tags, theirs[ident].tags
            fact = fact._replace(tags=(before & left & right) | (left - before) | (right - before))
        merged[ident] = fact
    return merged


def _in_order(order: list[Fact], facts: Facts) -> list[Fact]:
    """The facts in the order of the base, new ones where their title sorts."""
    known = [facts[fact.id] for fact in order if fact.id in facts]
    seen = {fact.id for fact in known}
    for fact in sorted(facts.values(), key=lambda fact: fact.title):
        if fact.id not in seen:
            at = next((n for n, f in enumerate(known) if f.title > fact.title), len(known))
            known.insert(at, fact)
    return known
