"""`lorefs stats`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from lorefs.cli.here import open_workspace
from lorefs.cli.options import Json
from lorefs.cli.output import (
    for_person,
    one_line,
    write,
    write_columns,
    write_json,
    write_lines,
)
from lorefs.errors import UnwritableError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from lorefs.api.stats import Stats
    from lorefs.cli.output import Span

EXAMPLES = """
lorefs stats
lorefs stats --json | jq '.authors[0]'
lorefs stats --html stats.html
"""

BAR: Final = 24  # characters of the longest bar
NAME: Final = 28  # characters of a name
SHOWN: Final = 12  # rows of a part
_EIGHTHS: Final = " ▏▎▍▌▋▊▉"


def run(
    html: Annotated[
        Path | None,
        typer.Option("--html", metavar="FILE", help="Write a page that needs no other."),
    ] = None,
    json: Json = False,
) -> None:
    """Count entries, authors, churn and conflicts, and show how lore grew and what it covers.

    Authors and growth are those of git's history of shared documents; churn is what the log of this
    clone has seen.
    """
    from lorefs.api.stats import stats

    with open_workspace() as workspace:
        found = stats(workspace)
        name = workspace.root.name
    if html is not None:
        from lorefs.cli.stats_page import page

        try:
            html.write_text(page(found, name), encoding="utf-8", errors="replace")
        except OSError as error:
            raise UnwritableError(
                f"{html} cannot be written: {error.strerror}", path=str(html),
                hint="choose another file",
            ) from error  # fmt: skip
    if json:
        write_json(stats_json(found))
    elif html is not None:
        write(f"wrote {html}")
    elif for_person():
        write_lines(_lines(found))
    else:
        write_columns(_columns(found))


def stats_json(found: Stats) -> dict[str, Any]:
    """All counts as JSON."""
    parts: dict[str, Any] = found._asdict()
    for key in ("authors", "months", "churn", "coverage"):
        parts[key] = [each._asdict() for each in parts[key]]
    return parts


def parts(found: Stats) -> list[tuple[str, list[tuple[str, int, str]]]]:
    """The counts as charts: a heading, and for each bar its name, its length and remarks."""
    conflicts = {"open": found.conflicts_open, "settled": found.conflicts_settled}
    return [
        ("By status", _bars(found.by_status)),
        ("By scope", _bars(found.by_scope)),
        ("By category", _bars(found.by_category)),
        (
            "Authors, by lines changed",
            [(a.name, a.lines, f"{a.commits} commits, +{a.added} -{a.removed} entries")
             for a in found.authors],
        ),
        (
            "Growth, entries at the end of a month",
            [(m.month, m.entries, f"+{m.added} -{m.removed}, {m.lines} lines changed")
             for m in found.months],
        ),
        ("Churn, changes of an entry", [(c.title, c.changes, "") for c in found.churn]),
        ("Conflicts", _bars(conflicts) + _bars(found.conflicts_by_reason)),
        (
            "Coverage, entries in a directory",
            [(c.directory or "(top)", c.entries, f"{c.files} files") for c in found.coverage],
        ),
    ]  # fmt: skip


def _bars(counts: Mapping[str, int]) -> list[tuple[str, int, str]]:
    return [(name or "(none)", count, "") for name, count in counts.items()]


def _columns(found: Stats) -> Iterator[list[str]]:
    """One count a line, for `cut` and `awk`: part, name, count, remarks."""
    yield ["Entries", "all", str(found.entries), ""]
    for heading, bars in parts(found):
        for name, count, remark in bars:
            yield [heading.partition(",")[0], name, str(count), remark]


def _lines(found: Stats) -> Iterator[list[Span]]:
    yield [(f"{found.entries} entries", "bold")]
    for heading, bars in parts(found):
        if not any(count for _, count, _ in bars):
            continue
        growth = heading.startswith("Growth")
        shown = bars[-SHOWN:] if growth else bars[:SHOWN]
        yield []
        yield [(heading, "bold")]
        yield from _chart(shown)
        if len(bars) > len(shown):
            yield [(f"  and {len(bars) - len(shown)} {'earlier' if growth else 'more'}", "dim")]


def _chart(bars: Sequence[tuple[str, int, str]]) -> Iterator[list[Span]]:
    names = [one_line(name) for name, _, _ in bars]
    names = [name if len(name) <= NAME else f"{name[: NAME - 1]}…" for name in names]
    width = max(map(len, names), default=0)
    most = max((count for _, count, _ in bars), default=0)
    digits = len(str(most))
    for name, (_, count, remark) in zip(names, bars, strict=True):
        yield [
            (f"  {name:<{width}}  ", ""),
            (f"{count:>{digits}} ", "bold"),
            (f"{bar(count, most):<{BAR}}", "cyan"),
            (f"  {remark}" if remark else "", "dim"),
        ]


def bar(count: int, most: int) -> str:
    """A bar of blocks as long as the share of the most, to an eighth of a character."""
    eighths = round(count / most * BAR * 8) if most else 0
    return "█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip()
