"""Documents of any size, made from a seed: the lengths and categories of real ones."""

from __future__ import annotations

import random
from typing import Final

from lorefs.core.model import Entry
from lorefs.core.source import write_entry

CATEGORIES: Final = ("Preference", "Gotcha", "Architecture", "Pattern", "Decision")
SHARES: Final = (37, 26, 23, 10, 4)
WORDS: Final = """the a to of in and is for with on by from as at not when that must only per
cache index token session worker request parser schema table row column commit branch merge test
client server queue batch stream buffer retry timeout lock thread event trigger budget cursor shard
snapshot journal log metric default option mode state module version bundle render selector query
returns reads writes never always fails uses calls skips drops keeps splits restores exposes —
`parse_all` `apply` `db.transaction` `src/index.ts` `config.load()` (#412) → `HTTP_PROXY`""".split()
_COMMON: Final = [1 / (n + 3) ** 0.8 for n in range(len(WORDS))]


def entries(count: int, seed: int = 1) -> list[Entry]:
    """Entries with about 630 characters of content each, in the order of categories."""
    rng = random.Random(seed)
    made = [_entry(rng, number) for number in range(count)]
    return sorted(made, key=lambda each: (each.category, each.title.casefold(), each.id))


def _entry(rng: random.Random, number: int) -> Entry:
    moment = 1_760_000_000_000 + number * 60_000 + rng.randrange(60_000)
    bits = (moment << 80) | (7 << 76) | (rng.getrandbits(12) << 64) | (2 << 62)
    digits = f"{bits | rng.getrandbits(62):032x}"
    ident = "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
    title = _words(rng, rng.randint(5, 14)).capitalize()
    content = ". ".join(_words(rng, rng.randint(8, 30)) for _ in range(rng.randint(3, 9)))
    return Entry(ident, title, f"{content}.", rng.choices(CATEGORIES, SHARES)[0])


def _words(rng: random.Random, count: int) -> str:
    return " ".join(rng.choices(WORDS, _COMMON, k=count))


def document(count: int, seed: int = 1) -> str:
    """The same entries as a `.lore.md`; 13,000 of them are about 10 MB."""
    parts = ["## Long-term Knowledge"]
    category = ""
    for each in entries(count, seed):
        if each.category != category:
            category = each.category
            parts.append(f"### {category}")
        parts.append(write_entry(each))
    return "\n\n".join(parts) + "\n"
