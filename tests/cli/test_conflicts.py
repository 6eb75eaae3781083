"""The ledger through the public commands: two branches merged, what gave way, and back again."""

from __future__ import annotations

import shlex

import pytest

from tests.cli.conftest import CONFIDENCE, FIRST, LORE, SECOND, THIRD, Merged
from tests.cli.terminal import Lorefs
from tests.gitrepo import Repo

SECOND_SOURCE = (
    f"\n<!-- lore:{SECOND} -->\n* **Retries are not idempotent**: the gateway books twice.\n"
)
DELETION = [(SECOND_SOURCE, "")], [("books twice", "charges twice")]


def numbers(lore: Lorefs, *options: str) -> list[int]:
    return [each["number"] for each in lore("conflicts", "--json", *options).json]


def entry(lore: Lorefs, ident: str) -> dict[str, object]:
    found: dict[str, object] = lore("show", ident, "--json").json
    return found


# ---------------------------------------------------------------- the list


def test_without_a_clash_there_is_nothing_to_list(lore: Lorefs, merged: Merged) -> None:
    merged([("0.8", "0.9")], [("books", "charges")])
    assert lore("conflicts").out == "no open conflicts\n"
    assert lore("conflicts", "--json").json == []
    assert lore("resolve").out == "no open conflicts\n"


def test_what_gave_way_is_listed_with_number_field_reason_and_time(
    lore: Lorefs, merged: Merged
) -> None:
    merged(*CONFIDENCE)
    (row,) = lore("conflicts").lines
    number, record, _, ident, field, reason, state, what = row.split("\t")
    assert (number, ident, field) == ("1", FIRST, "confidence")
    assert (reason, state, what) == ("last-write", "open", "0.9 gave way to 0.3")
    (found,) = lore("conflicts", "--json").json
    assert found["id"].startswith(record)
    assert (found["ours"], found["theirs"], found["lost"]) == ("0.9", "0.3", ["0.9"])
    assert (found["choices"], found["now"]["confidence"]) == (["ours", "theirs"], 0.3)
    assert "Checkpoints block long" in lore.on_terminal("conflicts").out
    assert "1 value gave way" in lore("status", status=1).out


def test_a_text_is_shown_with_its_sides_word_by_word(lore: Lorefs, repo: Repo) -> None:
    stale_save(lore, repo)
    out = lore("conflicts", "show", "1").out
    assert "a reader open for [-minutes-]{+hours+} keeps the WAL growing." in out
    assert "theirs  (stands)" in out
    coloured = lore.on_terminal("conflicts", "show", "1").out
    assert "[-" not in coloured
    assert "\x1b[9;31mminutes\x1b[0m\x1b[32mhours\x1b[0m" in coloured
    plain = lore.on_terminal("conflicts", "show", "1", env={"NO_COLOR": "1"}).out
    assert "[-minutes-]{+hours+}" in plain
    assert lore("conflicts", "show", "1", "--json").json["field"] == "content"


def stale_save(lore: Lorefs, repo: Repo) -> None:
    """An editor saves what it had loaded before lorefs changed the file."""
    lore("edit", FIRST, "--content", "a reader open for hours keeps the WAL growing.")
    repo.write(".lore.md", LORE.replace("books", "charges"))
    lore("reconcile")


def test_a_record_is_named_by_its_number_or_the_start_of_its_id(
    lore: Lorefs, merged: Merged
) -> None:
    merged(*CONFIDENCE)
    ident = lore("conflicts", "show", "1", "--json").json["id"]
    assert lore("conflicts", "show", ident[:6], "--json").json["number"] == 1
    for wrong in ("2", "0", "zzzz", ident[:2]):
        assert "lorefs conflicts --all" in lore("conflicts", "show", wrong, status=2).err


def test_what_a_terminal_would_obey_is_made_visible(lore: Lorefs, merged: Merged) -> None:
    merged([("### Decision", "### Decision\x1b[2J")], [("### Decision", "### Choice")])
    assert lore("conflicts", "--json").json
    for arguments in (["conflicts"], ["conflicts", "show", "1"], ["status"]):
        status = int(arguments == ["status"])
        assert "\x1b[2J" not in lore(*arguments, status=status).out
        assert "<U+001B>" in lore.on_terminal(*arguments, status=status).out


# ---------------------------------------------------------------- by number


def test_the_losing_value_can_be_taken_and_the_record_is_closed(
    lore: Lorefs, merged: Merged, repo: Repo
) -> None:
    text = merged(*CONFIDENCE)
    assert "settled 1" in lore("resolve", "1", "--ours").out
    assert repo.read(".lore.md") == text.replace("0.3", "0.9")
    assert numbers(lore) == []
    assert numbers(lore, "--all") == [1]
    assert lore("status").out.count("gave way") == 0


