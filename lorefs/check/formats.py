"""Findings in the forms that other programs read: GitHub's annotations and SARIF."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from lorefs.check.finding import ERROR
from lorefs.check.registry import CODES, RULES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lorefs.check.finding import Finding

SARIF: Final = "2.1.0"


def github(findings: Sequence[Finding]) -> Iterator[str]:
    """A workflow command for each finding, by which GitHub annotates the lines of a change.

    The syntax is that of "Workflow commands for GitHub Actions".
    """
    for found in findings:
        level = "error" if found.severity == ERROR else "warning"
        facts = {
            "file": found.path,
            "line": str(found.line),
            "col": str(found.column),
            "title": f"{found.code} {found.name}",
        }
        places = ",".join(f"{key}={_property(value)}" for key, value in facts.items())
        yield f"::{level} {places}::{_data(_words(found))}"


def _words(found: Finding) -> str:
    return f"{found.message}\n{found.remedy}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def sarif(findings: Sequence[Finding], version: str) -> dict[str, Any]:
    """Findings as a SARIF log of one run, as the OASIS standard 2.1.0 has it."""
    driver = {
        "name": "lorefs",
        "semanticVersion": version,
        "rules": [
            {
                "id": rule.code,
                "name": rule.name,
                "shortDescription": {"text": f"{rule.summary}."},
                "help": {"text": f"{rule.remedy[:1].upper()}{rule.remedy[1:]}."},
                "defaultConfiguration": {"level": rule.severity},
            }
            for rule in RULES
        ],
    }
    return {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": SARIF,
        "runs": [
            {
                "tool": {"driver": driver},
                "columnKind": "unicodeCodePoints",
                "results": [_result(found) for found in findings],
            }
        ],
    }


def _result(found: Finding) -> dict[str, Any]:
    place = {
        "artifactLocation": {
            "uri": quote(found.path, errors="surrogateescape"),
            "uriBaseId": "%SRCROOT%",
        },
        "region": {"startLine": found.line, "startColumn": found.column},
    }
    return {
        "ruleId": found.code,
        "ruleIndex": CODES.index(found.code),
        "level": found.severity,
        "message": {"text": _words(found)},
        "locations": [{"physicalLocation": place}],
    }
