"""`lorefs doctor`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated, Final

import typer

from lorefs.cli.here import current_directory, milliseconds
from lorefs.cli.options import Json
from lorefs.cli.output import counted, one_line, write_json, write_lines
from lorefs.errors import ExitStatus

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lorefs.cli.output import Span
    from lorefs.doctor import Finding, Fix, Mended

EXAMPLES = """
lorefs doctor
lorefs doctor --fix
lorefs doctor --json | jq '.findings[].what'
"""

STYLES: Final = {"error": "bold red", "warning": "yellow", "note": "dim"}


def run(
    fix: Annotated[bool, typer.Option("--fix", help="Mend what can be mended.")] = False,
    json: Json = False,
) -> ExitStatus:
    """Look for what keeps lorefs from working well here. Exits with 1 where it finds any.

    Changes nothing without --fix. With it, the fixes are listed first, and whatever they may
    change is copied to `<git dir>/lorefs/backup/` before.
    """
    from lorefs.doctor import Place, examine, fixes_of, mend, versions

    place = Place.around(current_directory(), dict(os.environ), milliseconds())
    found = examine(place)
    fixes = fixes_of(found)
    mended: list[Mended] = []
    numbers = versions(place)
    if not json:
        write_lines([[(", ".join(f"{name} {text}" for name, text in numbers.items()), "bold")]])
        write_lines(_finding_lines(found))
        write_lines(_fix_lines(fixes, now=fix))
    if fix and fixes:
        mended = mend(place, fixes)
        found = examine(Place.around(current_directory(), dict(os.environ), milliseconds()))
        if not json:
            write_lines(_mended_lines(mended))
            write_lines(_finding_lines(found))
    if json:
        write_json(
            {
                "versions": numbers,
                "findings": [_finding_json(each) for each in found],
                "fixes": [each.what for each in fixes],
                "mended": [
                    {"what": m.what, "backup": m.backup and str(m.backup), "error": m.error}
                    for m in mended
                ],
            }
        )
    faults = any(each.level != "note" for each in found) or any(m.error for m in mended)
    return ExitStatus.FINDINGS if faults else ExitStatus.DONE


def _finding_lines(found: Sequence[Finding]) -> Iterator[list[Span]]:
    width = max((len(each.check) for each in found), default=0)
    for each in found:
        yield [
            (f"{each.level:<7}  ", STYLES[each.level]),
            (f"{each.check:<{width}}  ", "bold"),
            (one_line(each.what), ""),
        ]
        yield [(" " * (width + 11), ""), ("hint: ", "bold"), (one_line(each.remedy), "")]
    faults = sum(each.level != "note" for each in found)
    if not faults:
        yield [("everything is well", "green")]
    else:
        yield [(counted(faults, "finding", "findings"), "bold")]


def _fix_lines(fixes: Sequence[Fix], *, now: bool) -> Iterator[list[Span]]:
    if fixes:
        yield [("mending:" if now else "`lorefs doctor --fix` would:", "bold")]
    for number, each in enumerate(fixes, 1):
        yield [(f"  {number}. {one_line(each.what)}", "")]


def _mended_lines(mended: Sequence[Mended]) -> Iterator[list[Span]]:
    for number, each in enumerate(mended, 1):
        if each.error is None:
            yield [(f"  {number}. ", ""), ("done", "green")]
        else:
            yield [(f"  {number}. ", ""), ("failed: ", "bold red"), (one_line(each.error), "")]
        if each.backup is not None:
            yield [(f"     copies of before: {one_line(str(each.backup))}", "dim")]


def _finding_json(finding: Finding) -> dict[str, object]:
    return {
        "check": finding.check,
        "level": finding.level,
        "what": finding.what,
        "remedy": finding.remedy,
        "fixable": finding.fix is not None,
    }