def test_the_standing_value_can_be_confirmed(lore: Lorefs, merged: Merged, repo: Repo) -> None:
    text = merged(*CONFIDENCE)
    lore("resolve", "1", "--theirs")
    assert repo.read(".lore.md") == text
    assert numbers(lore) == []


def test_undo_takes_a_resolution_back_and_the_record_is_open_again(
    lore: Lorefs, merged: Merged, repo: Repo
) -> None:
    text = merged(*CONFIDENCE)
    lore("resolve", "1", "--ours")
    lore("undo")
    assert repo.read(".lore.md") == text
    assert numbers(lore) == [1]
    lore("resolve", "1", "--theirs")
    lore("undo")
    assert numbers(lore) == [1]


def test_numbers_stay_when_others_are_settled(lore: Lorefs, merged: Merged) -> None:
    merged([("0.8", "0.9"), ("pending", "archived")], [("0.8", "0.3"), ("pending", "rejected")])
    before = {each["number"]: each["field"] for each in lore("conflicts", "--json").json}
    assert set(before) == {1, 2}
    lore("resolve", "1", "--ours")
    assert {each["number"]: each["field"] for each in lore("conflicts", "--json").json} == {
        2: before[2]
    }


def test_a_deletion_that_lost_can_be_taken(lore: Lorefs, merged: Merged, repo: Repo) -> None:
    text = merged(*DELETION)
    assert SECOND in text
    lore("resolve", "1", "--ours")
    assert SECOND not in repo.read(".lore.md")
    assert len(lore("list", "--json").json) == 2
    lore("undo")
    assert entry(lore, SECOND)["content"] == "the gateway charges twice."
    assert numbers(lore) == [1]


@pytest.mark.parametrize("log", [True, False])
def test_an_entry_that_lost_against_a_deletion_comes_back_with_its_id(
    lore: Lorefs, merged: Merged, repo: Repo, log: bool
) -> None:
    settings = "---\nmerge: {delete_edit: delete}\n---\n"
    repo.commit("settings", **{".lore.md": settings + LORE})
    text = merged(*DELETION)
    assert SECOND not in text
    if not log:
        lore("rebuild")
    lore("resolve", "1", "--theirs")
    assert repo.read(".lore.md") == (settings + LORE).replace("books", "charges")
    assert entry(lore, SECOND)["category"] == "Gotcha"


def test_a_hand_written_entry_that_lost_comes_back_with_its_id(
    lore: Lorefs, merged: Merged, repo: Repo
) -> None:
    by_hand = "\n* **By hand**: nobody gave it a marker.\n"
    settings = "---\nmerge: {delete_edit: delete}\n---\n"
    repo.commit("by hand", **{".lore.md": settings + LORE + by_hand})
    ident = lore("search", "marker", "--json").json[0]["id"]
    merged([(by_hand, "")], [("nobody gave", "somebody gave")])
    lore("resolve", "1", "--theirs")
    assert entry(lore, ident)["content"] == "somebody gave it a marker."


def test_a_version_that_was_superseded_can_be_taken_and_undone(
    lore: Lorefs, merged: Merged, repo: Repo
) -> None:
    merged([("0.8", "0.9")], [("books", "charges")])
    repo("switch", "--quiet", "topic")
    repo.commit("older", **{".lore.md": repo.read(".lore.md").replace("0.8", "0.9")})
    repo("switch", "--quiet", "main")
    repo.commit("newer", **{".lore.md": repo.read(".lore.md").replace("0.9", "0.7")})
    repo("merge", "--quiet", "topic")
    assert numbers(lore) == []
    (found,) = lore("conflicts", "--all", "--json").json
    assert (found["reason"], found["chosen"], found["lost"]) == ("superseded", "0.7", ["0.9"])
    lore("resolve", "1", "--theirs" if found["theirs"] == "0.9" else "--ours")
    assert entry(lore, FIRST)["confidence"] == 0.9
    lore("undo")
    assert entry(lore, FIRST)["confidence"] == 0.7
    assert numbers(lore) == []


def test_a_moved_entry_can_be_moved_back(lore: Lorefs, merged: Merged, repo: Repo) -> None:
    merged([("### Decision", "### Ruling")], [("### Decision", "### Choice")])
    lost = lore("conflicts", "show", "1", "--json").json["lost"][0]
    assert entry(lore, THIRD)["category"] != lost
    lore("resolve", "1", "--ours" if lost == "Ruling" else "--theirs")
    assert entry(lore, THIRD)["category"] == lost
    assert f"### {lost}" in repo.read(".lore.md")


