"""Entries that name code which is gone, in the history of a real repository."""

from __future__ import annotations

import pytest

from lorefs.check.rules.code import references_of
from lorefs.check.source import Source
from tests.cli.terminal import Lorefs
from tests.gitrepo import Repo
from tests.lore import document, entry

CODE = "def open_ledger(path):\n    return Ledger(path)\n"


def lore(*names: str) -> str:
    return document(*(entry(n, f"E{n}", f"see `{name}`.") for n, name in enumerate(names)))


def stale(lorefs: Lorefs, *options: str) -> list[tuple[int, str]]:
    found = lorefs("check", "--select", "LORE503", "--json", *options).json["findings"]
    return [(each["line"], each["message"].split("`")[1]) for each in found]


def test_a_path_and_a_symbol_that_are_gone(repo: Repo, lorefs: Lorefs) -> None:
    names = ["src/ledger.py", "open_ledger()", "ledger.py:12", "src", "never/was.py", "neverWas"]
    first = repo.commit("base", **{"src/ledger.py": CODE, ".lore.md": lore(*names)})
    assert stale(lorefs) == []
    repo("mv", "src/ledger.py", "src/book.py")
    repo.commit("rename", **{"src/book.py": CODE.replace("open_ledger", "open_book")})
    assert stale(lorefs) == [(6, "src/ledger.py"), (9, "open_ledger"), (12, "ledger.py")]
    out = lorefs("check", "--select", "LORE503").out
    assert f"it was in {first[:12]}" in out
    assert stale(lorefs, "--commit", first) == []


def test_a_mention_in_lore_keeps_nothing_alive(repo: Repo, lorefs: Lorefs) -> None:
    repo.commit("base", **{"a.py": CODE, ".lore.md": lore("open_ledger")})
    repo.commit("gone", **{"a.py": "", "x/.lore.md": document(entry(9, "X", "`open_ledger`"))})
    assert stale(lorefs) == [(6, "open_ledger")]
    repo.commit("back", **{"b.py": "open_ledger()\n"})
    assert stale(lorefs) == []


def test_what_is_not_committed_is_not_judged(repo: Repo, lorefs: Lorefs) -> None:
    repo.write(".lore.md", lore("open_ledger"))
    assert stale(lorefs) == []
    repo.commit("base", **{"a.py": "x = 1\n"})
    repo.write("b/.lore.md", lore("a.py"))
    assert stale(lorefs) == []


def test_a_commit_does_not_wait_for_it(repo: Repo, lorefs: Lorefs) -> None:
    repo.commit("base", **{"a.py": CODE, ".lore.md": lore("open_ledger")})
    repo.commit("gone", **{"a.py": "x = 1\n"})
    repo.write(".lore.md", lore("open_ledger") + "\n" + entry(7, "More") + "\n")
    repo("add", "--all")
    assert [f["code"] for f in lorefs("check", "--staged", "--json").json["findings"]] == []
    assert stale(lorefs, "--staged") == [(6, "open_ledger")]


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("src/a.py:10-20", "src/a.py"),
        (r"packages/core/db\_x.ts:12", "packages/core/db_x.ts"),
        ("./run.sh", "run.sh"),
        ("loadConfig", "loadConfig"),
        ("db.transaction()", "db.transaction"),
        ("run()", "run"),
        ("null", ""),
        ("git rebase --onto", ""),
        ("--no-verify", ""),
        ("...", ""),
        ("a + b", ""),
        ("x=1", ""),
    ],
)
@pytest.mark.parametrize("quotes", [("`", "`"), (r"\`", r"\`")])
def test_names_of_code(code: str, name: str, quotes: tuple[str, str]) -> None:
    text = document(entry(1, "A", f"see {quotes[0]}{code}{quotes[1]}, or not"))
    assert [each.name for each in references_of(Source(".lore.md", text))] == [name] * bool(name)
