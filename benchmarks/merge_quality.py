"""How many merges come out right: lorefs beside `git merge-file` on the same problems.

    python benchmarks/merge_quality.py [--problems N]

Real problems are the triples of the corpus (LOREFS_CORPUS, default ../shared/corpus), whose
right answer is what history ended with; generated ones keep account of their right answer.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from lorefs.core.document import decode, parse
from lorefs.core.merge import Settings, Sides, merge_document
from lorefs.core.source import read_entry
from tests.merge_problems import problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lorefs.core.model import Entry

DOCUMENT = ".lore.md"


class Triple(NamedTuple):
    """A three-way problem; `expected` is None where the sides clash."""

    sides: Sides[str]
    expected: dict[str, Entry] | None


class Outcome(NamedTuple):
    """A merged text, and whether the tool called it clean."""

    text: str
    clean: bool


def entries(text: str) -> list[Entry]:
    """The marked entries of a document, copies included."""
    return [read_entry(block, path="", scope="team") for block in parse(text).blocks if block.id]


def by_id(text: str) -> dict[str, Entry]:
    """The marked entries of a document by id."""
    return {entry.id: entry for entry in entries(text)}


def changed(before: str, after: str) -> set[str]:
    """The ids of the entries that differ between two versions, absence included."""
    old, new = by_id(before), by_id(after)
    return {entry for entry in {**old, **new} if old.get(entry) != new.get(entry)}


def corpus_triples(corpus: Path) -> Iterator[Triple]:
    """The real problems."""
    for line in (corpus / "triples.tsv").read_text().split("\n")[1:]:
        if line:
            names = [corpus / "blobs" / f"{name}.lore.md" for name in line.split("\t")]
            base, ours, theirs, result = (decode(name.read_bytes()) for name in names)
            # theirs is what history did next, so it clashes where both steps changed one entry
            clash = changed(base, ours) & changed(ours, result)
            yield Triple(Sides(base, ours, theirs), None if clash else by_id(result))


def generated_triples(count: int) -> Iterator[Triple]:
    """Generated problems; the seeds are 0, 1, 2 and so on."""
    for seed in range(count):
        made = problem(seed)
        expected = None
        if made.expected is not None:
            expected = {
                fact.id: entry for fact in made.expected.values() for entry in [_entry(fact)]
            }
        yield Triple(Sides(made.base, made.ours, made.theirs), expected)


def _entry(fact: object) -> Entry:
    from tests.merge_problems import Fact, render

    assert isinstance(fact, Fact)
    return entries(render([fact]))[0]


def lorefs_driver(sides: Sides[str]) -> Outcome:
    """As the merge driver does it."""
    merged = merge_document(Sides(*sides), settings=Settings(on_clash="markers"))
    return Outcome(merged.text or "", not merged.conflicts)


def lorefs_sync(sides: Sides[str]) -> Outcome:
    """As the sync branch does it: nobody is there, so the last write wins."""
    merged = merge_document(Sides(*sides))
    return Outcome(merged.text or "", not merged.conflicts)


def git_merge_file(sides: Sides[str]) -> Outcome:
    """What git does without a driver."""
    with tempfile.TemporaryDirectory() as folder:
        names = []
        for name, text in zip(
            ("ours", "base", "theirs"), (sides.ours, sides.base, sides.theirs), strict=True
        ):
            path = Path(folder, name)
            path.write_bytes(text.encode("utf-8", "surrogateescape"))
            names.append(str(path))
        done = subprocess.run(["git", "merge-file", "-p", *names], capture_output=True, check=False)
    return Outcome(decode(done.stdout), done.returncode == 0)


def judge(triple: Triple, outcome: Outcome) -> Counter[str]:
    """What is wrong and right with one outcome."""
    base, ours, theirs = map(by_id, triple.sides)
    found = [entry.id for entry in entries(outcome.text)]
    counts = Counter({"problems": 1, "clean": outcome.clean})
    deleted = {i for i in base if i not in ours or i not in theirs}
    counts["entries lost"] = (
        sum(i not in found for i in {**base, **ours, **theirs} if i not in deleted)
        if outcome.clean
        else 0
    )
    twice = {
        i for side in triple.sides for i, n in Counter(e.id for e in entries(side)).items() if n > 1
    }
    counts["ids twice"] = (
        sum(n > 1 for i, n in Counter(found).items() if i not in twice) if outcome.clean else 0
    )
    resurrected = {
        i for i in deleted if all(side.get(i, base[i]) == base[i] for side in (ours, theirs))
    }
    counts["deletions resurrected"] = sum(i in found for i in resurrected) if outcome.clean else 0
    if triple.expected is not None:
        counts["without a clash"] = 1
        counts["… of these clean"] = outcome.clean
        counts["… and right"] = outcome.clean and by_id(outcome.text) == triple.expected
    return counts


ROWS = (
    "problems",
    "clean",
    "without a clash",
    "… of these clean",
    "… and right",
    "entries lost",
    "ids twice",
    "deletions resurrected",
)
TOOLS: dict[str, Callable[[Sides[str]], Outcome]] = {
    "lorefs driver": lorefs_driver,
    "lorefs sync": lorefs_sync,
    "git merge-file": git_merge_file,
}


def table(title: str, triples: list[Triple]) -> str:
    """One table: a row a measure, a column a tool."""
    columns: dict[str, Counter[str]] = {}
    for name, tool in TOOLS.items():
        columns[name] = sum((judge(triple, tool(triple.sides)) for triple in triples), Counter())
    lines = [f"{title:<28}" + "".join(f"{name:>16}" for name in columns)]
    lines += [
        f"{row:<28}" + "".join(f"{counts[row]:>16}" for counts in columns.values()) for row in ROWS
    ]
    return "\n".join(lines)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--problems", type=int, default=1000, help="how many generated problems")
    options = parser.parse_args()
    corpus = Path(os.environ.get("LOREFS_CORPUS", ROOT.parent / "shared" / "corpus"))
    if (corpus / "triples.tsv").exists():
        print(table("Real problems", list(corpus_triples(corpus))), end="\n\n")
    else:
        print(f"No corpus at {corpus}: set LOREFS_CORPUS for the real problems.", end="\n\n")
    print(table("Generated problems", list(generated_triples(options.problems))))


if __name__ == "__main__":
    main()