def test_an_unknown_key_that_lost_is_put_back_with_its_source(
    lore: Lorefs, merged: Merged, repo: Repo
) -> None:
    merged([("wal]}", "wal], owner: 'the db team'}")], [("wal]}", "wal], owner: nobody}")])
    (found,) = lore("conflicts", "--json").json
    assert (found["field"], found["base"]) == ("owner", None)
    lore("resolve", "1", "--ours" if found["lost"] == ["'the db team'"] else "--theirs")
    assert f"owner: {found['lost'][0]}}}" in repo.read(".lore.md")


def test_a_field_with_one_value_cannot_have_both(lore: Lorefs, merged: Merged) -> None:
    merged(*CONFIDENCE)
    done = lore("resolve", "1", "--both", status=2)
    assert "confidence has one value" in done.err
    assert "--edit" in done.err
    assert numbers(lore) == [1]


def test_both_texts_are_joined(lore: Lorefs, repo: Repo) -> None:
    stale_save(lore, repo)
    lore("resolve", "1", "--both")
    content = entry(lore, FIRST)["content"]
    assert content == (
        "a reader open for hours keeps the WAL growing.\n\n"
        "a reader open for minutes keeps the WAL growing.\n\nClose it in time."
    )


def test_both_sets_of_tags_are_united_with_those_of_today(lore: Lorefs, repo: Repo) -> None:
    lore("edit", FIRST, "--tag", "disk")
    repo.write(".lore.md", LORE.replace("books", "charges"))
    lore("edit", FIRST, "--tag", "since")
    (found,) = lore("conflicts", "--json").json
    assert (found["field"], found["reason"]) == ("tags", "overwritten")
    lore("resolve", "1", "--both")
    assert entry(lore, FIRST)["tags"] == ["disk", "since", "sqlite", "wal"]


def test_what_was_written_since_stays(lore: Lorefs, repo: Repo) -> None:
    stale_save(lore, repo)
    repo.write(".lore.md", repo.read(".lore.md").replace("a reader", "Any reader"))
    lore("resolve", "1", "--ours")
    assert entry(lore, FIRST)["content"] == "Any reader open for hours keeps the WAL growing."


def test_an_edit_to_the_losing_value_settles_too(lore: Lorefs, merged: Merged) -> None:
    merged(*CONFIDENCE)
    lore("edit", FIRST, "--confidence", "0.9")
    assert numbers(lore) == []
    lore("edit", FIRST, "--confidence", "0.5")
    assert numbers(lore) == []
    lore("undo", "2")
    assert numbers(lore) == [1]


def test_what_git_switches_to_settles_nothing_for_good(
    lore: Lorefs, merged: Merged, repo: Repo
) -> None:
    merged(*CONFIDENCE)
    assert numbers(lore) == [1]
    repo("switch", "--quiet", "--detach", "main^1")
    assert numbers(lore) == []
    repo("switch", "--quiet", "main")
    assert numbers(lore) == [1]


def test_a_record_of_an_entry_that_is_gone_can_only_be_closed(lore: Lorefs, merged: Merged) -> None:
    merged(*CONFIDENCE)
    lore("rm", FIRST)
    assert "lorefs restore" in lore("resolve", "1", "--ours", status=2).err
    assert numbers(lore) == [1]
    lore("resolve", "1", "--keep")
    assert numbers(lore) == []


def test_a_resolution_is_no_question_of_what_is_newer(
    lore: Lorefs, merged: Merged, repo: Repo
) -> None:
    """What was settled survives the next merge of the same branch."""
    merged(*CONFIDENCE)
    lore("resolve", "1", "--ours")
    repo.commit("settled")
    repo("switch", "--quiet", "topic")
    repo.commit("more", **{".lore.md": repo.read(".lore.md").replace("books", "charges")})
    repo("switch", "--quiet", "main")
    repo("merge", "--quiet", "topic")
    assert entry(lore, FIRST)["confidence"] == 0.9
    assert numbers(lore) == []


def test_a_rebuilt_ledger_knows_what_was_settled_by_an_edit(
    lore: Lorefs, merged: Merged, repo: Repo
) -> None:
    merged([("0.8", "0.9"), ("pending", "archived")], [("0.8", "0.3"), ("pending", "rejected")])
    lore("resolve", "1", "--ours")
    repo.commit("settled")
    lore("rebuild")
    assert [each["field"] for each in lore("conflicts", "--json").json] == ["status"]


