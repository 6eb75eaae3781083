"""Merging from the command line, and looking at what commits changed."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import FIRST, LORE, SECOND, THIRD
from tests.cli.terminal import Lorefs
from tests.gitrepo import Repo

OURS = LORE.replace("confidence: 0.8", "confidence: 0.9")
THEIRS = LORE.replace("[sqlite, wal]", "[sqlite]").replace("books twice", "charges twice")


def files(directory: Path, *texts: str) -> list[str]:
    names = ("base.md", "ours.md", "theirs.md")
    for name, text in zip(names, texts, strict=True):
        (directory / name).write_text(text)
    return list(names)


def test_merge_file_prints_the_merge(tmp_path: Path) -> None:
    merged = Lorefs(tmp_path)("merge-file", *files(tmp_path, LORE, OURS, THEIRS)).out
    assert merged == OURS.replace("[sqlite, wal]", "[sqlite]").replace("books", "charges")


def test_merge_file_leaves_markers_and_says_so(tmp_path: Path) -> None:
    theirs = LORE.replace("books twice", "charges twice")
    ours = LORE.replace("books twice", "counts twice")
    names = files(tmp_path, LORE, ours, theirs)
    done = Lorefs(tmp_path)("merge-file", *names, "-o", "ours.md", status=1)
    assert done.out == ""
    assert f"content of entry {SECOND}" in done.err
    lines = (tmp_path / "ours.md").read_text().splitlines()
    assert lines.count("<<<<<<< ours.md") == 1
    assert lines.count(">>>>>>> theirs.md") == 1


def test_merge_file_without_a_common_ancestor(tmp_path: Path) -> None:
    names = files(tmp_path, LORE, LORE, OURS)
    done = Lorefs(tmp_path)("merge-file", "/dev/null", *names[1:])
    assert done.out.count(FIRST) == 1


def test_merge_file_keeps_bytes_that_are_no_utf8(tmp_path: Path) -> None:
    names = files(tmp_path, LORE, LORE, LORE)
    (tmp_path / "theirs.md").write_bytes(LORE.encode() + b"\nprose \xff\r\n")
    Lorefs(tmp_path)("merge-file", *names, "-o", "out.md")
    assert (tmp_path / "out.md").read_bytes() == LORE.encode() + b"\nprose \xff\r\n"


def test_merge_file_of_a_file_that_is_not_there(tmp_path: Path) -> None:
    names = files(tmp_path, LORE, LORE, LORE)
    Lorefs(tmp_path)("merge-file", *names[:2], "none.md", status=2)
    Lorefs(tmp_path)("merge-file", *names, "-o", "no/such/directory.md", status=5)


def branches(repo: Repo, ours: str, theirs: str) -> None:
    """Two branches that changed the document, and are not merged yet."""
    repo.commit("base", **{".lore.md": LORE})
    repo("branch", "topic")
    repo.commit("ours", **{".lore.md": ours})
    repo("switch", "--quiet", "topic")
    repo.commit("theirs", **{".lore.md": theirs})
    repo("switch", "--quiet", "main")


def test_merge_tree_shows_what_a_merge_would_bring(repo: Repo, lorefs: Lorefs) -> None:
    branches(repo, OURS, THEIRS)
    before = repo("for-each-ref"), repo("status", "--porcelain"), repo("count-objects")
    base = repo("merge-base", "main", "topic")
    done = lorefs("merge-tree", base, "main", "topic")
    assert "tags  sqlite, wal → sqlite" in done.out
    assert "+charges" in done.out.replace("the gateway ", "")
    found = lorefs("merge-tree", base, "main", "topic", "--json").json
    assert {change["id"] for change in found["changes"]} == {FIRST, SECOND}
    assert "confidence: 0.9" in found["documents"][".lore.md"]
    assert (repo("for-each-ref"), repo("status", "--porcelain"), repo("count-objects")) == before


def test_merge_tree_says_what_gave_way(repo: Repo, lorefs: Lorefs) -> None:
    branches(repo, OURS, LORE.replace("confidence: 0.8", "confidence: 0.1"))
    base = repo("merge-base", "main", "topic")
    done = lorefs("merge-tree", base, "main", "topic", status=1)
    assert f"gave way: confidence of {FIRST}: 0.9 (last-write)" in done.out


def test_merge_tree_checks_a_merge_that_was_made_elsewhere(repo: Repo, lorefs: Lorefs) -> None:
    branches(repo, OURS, THEIRS)
    merged = OURS.replace("[sqlite, wal]", "[sqlite]").replace("books", "charges")
    repo("merge", "--quiet", "-s", "ours", "--no-commit", "topic")
    repo.commit("merged right", **{".lore.md": merged})
    assert "is what a merge by entry gives" in lorefs("merge-tree", "--check", "HEAD").out

    repo("reset", "--quiet", "--hard", "HEAD^1")
    repo("merge", "--quiet", "-s", "ours", "topic")
    done = lorefs("merge-tree", "--check", "HEAD", status=1)
    assert "tags  sqlite → sqlite, wal" in done.out
    lorefs("merge-tree", "--check", "HEAD^1", status=2)
    lorefs("merge-tree", "--check", "nothing", status=2)
    lorefs("merge-tree", "main", "topic", status=2)


def test_diff_of_commits_and_of_what_stands_here_now(repo: Repo, lorefs: Lorefs) -> None:
    branches(repo, OURS, LORE.replace(f"<!-- lore:{SECOND} -->\n", ""))
    assert lorefs("diff").out == ""
    assert "confidence  0.9 → 0.8" in lorefs("diff", "main", "topic~").out
    lorefs("add", "New one", "--category", "Gotcha")
    lorefs("rm", THIRD)
    out = lorefs("diff").out
    assert "New one" in next(line for line in out.splitlines() if line.startswith("+ "))
    assert "Tuesdays" in next(line for line in out.splitlines() if line.startswith("- "))
    changes = lorefs("diff", "topic~", "main", "--json").json
    assert [(change["id"], change["fields"]) for change in changes] == [(FIRST, ["confidence"])]
    lorefs("diff", "nothing", status=2)


def test_diff_before_the_first_commit(repo: Repo, lorefs: Lorefs) -> None:
    repo.write(".lore.md", LORE)
    assert lorefs("diff").out.count("\n+ ") + lorefs("diff").out.startswith("+ ") == 3


def test_blame_names_the_commit_of_each_value(repo: Repo, lorefs: Lorefs) -> None:
    first = repo.commit("first", **{".lore.md": LORE})
    second = repo.commit("second", **{".lore.md": OURS})
    lorefs("edit", FIRST, "--title", "Not yet committed")
    found = {each["field"]: each["commit"] for each in lorefs("blame", FIRST, "--json").json}
    assert found["content"] == first
    assert found["confidence"] == second
    assert found["title"] is None
    assert f"{second[:10]}" in lorefs("blame", FIRST).out


def test_merge_driver_is_what_git_calls(tmp_path: Path) -> None:
    names = files(tmp_path, LORE, OURS, THEIRS)
    Lorefs(tmp_path)("merge-driver", *names, "7", ".lore.md")
    assert (tmp_path / "ours.md").read_text().count("confidence: 0.9, tags: [sqlite]}") == 1
    Lorefs(tmp_path)("merge-driver", *names, status=2)
