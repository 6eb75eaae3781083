"""How the findings of a check look: as text, as JSON, as annotations on GitHub, and as SARIF.

The pre-commit hook imports this module, so it imports no command-line library.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Final, Literal, assert_never

from lorefs import __version__
from lorefs.check.finding import ERROR
from lorefs.cli.output import counted, one_line, safe, write_json, write_lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lorefs.check.finding import Finding
    from lorefs.check.mend import Mended
    from lorefs.cli.output import Span

Format = Literal["text", "json", "github", "sarif"]
FORMATS: Final = ("text", "json", "github", "sarif")
_STYLES: Final = {ERROR: "bold red"}
_WARNING: Final = "bold yellow"


def write_findings(
    findings: Sequence[Finding],
    documents: int,
    form: Format = "text",
    mended: Sequence[Mended] = (),
) -> None:
    """Print what was mended and what was found, in `documents` documents, in a form."""
    match form:
        case "json":
            write_json(as_json(findings, documents, mended))
        case "sarif":
            from lorefs.check.formats import sarif

            write_json(sarif(findings, __version__))
        case "github":
            from lorefs.check.formats import github

            write_lines(([(safe(line), "")] for line in github(findings)), wrap=True)
        case "text":
            write_lines((line for each in mended for line in _mended_lines(each)), wrap=True)
            write_lines((line for each in findings for line in _lines(each)), wrap=True)
            write_lines([[(summary(findings, documents), "")]])
        case _:
            assert_never(form)


def _mended_lines(mended: Mended) -> Iterator[list[Span]]:
    for done in mended.done:
        yield [(f"{one_line(mended.path)}: ", "bold"), ("mended", "bold green"),
               (f" {done.code} ", "cyan"), (one_line(done.message), "")]  # fmt: skip


def _lines(found: Finding) -> Iterator[list[Span]]:
    yield [
        (f"{one_line(found.path)}:{found.line}:{found.column}: ", "bold"),
        (found.severity, _STYLES.get(found.severity, _WARNING)),
        (f" {found.code} ", "cyan"),
        (one_line(found.message), ""),
    ]
    yield [("    remedy: ", "dim"), (one_line(found.remedy), "")]


def summary(findings: Sequence[Finding], documents: int) -> str:
    """How many errors and warnings were found in how many documents."""
    errors, warnings = counts(findings)
    where = f"in {counted(documents, 'document', 'documents')}"
    if not findings:
        return f"no findings {where}"
    return (
        f"{counted(errors, 'error', 'errors')}, {counted(warnings, 'warning', 'warnings')} {where}"
    )


def counts(findings: Sequence[Finding]) -> tuple[int, int]:
    """The numbers of errors and of warnings."""
    errors = sum(found.severity == ERROR for found in findings)
    return errors, len(findings) - errors


def as_json(
    findings: Sequence[Finding], documents: int, mended: Sequence[Mended] = ()
) -> dict[str, Any]:
    """Findings as JSON, with the same names as the fields of `Finding`."""
    errors, warnings = counts(findings)
    return {
        "documents": documents,
        "errors": errors,
        "warnings": warnings,
        "mended": [
            {"path": each.path, "code": done.code, "message": done.message}
            for each in mended
            for done in each.done
        ],
        "findings": [found._asdict() for found in findings],
    }


def write_for_hook(findings: Sequence[Finding], documents: int) -> None:
    """Print what stops a commit, on standard error; warnings alone are one line."""
    errors, warnings = counts(findings)
    if errors:
        write_lines((line for each in findings for line in _lines(each)), sys.stderr, wrap=True)
        last = f"lorefs: {summary(findings, documents)}; nothing was committed"
        write_lines([[(last, "bold")]], sys.stderr)
    elif warnings:
        words = counted(warnings, "warning", "warnings")
        write_lines([[(f"lorefs: {words}; `lorefs check --staged` shows them", "dim")]], sys.stderr)
