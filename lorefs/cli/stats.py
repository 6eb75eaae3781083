"""`lorefs stats`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from lorefs.cli.charts import charts
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
    from collections.abc import Iterator, Sequence

    from lorefs.api.stats import Stats
    from lorefs.cli.charts import Bar
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
    facts: dict[str, Any] = found._asdict()
    for key in ("authors", "months", "churn", "coverage"):
        facts[key] = [each._asdict() for each in facts[key]]
    return facts


def _columns(found: Stats) -> Iterator[list[str]]:
    """One count a line, for `cut` and `awk`: part, name, count, remarks."""
    yield ["Entries", "all", str(found.entries), ""]
    for heading, bars in charts(found):
        for name, count, remark in bars:
            yield [heading.partition(",")[0], name, str(count), remark]


def _lines(found: Stats) -> Iterator[list[Span]]:
    yield [(f"{found.entries} entries", "bold")]
    for heading, bars in charts(found):
        if not any(bar.length for bar in bars):
            continue
        growth = heading.startswith("Growth")
        shown = bars[-SHOWN:] if growth else bars[:SHOWN]
        yield []
        yield [(heading, "bold")]
        yield from _chart(shown)
        if len(bars) > len(shown):
            yield [(f"  and {len(bars) - len(shown)} {'earlier' if growth else 'more'}", "dim")]


def _chart(bars: Sequence[Bar]) -> Iterator[list[Span]]:
    names = [one_line(name) for name, _, _ in bars]
    names = [name if len(name) <= NAME else f"{name[: NAME - 1]}…" for name in names]
    width = max(map(len, names), default=0)
    most = max((count for _, count, _ in bars), default=0)
    digits = len(str(most))
    for name, (_, count, remark) in zip(names, bars, strict=True):
        yield [
            (f"  {name:<{width}}  ", ""),
            (f"{count:>{digits}} ", "bold"),
            (f"{_blocks(count, most):<{BAR}}", "cyan"),
            (f"  {remark}" if remark else "", "dim"),
        ]


def _blocks(count: int, most: int) -> str:
    """A bar of blocks as long as the share of the most, to an eighth of a character."""
    eighths = round(count / most * BAR * 8) if most else 0
    return "█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip()
