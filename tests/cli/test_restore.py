"""`lorefs restore`: from the log and from git, one entry or all of them."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest

from lorefs.cli.restore import read_time
from lorefs.errors import UsageError
from tests.cli.conftest import FIRST, LORE, SECOND, THIRD
from tests.cli.terminal import Lorefs
from tests.gitrepo import START, Repo


def rev(lore: Lorefs, ident: str) -> int:
    return int(lore("show", ident, "--json").json["rev"])


def timestamp(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()


# ---------------------------------------------------------------- one entry


def test_an_entry_goes_back_to_a_revision(lore: Lorefs, repo: Repo) -> None:
    first = rev(lore, FIRST)
    lore("edit", FIRST, "--confidence", "0.5", "--title", "Other")
    second = rev(lore, FIRST)
    text = repo.read(".lore.md")
    lore("edit", FIRST, "--tag", "-wal", "--category", "Decision")
    assert "category  Decision → Gotcha" in lore("restore", FIRST, "--rev", str(second)).out
    assert repo.read(".lore.md") == text
    lore("restore", FIRST, "--rev", str(first))
    assert repo.read(".lore.md") == LORE
    lore("undo")
    assert repo.read(".lore.md") == text


def test_without_a_revision_the_last_change_is_gone(lore: Lorefs, repo: Repo) -> None:
    lore("edit", FIRST, "--confidence", "0.5")
    lore("restore", FIRST)
    assert repo.read(".lore.md") == LORE


def test_the_log_names_the_revisions(lore: Lorefs) -> None:
    first = rev(lore, FIRST)
    lore("edit", FIRST, "--confidence", "0.5")
    assert f"was revision {first}" in lore.on_terminal("log", FIRST).out
    done = lore("restore", FIRST, "--rev", str(first + 77), status=2)
    assert str(first) in done.err


def test_a_deleted_entry_comes_back_with_its_id(lore: Lorefs, repo: Repo) -> None:
    revision = rev(lore, SECOND)
    lore("edit", SECOND, "--content", "Better.")
    lore("rm", SECOND)
    lore("restore", SECOND[-12:])
    assert lore("show", SECOND, "--json").json["content"] == "Better."
    lore("restore", SECOND, "--rev", str(revision))
    assert repo.read(".lore.md") == LORE


def test_a_moved_entry_moves_back(lore: Lorefs, repo: Repo) -> None:
    (repo.path / "docs").mkdir()
    lore("mv", FIRST, "docs")
    lore("restore", FIRST)
    assert lore("show", FIRST, "--json").json["document"] == ".lore.md"


def test_what_was_not_there_is_not_restored(lore: Lorefs) -> None:
    assert "was not there then" in lore("restore", FIRST, "--rev", "-1", status=2).err


def test_an_entry_as_it_was_in_a_commit(lore: Lorefs, repo: Repo) -> None:
    edited = LORE.replace("0.8", "0.5").replace(f"<!-- lore:{SECOND} -->\n", "")
    edited = edited.replace("* **Retries are not idempotent**: the gateway books twice.\n", "")
    edited = edited.rstrip("\n") + "\n"
    repo.commit("later", **{".lore.md": edited})
    lore("restore", SECOND, "--at", "HEAD~1")
    assert lore("show", SECOND, "--json").json["title"] == "Retries are not idempotent"
    assert lore("show", FIRST, "--json").json["confidence"] == 0.5
    lore("restore", FIRST, "--at", "HEAD^")
    assert repo.read(".lore.md") == LORE


# ---------------------------------------------------------------- all entries


def test_all_entries_go_back_to_a_commit_after_a_look(lore: Lorefs, repo: Repo) -> None:
    lore("rm", THIRD)
    lore("edit", FIRST, "--confidence", "0.5")
    lore("add", "Since then", "--category", "Gotcha")
    lore("add", "Mine", "--personal")
    text = repo.read(".lore.md")

    done = lore("restore", "--at", "HEAD", status=1)
    assert [line[0] for line in done.lines if line[0] in "+-~"] == ["+", "~", "-"]
    assert "3 entries would change; `--yes` restores them" in done.out
    assert repo.read(".lore.md") == text

    assert lore("restore", "--at", "HEAD", "--yes").out.endswith("restored 3 entries\n")
    assert repo.read(".lore.md") == LORE
    assert lore("list", "--scope", "personal", "--json").json[0]["title"] == "Mine"
    assert lore("restore", "--at", "HEAD").out == "nothing differs\n"
    lore("undo")
    titles = {each["title"] for each in lore("list", "--json").json}
    assert "Since then" in titles
    assert "We ship on Tuesdays" not in titles


def test_json_says_whether_it_was_done(lore: Lorefs) -> None:
    lore("rm", THIRD)
    found = lore("restore", "--at", "HEAD", "--json", status=1).json
    assert (found["restored"], found["changes"][0]["id"]) == (False, THIRD)
    assert lore("restore", "--at", "HEAD", "--json", "--yes").json["restored"] is True


def test_a_time_that_the_log_knows(lore: Lorefs, repo: Repo) -> None:
    lore("list")
    time.sleep(0.01)
    before = timestamp(time.time())
    time.sleep(0.01)
    lore("edit", FIRST, "--confidence", "0.5")
    lore("rm", SECOND)
    lore("add", "Mine", "--personal")
    lore("restore", "--at", before, "--yes")
    assert repo.read(".lore.md") == LORE
    assert lore("list", "--scope", "personal", "--json").json == []


def test_a_time_before_the_log_is_asked_of_git(lore: Lorefs, repo: Repo) -> None:
    repo.commit("later", **{".lore.md": LORE.replace("0.8", "0.5")})
    then = int(repo("log", "-1", "--format=%ct", "HEAD^"))
    lore("restore", "--at", timestamp(then), "--yes")
    assert repo.read(".lore.md") == LORE
    assert "before the first commit" in lore("restore", "--at", timestamp(START - 9), status=2).err


def test_a_commit_outside_of_heads_history_is_refused(lore: Lorefs, repo: Repo) -> None:
    repo("switch", "--quiet", "-c", "topic")
    repo.commit("theirs", **{".lore.md": LORE.replace("0.8", "0.5")})
    repo("switch", "--quiet", "main")
    assert "not in the history of HEAD" in lore("restore", "--at", "topic", status=2).err
    assert "names no commit" in lore("restore", "--at", "nothing", status=2).err
    assert "no date and time" in lore("restore", "--at", "2026-02-31", status=2).err


def test_a_directory_that_is_gone_is_not_made(lore: Lorefs, repo: Repo) -> None:
    repo.commit("nested", **{"docs/.lore.md": LORE.replace("019e8d03", "019e8d04")})
    lore("list")
    repo("rm", "--quiet", "-r", "docs")
    repo("commit", "--quiet", "--message", "gone")
    assert len(lore("list", "--json").json) == 3
    done = lore("restore", "--at", "HEAD^", "--yes", status=5)
    assert "docs" in done.err
    assert len(lore("list", "--json").json) == 3


def test_what_to_restore_has_to_be_said(lore: Lorefs) -> None:
    for arguments in ([], ["--rev", "1"]):
        assert "say what to restore" in lore("restore", *arguments, status=2).err
    assert "contradict" in lore("restore", FIRST, "--rev", "1", "--at", "HEAD", status=2).err


# ---------------------------------------------------------------- times

NOW = 1_700_000_000_000


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2 hours ago", NOW / 1000 - 7200),
        ("1 day ago", NOW / 1000 - 86_400),
        ("2023-11-14", 1_699_920_000),
        ("2023-11-14T12:00", 1_699_963_200),
        ("2023-11-14 12:00+02:00", 1_699_956_000),
        ("2023-11-14T12:00:00Z", 1_699_963_200),
    ],
)
def test_times_are_read(text: str, seconds: float) -> None:
    assert read_time(text, NOW) == seconds * 1000


@pytest.mark.parametrize("text", ["HEAD~3", "main", "2023", "ago", "20231114", "v1.0-2023-11-14"])
def test_what_may_name_a_commit_is_no_time(text: str) -> None:
    assert read_time(text, NOW) is None


@pytest.mark.parametrize("text", ["2023-13-01", "2023-11-14T25:00", "2023-11-14 noon"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        read_time(text, NOW)
