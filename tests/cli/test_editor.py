"""`lorefs edit` in an editor, which is a shell command here as it may be anywhere."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lorefs.cli.buffer import read_buffer, write_buffer
from lorefs.core.model import RELATION_TYPES, SENSITIVITIES, STATUSES, Entry, Relation
from lorefs.errors import UsageError
from tests.cli.conftest import FIRST, LORE
from tests.cli.terminal import Lorefs
from tests.gitrepo import Repo


def editor(script: str) -> dict[str, str]:
    """An environment whose editor is a sed script."""
    return {"GIT_EDITOR": f"sed -i {shlex.quote(script)}"}


def kept_buffers(repo: Repo) -> list[Path]:
    directory = repo.path / ".git/lorefs/edit"
    return sorted(directory.iterdir()) if directory.is_dir() else []


def test_an_edited_buffer_changes_the_entry_and_is_removed(lore: Lorefs, repo: Repo) -> None:
    script = "s/confidence: 0.8/confidence: 0.7/; s/for minutes/for hours/"
    lore("edit", FIRST, env=editor(script))
    text = repo.read(".lore.md")
    assert text == LORE.replace("confidence: 0.8", "confidence: 0.7").replace("minutes", "hours")
    assert kept_buffers(repo) == []


def test_an_unchanged_buffer_changes_nothing(lore: Lorefs, repo: Repo) -> None:
    assert lore("edit", FIRST, env={"GIT_EDITOR": "true"}).out == "nothing changed\n"
    assert repo.read(".lore.md") == LORE
    assert [change["op"] for change in lore("log", "--json").json] == ["ingest"] * 3
    assert kept_buffers(repo) == []


@pytest.mark.parametrize(
    ("script", "words", "line"),
    [
        ("s/^confidence: .*/confidence: [/", "the front matter cannot be read", 8),
        ("s/^confidence: .*/confidence: 7/", "a number from 0 to 1", 6),
        ("s/^status: .*/status: odd/", "active or pending", 7),
        ("s/^title: .*/title: ''/", "one line of text", 3),
        ("s/^title: .*/titel: x/", "did you mean title?", 3),
        ("/^category/d", "needs a category", 1),
        ("1,$d; $a no front matter", "no front matter", 1),
        ("s/^relations: .*/relations: [odd: x]/", "supersedes", 9),
        ("s/^tags: .*/tags: {a: b}/", "a list of words", 5),
    ],
)
def test_a_broken_buffer_is_kept_and_named(
    lore: Lorefs, repo: Repo, script: str, words: str, line: int | None
) -> None:
    done = lore("edit", FIRST, env=editor(script), status=2)
    (kept,) = kept_buffers(repo)
    assert str(kept) in done.err
    assert words in done.err
    if line is not None:
        assert f"line {line}: " in done.err
    assert repo.read(".lore.md") == LORE


def test_an_editor_that_fails_changes_nothing(lore: Lorefs, repo: Repo) -> None:
    lore("edit", FIRST, env={"GIT_EDITOR": "false"}, status=5)
    assert kept_buffers(repo) == []
    script = "sh -c 'echo more >> \"$1\"; exit 3' -"
    assert "kept in" in lore("edit", FIRST, env={"GIT_EDITOR": script}, status=5).err
    assert len(kept_buffers(repo)) == 1
    assert repo.read(".lore.md") == LORE


def test_a_buffer_that_is_gone_or_no_text_changes_nothing(lore: Lorefs, repo: Repo) -> None:
    assert "cannot be read" in lore("edit", FIRST, env={"GIT_EDITOR": "rm"}, status=5).err
    script = 'sh -c \'printf "\\377" >> "$1"\' -'
    assert "not UTF-8" in lore("edit", FIRST, env={"GIT_EDITOR": script}, status=2).err
    assert len(kept_buffers(repo)) == 1
    assert repo.read(".lore.md") == LORE


def test_a_change_by_somebody_else_meanwhile_keeps_the_buffer(lore: Lorefs, repo: Repo) -> None:
    other = f"{sys.executable} -m lorefs edit {FIRST} --confidence 0.3"
    script = f"sh -c '{other}; sed -i s/minutes/hours/ \"$1\"' -"
    done = lore("edit", FIRST, env={"GIT_EDITOR": script}, status=4)
    (kept,) = kept_buffers(repo)
    assert str(kept) in done.err
    assert "for hours" in kept.read_text()
    assert repo.read(".lore.md") == LORE.replace("confidence: 0.8", "confidence: 0.3")


def test_gits_own_choice_of_an_editor_is_followed(lore: Lorefs, repo: Repo) -> None:
    repo("config", "core.editor", "sed -i s/minutes/days/")
    lore("edit", FIRST, env={"EDITOR": "false", "VISUAL": "false"})
    assert "for days" in repo.read(".lore.md")


def test_a_stale_revision_is_refused_before_the_editor_starts(lore: Lorefs) -> None:
    lore("edit", FIRST, "--if-rev", "999", env={"GIT_EDITOR": "touch started"}, status=4)
    assert not (lore.path / "started").exists()


LINE = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1).map(
    lambda text: " ".join(text.split())
)
ENTRIES = st.builds(
    Entry,
    id=st.just(FIRST),
    title=LINE.filter(bool),
    category=LINE,
    content=st.lists(LINE).map(lambda lines: "\n".join(lines).strip()),
    confidence=st.floats(0, 1),
    status=st.sampled_from(STATUSES),
    sensitivity=st.sampled_from(SENSITIVITIES),
    tags=st.sets(LINE.filter(bool)).map(lambda tags: tuple(sorted(tags))),
    path=st.just(""),
    scope=st.just("team"),
    proposed_by=st.just(""),
    approved_by=st.just(""),
    approved_hash=st.just(""),
    extra=st.just(()),
    relations=st.sets(st.builds(Relation, st.sampled_from(RELATION_TYPES), st.just(FIRST))).map(
        lambda found: tuple(sorted(found))
    ),
)


@given(entry=ENTRIES)
@example(entry=Entry(FIRST, "Title", tags=("?0",)))
@settings(max_examples=40, deadline=None)
def test_a_buffer_that_nobody_touched_changes_nothing(entry: Entry) -> None:
    assert read_buffer(write_buffer(entry), entry) == {}


@given(entry=ENTRIES, other=ENTRIES)
@settings(max_examples=40, deadline=None)
def test_a_buffer_carries_every_field(entry: Entry, other: Entry) -> None:
    assert entry._replace(**read_buffer(write_buffer(other), entry)) == other


@pytest.mark.parametrize("bomb", ["a: " + "x" * 100_000, "a: " + "[" * 30_000, "a: &a [*a, *a]"])
def test_a_yaml_bomb_is_refused(bomb: str) -> None:
    bomb = f"---\n{bomb}\n---\n"
    with pytest.raises(UsageError):
        read_buffer(bomb, Entry(FIRST, "T"))
