"""How fast documents are parsed, for every shape they have in the wild.

    python benchmarks/parse.py [--entries N] [--runs N]

Ratios to one `re.findall` of the entries' regex over the plain document of the same run; the
promise of `docs/performance.md` is the first row. Memory is a ratio to the size of the text.
"""

from __future__ import annotations

import argparse
import re
import statistics
import sys
import time
import tracemalloc
from collections.abc import Callable
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.synthetic import document
from lorefs.core.claim import identify
from lorefs.core.document import parse, serialize
from lorefs.core.edit import replace_fields
from lorefs.core.source import read_entry

REGEX = re.compile(r"<!-- lore:([0-9a-f-]{36}) -->\n\* \*\*(.*?)\*\*: (.*)")
MARKER = re.compile(r"<!-- lore:[^\n]*\n")
BODY = re.compile(r"^\* (\*\*.*)$", re.MULTILINE)


def shapes(text: str) -> dict[str, str]:
    """The document as programs, formatters and people leave it."""
    return {
        "as lorefs writes it": text,
        "- for *, a blank line below the marker": BODY.sub(r"\n- \1", text),
        "CRLF": text.replace("\n", "\r\n"),
        "metadata in every entry": BODY.sub(
            r"<!-- {confidence: 0.8, tags: [sqlite, wal]} -->\n* \1", text
        ),
        "a second paragraph in every entry": BODY.sub(r"* \1\n\n  Second paragraph.", text),
        "wrapped at 80 columns": BODY.sub(
            lambda line: re.sub(r"(.{60,78}) ", r"\1\n  ", line[0]), text
        ),
        "no markers, all by hand": MARKER.sub("", text),
        "headings for titles": BODY.sub(
            lambda line: re.sub(r"\* \*\*(.*?)\*\*: ", r"#### \1\n\n", line[0], count=1), text
        ),
        "plain prose": re.sub(r"<!--.*\n\* \*\*|#+ ", "", text),
    }


def with_fields(text: str) -> int:
    """Parse a document and read all its entries."""
    found = identify(parse(text), ".lore.md")
    return len([read_entry(block, path="") for block in found.blocks if block.id])


def ratio(action: Callable[[], object], reference: Callable[[], object], runs: int) -> float:
    """The median ratio of pairs; the first pair warms up and does not count."""
    pairs = [(seconds(action), seconds(reference)) for _ in range(runs + 1)]
    return statistics.median(a / b for a, b in pairs[1:])


def seconds(action: Callable[[], object]) -> float:
    """How long an action takes."""
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def memory(text: str) -> float:
    """What a parsed document takes, as a multiple of its text."""
    tracemalloc.start()
    kept = parse(text)
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    del kept
    return size / sys.getsizeof(text)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--entries", type=int, default=13_000)
    parser.add_argument("--runs", type=int, default=7)
    options = parser.parse_args()
    text = document(options.entries)
    findall = partial(REGEX.findall, text)
    print(f"{len(text) / 1e6:.1f} MB, {options.entries} entries; findall of the plain form = 1")
    print(f"{'':<40}{'parse':>8}{'fields':>8}{'memory':>8}")
    for name, shape in shapes(text).items():
        found = [
            ratio(partial(parse, shape), findall, options.runs),
            ratio(partial(with_fields, shape), findall, options.runs),
            memory(shape),
        ]
        print(f"{name:<40}" + "".join(f"{number:>8.1f}" for number in found))
    parsed = parse(text)
    middle = parsed.blocks[len(parsed.blocks) // 2].id
    one_edit = partial(replace_fields, parsed, middle, {"confidence": 0.5})
    print(f"{'serialize':<40}{ratio(partial(serialize, parsed), findall, options.runs):>8.1f}")
    print(f"{'one edit':<40}{ratio(one_edit, findall, options.runs):>8.1f}")


if __name__ == "__main__":
    main()
