"""`lorefs context`."""

from __future__ import annotations

from textwrap import indent
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import typer

from lorefs.cli.here import directory_below, open_workspace
from lorefs.cli.output import (
    for_person,
    json_text,
    one_line,
    safe,
    write,
    write_columns,
    write_json,
    write_lines,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lorefs.api.context import Context, Piece
    from lorefs.cli.output import Span
    from lorefs.store import Row

EXAMPLES = """
lorefs context src/store/index.py
lorefs context services/api --query "why do retries book twice" --budget 2000
lorefs context --query deploy --format json
lorefs context src/store/index.py --explain
"""

MARGIN: Final = "    "  # of an entry in the array of `write_json`
WIDEST: Final = 10**6  # stands for each number when the room for all of them is reckoned


def run(
    paths: Annotated[
        list[str] | None,
        typer.Argument(metavar="[PATHS]...", help="Files or directories; they need not exist."),
    ] = None,
    query: Annotated[
        str, typer.Option("--query", "-q", metavar="Q", help="A question, in any words.")
    ] = "",
    budget: Annotated[
        int | None,
        typer.Option(metavar="TOKENS", min=100, help="So many at most (context.budget: 4000)."),
    ] = None,
    form: Annotated[Literal["md", "json"], typer.Option("--format", help="What to print.")] = "md",
    explain: Annotated[
        bool, typer.Option("--explain", help="Show why, instead of the texts.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
) -> None:
    """Print the entries that matter for these files and this question, within a budget of tokens.

    What counts is how well an entry's words fit the question, how near its directory is to the
    files, whether it names one of them, its confidence and its age; docs/agents.md has the rule.
    Superseded, pending and archived entries are left out, and of near-duplicates all but the best.
    """
    from lorefs.api.context import Question
    from lorefs.core.excerpt import heading
    from lorefs.core.relevance import tokens

    as_json = json or form == "json"
    with open_workspace() as workspace:
        named = tuple(directory_below(workspace.root, path) for path in paths or ())
        limit = workspace.config.context.budget if budget is None else budget
        head = _envelope(WIDEST, _no_entries()) if as_json else heading(named, query)
        question = Question(named, query, limit - tokens(head))
        found = workspace.context(question, _as_json if as_json else _as_markdown)
        if as_json or not explain:
            workspace.note_use(piece.row.entry.id for piece in found.pieces)
    used = found.tokens + tokens(head)
    if as_json:
        entries = [_piece_json(piece, explain=explain) for piece in found.pieces]
        write_json(_facts(limit, used, found, entries))
    elif explain:
        _write_reasons(found, used, limit)
    elif found.pieces:
        _write_markdown(heading(named, query) + "".join(piece.text for piece in found.pieces))
    elif for_person():
        write_lines([[("nothing found", "dim")]])


def _as_markdown(row: Row, score: float) -> str:
    from lorefs.api.context import plain

    return safe(plain(row, score))


def _write_markdown(text: str) -> None:
    if for_person():
        from lorefs.cli.rendering import render

        render(text)
    else:
        write(text.rstrip("\n"))


# ---------------------------------------------------------------- for programs


def _as_json(row: Row, score: float) -> str:
    return indent(json_text(_row_json(row, score)), MARGIN) + ",\n"


def _row_json(row: Row, score: float) -> dict[str, Any]:
    from lorefs.api.values import brief

    return brief(row) | {"score": round(score, 4)}


def _piece_json(piece: Piece, *, explain: bool) -> dict[str, Any]:
    found = _row_json(piece.row, piece.score)
    if not explain:
        return found
    return found | {
        "tokens": piece.tokens,
        "signals": {key: round(value, 4) for key, value in piece.signals._asdict().items()},
        "folded": list(piece.folded),
        "challenged_by": piece.challenged_by or None,
    }


def _facts(budget: int, used: int, found: Context, entries: list[Any]) -> dict[str, Any]:
    return {
        "budget": budget,
        "tokens": used,
        "left_out": found.left_out._asdict(),
        "entries": entries,
    }


def _envelope(budget: int, found: Context) -> str:
    return json_text(_facts(budget, WIDEST, found, []))


def _no_entries() -> Context:
    from lorefs.api.context import Context, LeftOut

    return Context((), 0, LeftOut(*[WIDEST] * 6))


# ---------------------------------------------------------------- why


def _write_reasons(found: Context, used: int, budget: int) -> None:
    if not for_person():
        write_columns([*_numbers(piece), piece.row.entry.title] for piece in found.pieces)
        return
    write_lines(_reasons(found, used, budget))


_HEADS: Final = ("score", "text", "near", "named", "sure", "fresh", "boost", "tokens")


def _numbers(piece: Piece) -> list[str]:
    signals = (f"{signal:.2f}" for signal in piece.signals)
    return [piece.row.entry.id, f"{piece.score:.3f}", *signals, str(piece.tokens)]


def _reasons(found: Context, used: int, budget: int) -> Iterator[list[Span]]:
    yield [("".join(f"{head:>7}" for head in _HEADS) + "  title", "bold")]
    for piece in found.pieces:
        _, *numbers = _numbers(piece)
        yield [("".join(f"{number:>7}" for number in numbers), ""),
               (f"  {one_line(piece.row.entry.title)}", ""), *_remarks(piece)]  # fmt: skip
    left = found.left_out
    yield [(f"{used} of {budget} tokens", "bold")]
    beyond = left.too_long + left.further
    reasons = (
        f"{left.inactive} not active",
        f"{left.superseded} superseded",
        f"{left.elsewhere} for which nothing speaks",
        f"{left.folded} near-duplicates",
        f"{beyond} beyond the budget",
    )
    yield [(f"left out: {', '.join(reasons)}", "dim")]


def _remarks(piece: Piece) -> Iterator[Span]:
    if piece.folded:
        yield f"  stands for {len(piece.folded)} more", "cyan"
    if piece.challenged_by:
        yield f"  challenged by {piece.challenged_by[-8:]}", "magenta"
