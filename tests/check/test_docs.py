"""The page of rules is complete, and its examples are what it says they are."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from lorefs.check.corpus import Corpus
from lorefs.check.finding import Rule
from lorefs.check.registry import RULES
from lorefs.check.run import check, chosen
from lorefs.check.source import Source
from tests.conftest import TOP
from tests.gitrepo import Repo
from tests.lore import document, entry

PAGE = (TOP / "docs/rules.md").read_text()
SECTIONS = {
    section.split(" ")[0]: section
    for section in re.split(r"^## (?=LORE)", PAGE, flags=re.MULTILINE)
    if section.startswith("LORE")
}


def test_each_rule_has_its_section_in_order() -> None:
    headings = re.findall(r"^## (LORE\d+) (\S+) \((\w+)\)$", PAGE, re.MULTILINE)
    assert headings == [(rule.code, rule.name, rule.severity) for rule in RULES]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_a_section_says_why_and_what_to_do(rule: Rule) -> None:
    section = SECTIONS[rule.code]
    assert "**Why:**" in section
    assert "**Fix:**" in section
    assert ("**When:**" in section) != ("```markdown" in section)
    assert ("`--fix`" in section) == rule.fixable


@pytest.mark.parametrize("code", [code for code in SECTIONS if "```markdown" in SECTIONS[code]])
def test_an_example_is_one(code: str) -> None:
    example = SECTIONS[code].split("```markdown\n")[1].split("```")[0]
    example = re.sub(r"<U\+([0-9A-F]+)>", lambda found: chr(int(found[1], 16)), example)
    example = example.replace("<!-- -->", "")
    found = check(Corpus([Source(".lore.md", example)]), chosen())
    others = {finding.code for finding in found} - {code}
    assert code in {finding.code for finding in found}
    assert others <= {"LORE105"}


def test_the_recipe_finds_what_a_forge_merged_wrong(
    repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The shell script of the recipe, run on merges that were made without the driver."""
    page = (TOP / "docs/check.md").read_text()
    script = textwrap.dedent(page.split("run: |\n")[1].split("```")[0])
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")

    def run(before: str) -> int:
        text = re.sub(r"\$\{\{ .* \}\}", before, script)
        return subprocess.run(
            ["bash", "-e", "-c", text], cwd=repo.path, capture_output=True, check=False, timeout=50
        ).returncode

    base = repo.commit("base", **{".lore.md": document(entry(1, "A"), entry(5, "Z"))})
    for name, strategy in (("right", ()), ("wrong", ("--strategy=ours",))):
        repo("switch", "--quiet", "--create", name, base)
        repo.commit("theirs", **{".lore.md": document(entry(1, "A", name), entry(5, "Z"))})
        repo("switch", "--quiet", "--create", f"{name}-merged", base)
        repo.commit("ours", **{".lore.md": document(entry(1, "A"), entry(5, "Z", name))})
        repo("merge", "--quiet", "--no-ff", *strategy, "--message", name, name, ok=False)
        if repo("status", "--porcelain"):
            repo.commit(name, **{".lore.md": document(entry(1, "A", name), entry(5, "Z", name))})
        repo.commit("after", **{"code.py": name})
    repo("switch", "--quiet", "right-merged")
    assert run(base) == 0
    repo("switch", "--quiet", "wrong-merged")
    assert run(base) == 1


def test_the_page_itself_hides_nothing() -> None:
    assert check(Corpus([Source("docs/rules.md", PAGE)]), chosen(["LORE3", "LORE403"])) == []
