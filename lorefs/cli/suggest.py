"""`lorefs suggest`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from lorefs.cli.here import open_workspace
from lorefs.cli.listing import row_json, short_ids, write_done
from lorefs.cli.options import Json, Limit
from lorefs.cli.output import (
    ID_STYLE,
    counted,
    for_person,
    one_line,
    write_columns,
    write_json,
    write_lines,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from lorefs.api.suggestions import Suggestion
    from lorefs.cli.output import Span
    from lorefs.store.entries import Entries

EXAMPLES = """
lorefs suggest
lorefs suggest --explain
lorefs suggest --dismiss 6f1b0a11       # not this one, as long as it does not change
lorefs suggest --json | jq -r '.[] | select(.nominated) | .id' | xargs lorefs promote
"""

HEADS: Final = ("use", "settled", "sure", "new")


def run(
    limit: Limit = 10,
    explain: Annotated[bool, typer.Option("--explain", help="Show what speaks for each.")] = False,
    dismiss: Annotated[
        list[str] | None,
        typer.Option("--dismiss", metavar="ID", help="Suggest it no more; repeatable."),
    ] = None,
    json: Json = False,
) -> None:
    """Show which personal entries are worth promoting, the best first.

    What counts is on how many days they were read, how long they have stood unchanged, their
    confidence, and that the team has nothing like them; docs/team.md has the rule. Those with a
    score of suggest.least are nominated. Nothing is promoted by this command.
    """
    with open_workspace() as workspace:
        known = workspace.store.entries
        if dismiss:
            write_done({"dismissed": workspace.dismiss(dismiss)}, as_json=json)
            return
        found, least = workspace.suggest(limit), workspace.config.suggest.least
        if json:
            write_json([_json(each, least) for each in found])
        elif for_person():
            write_lines(_lines(found, known, least, explain=explain))
        else:
            short = _short(found, known)
            write_columns(_columns(each, short, explain=explain) for each in found)


def _short(found: Sequence[Suggestion], known: Entries) -> Mapping[str, str]:
    twins = (each.twin.entry.id for each in found if each.twin)
    return short_ids([*(each.row.entry.id for each in found), *twins], known)


def _json(found: Suggestion, least: float) -> dict[str, Any]:
    return row_json(found.row) | {
        "score": round(found.score, 4),
        "signals": {key: round(value, 4) for key, value in found.signals._asdict().items()},
        "nominated": found.score >= least,
        "read": found.use and found.use._asdict(),
        "twin": found.twin and found.twin.entry.id,
    }


def _columns(found: Suggestion, short: Mapping[str, str], *, explain: bool) -> list[str]:
    """One entry for `cut` and `awk`: score, parts if wanted, id, document, title, twin."""
    row, twin = found.row, found.twin
    parts = [f"{part:.2f}" for part in found.signals] if explain else []
    return [f"{found.score:.2f}", *parts, short[row.entry.id], row.document, row.entry.title,
            short[twin.entry.id] if twin and _is_like(found) else ""]  # fmt: skip


def _is_like(found: Suggestion) -> bool:
    """Whether the twin deserves the name: it takes more than half of the score away."""
    return found.signals.new < 0.5  # noqa: PLR2004  # half


def _lines(
    found: Sequence[Suggestion], known: Entries, least: float, *, explain: bool
) -> Iterator[list[Span]]:
    if not found:
        yield [("nothing to suggest", "dim")]
        return
    short = _short(found, known)
    heads = "".join(f"{head:>9}" for head in HEADS) if explain else ""
    width = max(len(ident) for ident in short.values())
    yield [(f"score{heads}  {'id':<{width}}  title", "bold")]
    for each in found:
        parts = "".join(f"{part:>9.2f}" for part in each.signals) if explain else ""
        style = "bold green" if each.score >= least else ""
        ident = short[each.row.entry.id]
        yield [(f"{each.score:>5.2f}", style), (parts, "dim"), (f"  {ident:<{width}}", ID_STYLE),
               (f"  {one_line(each.row.entry.title)}", "")]  # fmt: skip
        remarks = ", ".join(_remarks(each, short))
        if remarks:
            yield [(" " * (5 + len(heads) + width + 4), ""), (remarks, "dim")]
    nominated = sum(each.score >= least for each in found)
    yield [(f"{counted(nominated, 'entry', 'entries')} worth promoting; ", "dim"),
           ("`lorefs promote ID` does it, `--dismiss ID` drops one", "dim")]  # fmt: skip


def _remarks(found: Suggestion, short: Mapping[str, str]) -> Iterator[str]:
    if found.use:
        yield f"read on {counted(found.use.days, 'day', 'days')}"
    if found.twin and _is_like(found):
        yield f"like {short[found.twin.entry.id]} {one_line(found.twin.entry.title)}"