def test_prose_that_lost_is_put_back_where_the_other_stands(
    lore: Lorefs, merged: Merged, repo: Repo
) -> None:
    head = "---\nrealm: {}\n---\n"
    repo.commit("head", **{".lore.md": head.format("base") + LORE})
    text = merged([("realm: base", "realm: ours")], [("realm: base", "realm: theirs")])
    (found,) = lore("conflicts", "--json").json
    assert (found["entry"], found["field"]) == ("", "front_matter.realm")
    assert "(prose)" in lore.on_terminal("conflicts").out
    lost, stands = ("ours", "theirs") if "realm: theirs" in text else ("theirs", "ours")
    lore("resolve", "1", f"--{lost}")
    assert repo.read(".lore.md") == text.replace(f"realm: {stands}", f"realm: {lost}")
    repo.write(".lore.md", text)
    lore("resolve", "1", "--edit", env=editor("/<<<\\|===\\|>>>/d; /ours/d; s/theirs/mine/"))
    assert repo.read(".lore.md") == text.replace(f"realm: {stands}", "realm: mine")


def test_a_choice_and_a_number_belong_together(lore: Lorefs, merged: Merged) -> None:
    merged(*CONFIDENCE)
    for arguments in (["1"], ["--ours"], ["1", "--ours", "--theirs"]):
        assert "belong together" in lore("resolve", *arguments, status=2).err


# ---------------------------------------------------------------- in the editor


def editor(script: str) -> dict[str, str]:
    return {"GIT_EDITOR": f"sed -i {shlex.quote(script)}"}


def test_an_edited_value_is_taken(lore: Lorefs, merged: Merged, repo: Repo) -> None:
    text = merged(*CONFIDENCE)
    lore("resolve", "1", "--edit", env=editor("/<<<\\|===\\|>>>/d; s/0.9//; s/0.3/0.6/; /^$/d"))
    assert repo.read(".lore.md") == text.replace("0.3", "0.6")
    assert numbers(lore) == []
    assert list((repo.path / ".git/lorefs/edit").iterdir()) == []


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("s/0.9/0.7/", "conflict marker"),
        ("/<<<\\|===\\|>>>/d; s/0.9/much/; s/0.3//; /^$/d", "no value for confidence"),
    ],
)
def test_a_buffer_that_cannot_be_taken_is_kept(
    lore: Lorefs, merged: Merged, repo: Repo, script: str, words: str
) -> None:
    text = merged(*CONFIDENCE)
    done = lore("resolve", "1", "--edit", env=editor(script), status=2 if "marker" in words else 5)
    assert words in done.err
    (kept,) = (repo.path / ".git/lorefs/edit").iterdir()
    assert str(kept) in done.err
    assert repo.read(".lore.md") == text
    assert numbers(lore) == [1]


def test_an_entry_can_be_edited_back_into_existence_or_out_of_it(
    lore: Lorefs, merged: Merged, repo: Repo
) -> None:
    merged(*DELETION)
    lore("resolve", "1", "--edit", env=editor("/<<<\\|===\\|>>>/d; s/charges/bills/"))
    assert entry(lore, SECOND)["content"] == "the gateway bills twice."
    lore("undo")
    lore("resolve", "1", "--edit", env=editor("d"))
    assert SECOND not in repo.read(".lore.md")


# ---------------------------------------------------------------- the walk


def test_the_walk_asks_about_each_open_record(lore: Lorefs, merged: Merged) -> None:
    merged([("0.8", "0.9"), ("pending", "archived")], [("0.8", "0.3"), ("pending", "rejected")])
    done = lore("resolve", stdin="?\nb\ns\no\n", status=1)
    assert "(1/2) settle" in done.out
    assert "(2/2) settle" in done.out
    assert done.out.count("e - write it in your editor") == 2, "b is no choice here"
    assert done.out.endswith("1 conflict is still open\n")
    assert len(numbers(lore)) == 1


@pytest.mark.parametrize("answer", ["q\n", ""])
def test_the_walk_can_be_left(lore: Lorefs, merged: Merged, answer: str) -> None:
    merged([("0.8", "0.9"), ("pending", "archived")], [("0.8", "0.3"), ("pending", "rejected")])
    done = lore("resolve", stdin=answer, status=1)
    assert done.out.count("settle") == 1
    assert numbers(lore) == [1, 2]


def test_the_walk_asks_again_after_a_refusal(lore: Lorefs, merged: Merged) -> None:
    merged(*CONFIDENCE)
    done = lore("resolve", stdin="e\nt\n", env={"GIT_EDITOR": "true"})
    assert "nothing was changed" in done.err
    assert "settled 1: took theirs" in done.out
