"""Runs rules over a corpus: which, where what they found stands, and in what order."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Final

from lorefs.check.finding import ERROR, Finding, Hit, Rule
from lorefs.check.registry import RULES, matching

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from lorefs.check.corpus import Corpus
    from lorefs.check.source import Source

# What these find counts in a conflict, too; for all others its two sides look like trouble.
IN_CONFLICTS: Final = matching(["LORE00", "LORE3", "LORE4"])
MOST: Final = 50  # findings of one rule in one document; the rest are counted in its last


def chosen(
    select: Sequence[str] = (), ignore: Sequence[str] = (), *, slow: bool = True
) -> tuple[Rule, ...]:
    """The rules that run: all or those selected, without those ignored.

    `slow` is False where nobody should wait; slow rules do not run then.
    """
    wanted = matching(select or ("LORE",)) - matching(ignore)
    return tuple(rule for rule in RULES if rule.code in wanted and (slow or not rule.slow))


def check(corpus: Corpus, rules: Iterable[Rule]) -> list[Finding]:
    """What the rules find, by path, line and column."""
    found: list[Finding] = []
    for rule in rules:
        if rule.whole is not None:
            found += [
                _finding(rule, hit.path, (hit.line, 1), Hit(0, hit.message, hit.remedy, hit.entry))
                for hit in rule.whole(corpus)
            ]
        if rule.each is not None:
            for source in corpus.focus:
                if not source.refused or rule.code == "LORE004":
                    found += _in_source(rule, source, rule.each(source, corpus))
    return sorted(found)


def _in_source(rule: Rule, source: Source, hits: Iterable[Hit]) -> Iterator[Finding]:
    if source.conflicts and rule.code not in IN_CONFLICTS:
        hits = (hit for hit in hits if not source.in_conflict(hit.offset))
    hits = iter(hits)
    shown = list(islice(hits, MOST))
    more = sum(1 for _ in hits)
    for number, hit in enumerate(shown, 1):
        if more and number == MOST:
            hit = hit._replace(message=f"{hit.message} (and {more} more like it)")  # noqa: PLW2901
        yield _finding(rule, source.path, source.line_and_column(hit.offset), hit)


def _finding(rule: Rule, path: str, place: tuple[int, int], hit: Hit) -> Finding:
    return Finding(
        path, *place, rule.code, rule.name, rule.severity,
        hit.message, hit.remedy or rule.remedy, hit.entry, rule.fixable,
    )  # fmt: skip


def fails(findings: Iterable[Finding], *, strict: bool = False) -> bool:
    """Whether findings stop a commit: errors do, and with `strict` warnings, too."""
    return any(strict or finding.severity == ERROR for finding in findings)
