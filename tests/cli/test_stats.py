"""What there is, and how it came about."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from tests.cli.conftest import FIRST, LORE
from tests.cli.terminal import Lorefs
from tests.gitrepo import Repo
from tests.lore import document, entry

EVIL = "<script>alert(1)</script>"


@pytest.fixture
def grown(repo: Repo) -> Lorefs:
    """Three months: three entries, then one more by somebody else, then one less."""
    repo.commit("first", **{".lore.md": LORE, "src/a.py": "1\n", "src/b.py": "2\n", "x.py": "3\n"})
    repo.clock.tick(31 * 86_400)
    repo.write("src/.lore.md", document(entry(1, f"{EVIL} & co")))
    repo("add", "--all")
    repo("commit", "--quiet", "--message=second", "--author=Bob <bob@example.invalid>")
    repo.clock.tick(62 * 86_400)
    repo.commit("third", **{".lore.md": LORE[: LORE.index("<!-- lore:019e8d03-4a10")]})
    lorefs = Lorefs(repo.path)
    lorefs("edit", FIRST, "--confidence", "0.9")
    return lorefs


class Tags(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.addresses: list[str | None] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.addresses += [value for name, value in attrs if name in {"src", "href"}]


def test_counts_come_from_rows_git_and_the_log(grown: Lorefs) -> None:
    found = grown("stats", "--json").json
    assert (found["entries"], found["by_status"]) == (3, {"active": 2, "pending": 1})
    assert {a["name"]: (a["commits"], a["added"], a["removed"]) for a in found["authors"]} == {
        "ada@example.invalid": (2, 3, 1),
        "bob@example.invalid": (1, 1, 0),
    }
    assert [(m["month"], m["entries"]) for m in found["months"]] == [
        ("2023-11", 3), ("2023-12", 4), ("2024-01", 4), ("2024-02", 3),
    ]  # fmt: skip
    assert [(c["id"], c["changes"]) for c in found["churn"]] == [(FIRST, 1)]
    assert (found["conflicts_open"], found["conflicts_settled"]) == (0, 0)
    assert [tuple(c.values()) for c in found["coverage"]] == [("src", 2, 1), ("", 1, 2)]


def test_a_person_sees_a_picture_and_a_pipe_columns(grown: Lorefs) -> None:
    shown = grown.on_terminal("stats").out
    assert "Growth, entries at the end of a month" in shown
    assert "████" in shown
    line = next(line for line in grown("stats").lines if line.startswith("Growth\t2023-12"))
    assert line.split("\t")[2] == "4"


def test_the_page_stands_alone_and_obeys_nothing(grown: Lorefs) -> None:
    grown("edit", entry(1, "").split("lore:")[1][:36], "--confidence", "0.5")
    grown("stats", "--html", "stats.html")
    text = (grown.path / "stats.html").read_text()
    tags = Tags(text)
    assert EVIL not in text
    assert "&lt;script&gt;" in text
    assert tags.names.isdisjoint({"script", "link", "img", "iframe"})
    assert tags.addresses == []
    assert "default-src 'none'" in text
    grown("stats", "--html", "gone/stats.html", status=5)


def test_an_empty_repository_has_counts_too(lorefs: Lorefs) -> None:
    found = lorefs("stats", "--json").json
    assert (found["entries"], found["authors"], found["months"]) == (0, [], [])
    lorefs("stats", "--html", "stats.html")


def test_hostile_history_is_counted_all_the_same(lorefs: Lorefs, repo: Repo) -> None:
    repo.commit("odd", **{".lore.md": document(entry(1, "T", "a\n  \x01b\x02c"))})
    repo.write(".lore.md", document(entry(1, "T", "\x01b")))
    repo("add", "--all")
    tree, parent = repo("write-tree"), repo("rev-parse", "HEAD")
    head = "author E <e@e> 99999999999999 +0000\ncommitter E <e@e> 1 +0000"
    commit = f"tree {tree}\nparent {parent}\n{head}\n\nlate\n"
    repo("reset", "--quiet", repo("hash-object", "-t", "commit", "-w", "--stdin", stdin=commit))
    months = lorefs("stats", "--json").json["months"]
    assert months[-1]["month"] == "2100-01"
    assert sum(each["lines"] for each in months) > 4
