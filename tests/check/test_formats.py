"""Findings for other programs: GitHub's workflow commands, and SARIF 2.1.0."""

from __future__ import annotations

import json

from lorefs.check.finding import Finding
from lorefs.check.formats import github, sarif
from lorefs.check.registry import RULES
from tests.cli.terminal import Lorefs
from tests.gitrepo import Repo
from tests.lore import document, entry


def finding(path: str, message: str) -> Finding:
    rule = RULES[0]
    return Finding(path, 3, 7, rule.code, rule.name, rule.severity, message, "Mend it")


def test_an_annotation_stays_one_command_whatever_stands_in_it() -> None:
    (line,) = github([finding("a,b:c/%41.md", "50 %\n::set-output name=x::y\r")])
    assert line == (
        "::error file=a%2Cb%3Ac/%2541.md,line=3,col=7,title=LORE001 conflict-marker"
        "::50 %25%0A::set-output name=x::y%0D%0AMend it"
    )


def test_a_log_has_each_rule_once_and_results_that_point_to_it() -> None:
    log = sarif([finding("a b/é.md", "words")], "1.2.3")
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == [rule.code for rule in RULES]
    assert {rule["defaultConfiguration"]["level"] for rule in rules} == {"error", "warning"}
    (result,) = run["results"]
    assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "a%20b/%C3%A9.md"
    assert place["region"] == {"startLine": 3, "startColumn": 7}
    json.dumps(log)


def test_the_command_prints_them(repo: Repo, lorefs: Lorefs) -> None:
    repo.write("src/.lore.md", document(entry(1, "A", "\u202e"), "* **B**: by hand"))
    lines = lorefs("check", "--format", "github", status=1).lines
    assert [line.split(" ")[0] for line in lines] == ["::error", "::warning"]
    assert "file=src/.lore.md,line=6,col=10," in lines[0]
    log = lorefs("check", "--format", "sarif", status=1).json
    assert [result["ruleId"] for result in log["runs"][0]["results"]] == ["LORE301", "LORE105"]
    assert "two" in lorefs("check", "--format", "two", status=2).err
