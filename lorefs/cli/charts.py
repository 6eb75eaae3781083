"""The counts of `lorefs stats` as charts, which the terminal and the page draw alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lorefs.api.stats import Stats


class Bar(NamedTuple):
    """One bar of a chart: its name, its length, and what is told beside it."""

    name: str
    length: int
    remark: str = ""


def charts(found: Stats) -> list[tuple[str, list[Bar]]]:
    """The counts as charts: a heading, and its bars in the order they are shown."""
    conflicts = {"open": found.conflicts_open, "settled": found.conflicts_settled}
    return [
        ("By status", _bars(found.by_status)),
        ("By scope", _bars(found.by_scope)),
        ("By category", _bars(found.by_category)),
        (
            "Authors, by lines changed",
            [Bar(a.name, a.lines, f"{a.commits} commits, +{a.added} -{a.removed} entries")
             for a in found.authors],
        ),
        (
            "Growth, entries at the end of a month",
            [Bar(m.month, m.entries, f"+{m.added} -{m.removed}, {m.lines} lines changed")
             for m in found.months],
        ),
        ("Churn, changes of an entry", [Bar(c.title, c.changes) for c in found.churn]),
        ("Conflicts", _bars(conflicts) + _bars(found.conflicts_by_reason)),
        (
            "Coverage, entries in a directory",
            [Bar(c.directory or "(top)", c.entries, f"{c.files} files") for c in found.coverage],
        ),
    ]  # fmt: skip


def _bars(counts: Mapping[str, int]) -> list[Bar]:
    return [Bar(name or "(none)", count) for name, count in counts.items()]
