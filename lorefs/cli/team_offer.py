"""Personal entries that are offered to the team: the preview, the questions, what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import typer

from lorefs.cli.held import tell_held
from lorefs.cli.output import ID_STYLE, counted, one_line, write_lines
from lorefs.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lorefs.api import Workspace
    from lorefs.cli.output import Span
    from lorefs.core.offer import Choice, Offer

SHOWN = 40  # entries of a preview; of more only the number is told
DIGITS = 8  # of an id, from its end
STYLES = {"new": "green", "alike": "yellow", "equal": "yellow", "kept": "dim"}


class Brought(NamedTuple):
    """What was chosen for each offer, and how many entries that has changed."""

    chosen: tuple[tuple[Offer, Choice], ...] = ()
    steps: int = 0


def bring(
    workspace: Workspace, promote: str, duplicates: str, *, ask: bool, quiet: bool
) -> Brought:
    """Offer personal entries to the team. Without `ask`, what would be asked is left as it is."""
    if promote == "none":
        return Brought()
    found = workspace.offers()
    if not any(offer.kind != "kept" for offer in found):
        return Brought(tuple((offer, "skip") for offer in found))
    if not quiet:
        write_lines(_preview(found))
    chosen = _choose(found, promote, duplicates, ask=ask)
    count = workspace.take_offers(chosen)
    if not quiet:
        _tell(found, count)
    tell_held(workspace)
    return Brought(tuple(chosen), count)


def _preview(found: Sequence[Offer]) -> Iterator[list[Span]]:
    words = f"{counted(len(found), 'personal entry', 'personal entries')}, beside the team's"
    yield [("yours:  ", "bold"), (words, "")]
    for offer in found[:SHOWN]:
        yield [
            (f"  {offer.kind:<6}", STYLES[offer.kind]),
            (f"{one_line(offer.entry.id[-DIGITS:])}  ", ID_STYLE),
            (one_line(offer.entry.title), ""),
            (_beside(offer), "dim"),
        ]
    if len(found) > SHOWN:
        yield [(f"  and {len(found) - SHOWN} more", "dim")]


def _beside(offer: Offer) -> str:
    """What stands beside an entry, or keeps it here."""
    if offer.twin is None:
        return f" ({offer.why})" if offer.why else ""
    return f" = {one_line(offer.twin.title)} ({offer.twin.id[-DIGITS:]})"


def _choose(
    found: Sequence[Offer], promote: str, duplicates: str, *, ask: bool
) -> list[tuple[Offer, Choice]]:
    new = [offer for offer in found if offer.kind == "new"]
    doubles = [offer for offer in found if offer.twin is not None]
    bring_new = promote == "all"
    if promote == "ask" and ask:
        words = f"Bring {counted(len(new), 'new entry', 'new entries')} to the team"
        more = f", and decide about {len(doubles)} that it has already" if doubles else ""
        bring_new = bool(typer.confirm(f"{words}{more}?", default=False))
    if not bring_new:
        return [(offer, "skip") for offer in found]
    chosen: list[tuple[Offer, Choice]] = []
    for offer in found:
        choice: Choice = "promote" if offer.kind == "new" else "skip"
        if offer.twin is not None:
            choice = _of_double(offer, duplicates, ask=ask)
        chosen.append((offer, choice))
    return chosen


def _of_double(offer: Offer, duplicates: str, *, ask: bool) -> Choice:
    if duplicates == "merge":
        return "merge"
    if duplicates == "skip" or not ask:
        return "skip"
    words = f"{one_line(offer.entry.title)}{_beside(offer)}: [merge/skip/promote]"
    answer = typer.prompt(words, default="skip", show_default=False)
    if answer not in {"merge", "skip", "promote"}:
        raise UsageError("the answer is merge, skip or promote", found=answer)
    choice: Choice = answer
    return choice


def _tell(found: Sequence[Offer], count: int) -> None:
    if count:
        words = f"brought {counted(count, 'entry', 'entries')} to the team;"
        write_lines([[("done: ", "bold green"), (f"{words} `lorefs undo` takes that back", "")]])
    elif found:
        write_lines([[("note:   ", "bold yellow"), ("personal entries stay personal", "")]])


def offer_json(brought: Brought) -> dict[str, Any]:
    """What was offered and chosen, as JSON."""
    return {
        "offered": [
            {
                "id": offer.entry.id,
                "title": offer.entry.title,
                "kind": offer.kind,
                "twin": offer.twin.id if offer.twin else None,
                "why": offer.why,
                "choice": choice,
            }
            for offer, choice in brought.chosen
        ],
        "brought": brought.steps,
    }
