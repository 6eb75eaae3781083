"""Entries that go from the personal document to the team's, and back."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import FIRST, LORE, SECOND
from tests.cli.terminal import Lorefs
from tests.clones import Team
from tests.gitrepo import Repo
from tests.lore import document, entry, ident

PERSONAL = ".lore.local.md"


@pytest.fixture
def mine(lore: Lorefs, repo: Repo) -> Lorefs:
    """A repository with three entries of the team and two personal ones."""
    lore("init")
    repo.write(PERSONAL, document(entry(1, "Mine one", "With  two blanks."), entry(2, "Mine two")))
    repo.write(f"api/{PERSONAL}", document(entry(3, "Mine of the API")))
    lore("reconcile")
    return lore


def scopes(lorefs: Lorefs) -> dict[str, str]:
    return {each["id"]: each["scope"] for each in lorefs("list", "--json").json}


def test_promote_moves_entries_with_their_bytes_and_one_undo_takes_it_back(
    mine: Lorefs, repo: Repo
) -> None:
    before = {name: repo.read(name) for name in (PERSONAL, f"api/{PERSONAL}")}
    done = mine("promote", ident(1), ident(3), ident(1))
    assert (ident(1)[-8:], "→ .lore.md") == (done.lines[0].split()[0], done.lines[0][-10:])
    assert done.lines[1].endswith("→ api/.lore.md")
    assert entry(1, "Mine one", "With  two blanks.") in repo.read(".lore.md")
    assert entry(3, "Mine of the API") in repo.read("api/.lore.md")
    assert "Mine one" not in repo.read(PERSONAL)
    assert scopes(mine)[ident(2)] == "personal"
    assert {scopes(mine)[ident(1)], scopes(mine)[ident(3)]} == {"team"}
    undone = mine("undo")
    assert undone.err == ""
    assert {name: repo.read(name) for name in before} == before
    assert "Mine" not in repo.read(".lore.md")


def test_demote_is_the_way_back(mine: Lorefs, repo: Repo) -> None:
    text = repo.read(".lore.md")
    (row,) = mine("demote", FIRST, "--json").json
    assert (row["document"], row["scope"], row["pushed"]) == (PERSONAL, "personal", False)
    assert "tags: [sqlite, wal]" in repo.read(PERSONAL)
    (row,) = mine("promote", FIRST, "--json").json
    assert (row["document"], row["scope"]) == (".lore.md", "team")
    assert repo.read(".lore.md") == text
    mine("undo")
    mine("undo")
    assert repo.read(".lore.md") == text


def test_another_directory_may_be_named(mine: Lorefs, repo: Repo) -> None:
    before = repo.read(PERSONAL)
    Lorefs(repo.path / "api")("promote", ident(1), "--to", ".")
    row = mine("show", ident(1), "--json").json
    assert (row["document"], row["path"]) == ("api/.lore.md", "api")
    mine("undo")
    assert repo.read(PERSONAL) == before
    mine("promote", ident(1), "--to", "gone", status=2)


def test_all_or_nothing(mine: Lorefs, repo: Repo) -> None:
    before = repo.read(".lore.md"), repo.read(PERSONAL)
    mine("promote", ident(1), FIRST, status=2)
    mine("promote", ident(1), "zzzz", status=2)
    mine("demote", FIRST, ident(1), status=2)
    assert (repo.read(".lore.md"), repo.read(PERSONAL)) == before


def test_what_is_restricted_is_refused(mine: Lorefs, repo: Repo) -> None:
    mine("edit", ident(1), "--sensitivity", "restricted")
    failed = mine("promote", ident(2), ident(1), status=5)
    assert "never leaves" in failed.err
    assert "hint: " in failed.err
    assert "Mine" not in repo.read(".lore.md")


def test_the_marks_of_a_proposal_stay_behind(mine: Lorefs, repo: Repo) -> None:
    waiting = entry(5, "Waits", meta="status: pending, proposed_by: ada@example.invalid")
    repo.write(".lore.review.md", document(waiting))
    mine("reconcile")
    (row,) = mine("demote", ident(5), "--json").json
    assert (row["status"], row["proposed_by"], row["scope"]) == ("active", "", "personal")
    mine("undo")
    row = mine("show", ident(5), "--json").json
    assert (row["status"], row["proposed_by"], row["scope"]) == (
        "pending", "ada@example.invalid", "review",
    )  # fmt: skip
    assert "* **Waits**" in repo.read(".lore.review.md")


def test_relations_to_what_stays_personal_are_told(mine: Lorefs, repo: Repo) -> None:
    text = entry(1, "Mine one", meta=f"relations: [{{type: supports, id: {ident(2)}}}]")
    repo.write(PERSONAL, document(text, entry(2, "Mine two")))
    told = mine("promote", ident(1)).err
    assert ident(2)[-8:] in told
    mine("undo")
    assert mine("promote", ident(1), ident(2)).err == ""


def test_listings_mark_what_is_personal(mine: Lorefs) -> None:
    for arguments in (["list"], ["search", "mine"], ["show", ident(1)], ["similar", ident(2)]):
        shown = mine.on_terminal(*arguments).out
        assert "personal" in shown, arguments
    assert "personal" not in mine.on_terminal("show", SECOND).out
    assert "personal" in mine("show", ident(1)).out
    assert "personal" in mine("context", "--query", "mine one").out
    assert "· personal" in mine("context", "--query", "mine").out
    assert ident(1)[-8:] in mine("list", "--scope", "personal").out
    assert FIRST[-8:] not in mine("list", "--scope", "personal").out


def test_git_ignores_the_personal_document(mine: Lorefs, repo: Repo) -> None:
    mine("init")
    names = [PERSONAL, f"api/{PERSONAL}"]
    assert repo("check-ignore", *names).split() == names
    assert PERSONAL not in repo("status", "--porcelain")


# ---------------------------------------------------------------- what others keep


def test_what_a_code_branch_pushed_is_told(mine: Lorefs, repo: Repo, tmp_path: Path) -> None:
    remote = tmp_path / "remote.git"
    repo("init", "--quiet", "--bare", str(remote))
    repo("remote", "add", "origin", str(remote))
    hand = "\n* **By hand**: without a marker.\n"
    repo.commit("by hand", **{".lore.md": LORE + hand})
    mine("reconcile")
    written = next(each["id"] for each in mine("list", "--json").json if each["title"] == "By hand")
    assert mine("demote", FIRST).err == ""
    mine("undo")
    repo("push", "--quiet", "origin", "HEAD:topic")
    rows = mine("demote", SECOND, written, "--json").json
    assert [row["pushed"] for row in rows] == [True, True]
    mine("undo")
    told = mine("demote", SECOND).err
    assert "note: 1 entry was pushed before" in told
    assert SECOND[-8:] in told
    assert mine("promote", ident(1)).err == ""
    assert mine("undo").err == ""  # nobody pushed that


def test_undoing_a_promotion_that_was_exchanged_says_so(tmp_path: Path) -> None:
    team = Team(tmp_path)
    team.seed(**{"README.md": "code\n"})
    ada, bob = team.clone("ada"), team.clone("bob")
    lorefs = Lorefs(ada.path)
    mine = lorefs("add", "Mine", "--personal").out.strip()
    lorefs("promote", mine)
    assert "Mine" in ada.tree()[".lore.md"]
    undone = lorefs("undo")
    assert undone.err == ""
    assert ".lore.md" not in ada.tree()  # there is nothing else in it
    lorefs("promote", mine)
    lorefs("sync")
    bob.sync()
    assert bob.titles() == ["Mine"]
    again = lorefs("undo")
    assert "history keeps the text" in again.err
    lorefs("sync")
    bob.sync()
    assert bob.titles() == []
    lorefs("promote", mine)
    lorefs("sync")
    assert {each["pushed"] for each in lorefs("undo", "--json").json} == {True}
