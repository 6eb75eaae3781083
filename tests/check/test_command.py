"""`lorefs check` on the worktree, on the index and on commits, as people run it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.terminal import Lorefs
from tests.gitrepo import Repo
from tests.lore import document, entry

CLEAN = document(entry(1, "Alpha"))
HIDDEN = document(entry(2, "Beta", "reads \u202eesrever"))


def test_nothing_to_find(repo: Repo, lorefs: Lorefs) -> None:
    assert lorefs("check").out == "no findings in 0 documents\n"
    repo.write(".lore.md", CLEAN)
    assert lorefs("check").out == "no findings in 1 document\n"


def test_a_finding_has_its_line_and_remedy_and_harms_no_terminal(
    repo: Repo, lorefs: Lorefs
) -> None:
    repo.write("src/.lore.md", document(entry(2, "Beta", "x\x1b[2J \u202e y")))
    done = lorefs("check", status=1)
    assert "src/.lore.md:6:14: error LORE303 U+001B is obeyed by terminals\n" in done.out
    assert "    remedy: delete the character" in done.out
    assert "\x1b" not in done.out
    shown = lorefs.on_terminal("check", status=1).out
    assert "\x1b[2J" not in shown
    assert "\u202e" not in shown
    assert "\x1b[1;31merror" in shown


def test_paths_are_relative_to_where_one_stands(repo: Repo, lorefs: Lorefs) -> None:
    repo.write("a/.lore.md", HIDDEN)
    repo.write("b/.lore.md", CLEAN)
    lorefs("check", "b")
    lorefs("check", "a", status=1)
    lorefs("check", "a/.lore.md", status=1)
    below = Lorefs(repo.path / "a")
    below("check", ".", status=1)
    below("check", "../b")
    assert "is not there" in lorefs("check", "c", status=2).err
    assert "outside" in lorefs("check", "..", status=2).err


def test_paths_among_what_is_staged(repo: Repo, lorefs: Lorefs) -> None:
    for name in ("a/.lore.md", "b/.lore.md"):
        repo.write(name, document(entry(ord(name[0]), "A", "\u202e")))
    repo.write("a/code.py", "x = '\u202e'\n<<<<<<< HEAD\n")
    repo.write("a/AGENTS.md", document(entry(9, "A", "\x1b")))
    repo("add", "--all")

    def found(*arguments: str) -> list[str]:
        shown = lorefs("check", "--staged", "--json", *arguments, status=1).json
        return [each["path"] for each in shown["findings"]]

    assert found() == ["a/.lore.md", "b/.lore.md"]
    assert found("a") == ["a/.lore.md"]
    assert found("a/AGENTS.md", "b") == ["a/AGENTS.md", "b/.lore.md"]


def test_a_section_of_another_file_is_checked_where_it_is_named(repo: Repo, lorefs: Lorefs) -> None:
    repo.write("AGENTS.md", f"# Project\n\n* **Rule**: mine\n\n{HIDDEN}")
    lorefs("check")
    assert "LORE301" in lorefs("check", "AGENTS.md", status=1).out


def test_json_has_the_same_facts(repo: Repo, lorefs: Lorefs) -> None:
    repo.write(".lore.md", HIDDEN + "\n* **Gamma**: by hand\n")
    found = lorefs("check", "--json", status=1).json
    assert (found["documents"], found["errors"], found["warnings"]) == (1, 1, 1)
    assert [each["code"] for each in found["findings"]] == ["LORE301", "LORE105"]
    assert found["findings"][0]["line"] == 6
    assert found == lorefs("check", "--format", "json", status=1).json


def test_warnings_fail_only_where_they_are_to(repo: Repo, lorefs: Lorefs) -> None:
    repo.write(".lore.md", CLEAN + "\n* **Gamma**: by hand\n")
    assert "0 errors, 1 warning in 1 document" in lorefs("check").out
    lorefs("check", "--strict", status=1)
    lorefs("check", "--strict", "--ignore", "LORE1")
    lorefs("check", "--strict", "--select", "LORE105,LORE3", status=1)
    assert "LORE9" in lorefs("check", "--select", "LORE9", status=2).err


def test_settings_of_the_team_hold(repo: Repo, lorefs: Lorefs) -> None:
    repo.write(".lore.md", HIDDEN)
    repo.write(".lorefs.toml", '[check]\nignore = ["LORE301"]\nentryLength = 10\n')
    assert [f["code"] for f in lorefs("check", "--json").json["findings"]] == ["LORE601"]
    (repo.path / ".lorefs.toml").unlink()
    repo.write("pyproject.toml", '[tool.lorefs.check]\nselect = ["LORE1"]\n')
    lorefs("check")
    lorefs("config", "set", "check.ignore", "LORE1,LORE303")
    assert 'ignore = ["LORE1", "LORE303"]' in repo.read("pyproject.toml")
    assert lorefs("config", "get", "check.ignore").out == "LORE1,LORE303\n"


def test_each_mistake_in_the_settings_has_its_line(repo: Repo, lorefs: Lorefs) -> None:
    repo.write(".lore.md", CLEAN)
    repo.write(
        ".lorefs.toml",
        '[check]\nselct = []\nignore = ["LORE777"]\nentryLength = -1\n\n[sync]\nmode = "x"\n',
    )
    found = lorefs("check", "--json", status=1).json["findings"]
    assert {(f["code"], f["path"]) for f in found} == {("LORE702", ".lorefs.toml")}
    assert [f["line"] for f in found] == [2, 3, 4, 7]
    assert found[0]["remedy"] == "did you mean check.select?"
    repo.write(".lorefs.toml", "[check\n")
    assert [f["line"] for f in lorefs("check", "--json", status=1).json["findings"]] == [1]


def test_what_cannot_be_read_is_named(repo: Repo, lorefs: Lorefs) -> None:
    (repo.path / "a").mkdir()
    (repo.path / "a/.lore.md").symlink_to("/etc/hostname")
    repo.write("b/.lore.md", CLEAN * 10)
    repo.write("c/.lore.md", b"caf\xe9\n")
    repo.write(".lorefs.toml", '[limits]\ndocumentSize = "100"\n')
    found = lorefs("check", "--json", status=1).json["findings"]
    assert [(f["path"], f["code"]) for f in found] == [
        ("a/.lore.md", "LORE004"),
        ("b/.lore.md", "LORE004"),
        ("c/.lore.md", "LORE002"),
    ]


def test_a_personal_document_in_git(repo: Repo, lorefs: Lorefs) -> None:
    repo.write(".lore.local.md", CLEAN)
    lorefs("check")
    repo("add", "--force", ".lore.local.md")
    done = lorefs("check", status=1)
    assert ".lore.local.md:1:1: error LORE401" in done.out
    assert "remedy: git rm --cached -- '.lore.local.md'" in done.out


def test_a_driver_that_is_asked_for_and_not_there(repo: Repo, lorefs: Lorefs) -> None:
    repo.write(".gitattributes", "*.png binary\n.lore.md merge=lorefs\n")
    assert ".gitattributes:2:1: warning LORE701" in lorefs("check").out
    lorefs("init")
    assert lorefs("check").out == "no findings in 0 documents\n"


@pytest.mark.parametrize("since", [(), ("--since", "HEAD~1")])
def test_a_commit(repo: Repo, lorefs: Lorefs, since: tuple[str, ...]) -> None:
    repo.commit("first", **{"a/.lore.md": CLEAN})
    repo.commit("second", **{"b/.lore.md": HIDDEN})
    repo.commit("third", **{"b/.lore.md": document(entry(2, "Beta"))})
    repo.write("a/.lore.md", HIDDEN)
    lorefs("check", "--commit", "HEAD", *since)
    found = lorefs("check", "--commit", "HEAD~1", "--json", status=1).json
    assert [f["path"] for f in found["findings"]] == ["b/.lore.md"]
    assert found["documents"] == 2
    only = lorefs("check", "--commit", "HEAD~1", "--since", "HEAD~2", "--json", status=1).json
    assert only["documents"] == 1
    assert "names no commit" in lorefs("check", "--commit", "nothing", status=2).err


def test_outside_of_a_repository(tmp_path: Path) -> None:
    assert "git worktree" in Lorefs(tmp_path)("check", status=3).err
