"""The merge driver, as git runs it."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from lorefs.api import Workspace
from lorefs.install import driver_command, init
from lorefs.repo import Git, locate
from tests.gitrepo import Repo
from tests.lore import document, entries, entry, ident, titles

BASE = document(
    entry(1, "Alpha", "one two three four five"),
    entry(2, "Beta", "The beta text."),
    entry(3, "Gamma", "The gamma text.", meta="confidence: 0.8, tags: [x, y]"),
)


def install(repo: Repo) -> None:
    init(Git(locate(repo.path), os.environ))


@pytest.fixture
def team(repo: Repo) -> Repo:
    """A repository with the driver and a document on `main`, and a branch `topic` at the same."""
    repo.once(make_team, make_team)
    return repo


def make_team(repo: Repo) -> None:
    install(repo)
    repo.commit("base", **{".lore.md": BASE})
    repo("branch", "topic")


def edit(repo: Repo, branch: str, *changes: tuple[str, str], name: str = ".lore.md") -> str:
    """Commit replacements in the document on a branch; returns the commit."""
    repo("switch", "--quiet", branch)
    text = repo.read(name)
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return repo.commit(f"edit on {branch}", **{name: text})


def ledger(repo: Repo) -> list[tuple[str, str, str]]:
    """What the ledger holds: entry, field and reason of each record."""
    with Workspace.open(repo.path, env=os.environ, clock=lambda: 1) as workspace:
        workspace.reconcile(discover=True)
        return [
            (record.discard.entry, record.discard.field, record.discard.reason)
            for record in workspace.store.ledger.records()
        ]


def test_different_words_of_one_paragraph_both_stand(team: Repo) -> None:
    edit(team, "topic", ("one two", "ONE two"))
    edit(team, "main", ("four five", "four FIVE"))
    team("merge", "--quiet", "topic")
    assert entries(team.read(".lore.md"))[ident(1)].content == "ONE two three four FIVE"


def test_entries_added_at_one_place_both_stay(team: Repo) -> None:
    edit(team, "topic", ("The beta text.", "The beta text.\n\n" + entry(7, "Delta")))
    edit(team, "main", ("The beta text.", "The beta text.\n\n" + entry(8, "Cappa")))
    team("merge", "--quiet", "topic")
    assert titles(team.read(".lore.md")) == ["Alpha", "Beta", "Cappa", "Delta", "Gamma"]


def test_plain_git_conflicts_where_the_driver_does_not(team: Repo) -> None:
    team("config", "--remove-section", "merge.lorefs")
    edit(team, "topic", ("The beta text.", "The beta text.\n\n" + entry(7, "Delta")))
    edit(team, "main", ("The beta text.", "The beta text.\n\n" + entry(8, "Cappa")))
    assert team.run("merge", "--quiet", "topic").returncode == 1


def test_a_clash_puts_markers_into_that_entry_alone(team: Repo) -> None:
    edit(team, "topic", ("**Beta**", "**Beta of topic**"), ("gamma text", "gamma words"))
    edit(team, "main", ("**Beta**", "**Beta of main**"), ("one two", "ONE two"))
    assert team.run("merge", "topic").returncode == 1
    assert team("diff", "--name-only", "--diff-filter=U") == ".lore.md"
    text = team.read(".lore.md")
    marked = (
        f"<!-- lore:{ident(2)} -->\n<<<<<<< HEAD\n* **Beta of main**: The beta text.\n=======\n"
        "* **Beta of topic**: The beta text.\n>>>>>>> topic\n"
    )
    assert marked in text
    assert text.count("<<<<<<<") == 1
    rest = entries(text)
    assert rest[ident(1)].content.startswith("ONE two")
    assert rest[ident(3)].content == "The gamma words."


def test_the_users_conflict_style_shows_the_base(team: Repo) -> None:
    team("config", "merge.conflictStyle", "diff3")
    edit(team, "topic", ("**Beta**", "**Beta of topic**"))
    edit(team, "main", ("**Beta**", "**Beta of main**"))
    assert team.run("merge", "topic").returncode == 1
    assert "||||||| base\n* **Beta**: The beta text.\n=======\n" in team.read(".lore.md")


def test_metadata_that_both_changed_merges_by_key(team: Repo) -> None:
    edit(team, "topic", ("tags: [x, y]", "tags: [y]"))
    edit(team, "main", ("tags: [x, y]", 'tags: [x, y, "new tag"]'), ("0.8", "0.5"))
    team("merge", "--quiet", "topic")
    found = entries(team.read(".lore.md"))[ident(3)]
    assert (found.tags, found.confidence) == (("new tag", "y"), 0.5)


def test_an_edit_stays_against_a_deletion_and_the_ledger_knows(team: Repo) -> None:
    edit(team, "topic", ("The beta text.", "The better beta text."))
    edit(team, "main", (entry(2, "Beta", "The beta text.") + "\n\n", ""))
    team("merge", "--quiet", "topic")
    assert entries(team.read(".lore.md"))[ident(2)].content == "The better beta text."
    assert ledger(team) == [(ident(2), "existence", "delete-edit")]


def test_a_deletion_of_an_unchanged_entry_stands(team: Repo) -> None:
    edit(team, "topic", (entry(2, "Beta", "The beta text.") + "\n\n", ""))
    edit(team, "main", ("one two", "ONE two"))
    team("merge", "--quiet", "topic")
    assert ident(2) not in team.read(".lore.md")


def test_an_older_version_gives_way_to_the_newer_under_merge(team: Repo) -> None:
    edit(team, "topic", ("**Beta**", "**Beta two**"))
    team("switch", "--quiet", "main")
    team("merge", "--quiet", "--squash", "topic")
    team("commit", "--quiet", "--message", "squashed")
    edit(team, "main", ("**Beta two**", "**Beta three**"))
    edit(team, "topic", ("one two", "ONE two"))
    team("switch", "--quiet", "main")
    team("merge", "--quiet", "topic")
    found = entries(team.read(".lore.md"))
    assert found[ident(2)].title == "Beta three"
    assert found[ident(1)].content.startswith("ONE")
    assert ledger(team) == [(ident(2), "title", "superseded")]


def test_a_cherry_pick_means_what_it_says(team: Repo) -> None:
    edit(team, "topic", ("**Beta**", "**Beta two**"))
    old = team("rev-parse", "topic")
    edit(team, "main", ("**Beta**", "**Beta two**"))
    edit(team, "main", ("**Beta two**", "**Beta three**"))
    assert team.run("cherry-pick", old).returncode == 1
    assert "<<<<<<<" in team.read(".lore.md")


def test_the_settings_come_from_the_merge_base(repo: Repo) -> None:
    install(repo)
    front = "---\nlorefs: 1\nmerge:\n  title: lww\n---\n\n"
    repo.commit("base", **{".lore.md": front + BASE})
    repo("branch", "topic")
    edit(repo, "topic", ("**Beta**", "**Beta of topic**"))
    edit(repo, "main", ("**Beta**", "**Beta of main**"))
    repo("merge", "--quiet", "topic")
    assert entries(repo.read(".lore.md"))[ident(2)].title == "Beta of main"


def with_settings(repo: Repo, merge: str) -> None:
    """The driver, a document whose front matter says how to merge, and a branch `topic`."""
    install(repo)
    repo.commit("base", **{".lore.md": f"---\nlorefs: 1\nmerge: {merge}\n---\n\n{BASE}"})
    repo("branch", "topic")


@pytest.mark.parametrize("operation", ["merge", "cherry-pick"])
def test_a_union_of_sets_counts_though_sets_never_clash(repo: Repo, operation: str) -> None:
    with_settings(repo, "{tags: union}")
    edit(repo, "topic", ("tags: [x, y]", "tags: [w, y]"))
    edit(repo, "main", ("tags: [x, y]", "tags: [x, y, z]"))
    repo(operation, "topic")
    assert entries(repo.read(".lore.md"))[ident(3)].tags == ("w", "x", "y", "z")


def test_a_category_left_to_a_person_is_marked_at_both_places(repo: Repo) -> None:
    with_settings(repo, "{category: conflict}")
    gamma = entry(3, "Gamma", "The gamma text.", meta="confidence: 0.8, tags: [x, y]")
    edit(repo, "topic", (gamma, f"### Pattern\n\n{gamma}"))
    edit(repo, "main", (gamma, f"### Decision\n\n{gamma}"))
    assert repo.run("merge", "topic").returncode == 1
    text = repo.read(".lore.md")
    assert f"### Decision\n\n<<<<<<< HEAD\n{gamma}\n=======\n>>>>>>> topic\n" in text
    assert f"### Pattern\n\n<<<<<<< HEAD\n=======\n{gamma}\n>>>>>>> topic\n" in text
    assert repo("diff", "--name-only", "--diff-filter=U") == ".lore.md"


@pytest.mark.parametrize("operation", ["rebase", "cherry-pick", "revert", "stash"])
def test_other_operations_merge_by_entry_too(team: Repo, operation: str) -> None:
    mine = "The beta text.\n\n" + entry(8, "Cappa")
    edit(team, "topic", ("The beta text.", "The beta text.\n\n" + entry(7, "Delta")))
    match operation:
        case "rebase":
            edit(team, "main", ("The beta text.", mine))
            team("switch", "--quiet", "topic")
            team("rebase", "--quiet", "main")
        case "cherry-pick":
            edit(team, "main", ("The beta text.", mine))
            team("cherry-pick", "topic")
        case "revert":
            edit(team, "main", ("one two", "ONE two"))
            edit(team, "main", ("The gamma", "A gamma"), ("ONE two", "one two"))
            edit(team, "main", ("The beta text.", mine))
            team("revert", "--no-edit", "HEAD~1")
            team("cherry-pick", "topic")
            assert "The gamma" in team.read(".lore.md")
        case _:
            team("switch", "--quiet", "main")
            team.write(".lore.md", team.read(".lore.md").replace("The beta text.", mine))
            team("stash", "--quiet")
            team("merge", "--quiet", "topic")
            team("stash", "pop", "--quiet")
    assert titles(team.read(".lore.md")) == ["Alpha", "Beta", "Cappa", "Delta", "Gamma"]


def test_a_criss_cross_history(team: Repo) -> None:
    first = edit(team, "topic", ("one two", "ONE two"))
    edit(team, "main", ("**Gamma**", "**Gamma two**"))
    second = team("rev-parse", "main")
    team("merge", "--quiet", first)
    team("switch", "--quiet", "topic")
    team("merge", "--quiet", second)
    assert len(team("merge-base", "--all", "main", "topic").split()) == 2
    edit(team, "topic", ("**Gamma two**", "**Gamma three**"))
    edit(team, "main", ("ONE two", "ONE 2"))
    team("merge", "--quiet", "topic")
    found = entries(team.read(".lore.md"))
    assert found[ident(3)].title == "Gamma three"
    assert found[ident(1)].content == "ONE 2 three four five"


def test_a_document_added_on_both_sides(team: Repo) -> None:
    for branch, number in (("topic", 7), ("main", 8)):
        team("switch", "--quiet", branch)
        text = document(entry(5, "Shared"), entry(number, f"From {branch}"))
        team.commit("add", **{"pkg/.lore.md": text})
    team("merge", "--quiet", "topic")
    assert titles(team.read("pkg/.lore.md")) == ["Shared", "From main", "From topic"]


def test_a_document_renamed_on_one_side(team: Repo) -> None:
    team("switch", "--quiet", "topic")
    (team.path / "docs").mkdir()
    team("mv", ".lore.md", "docs/.lore.md")
    team("commit", "--quiet", "--message", "rename")
    edit(team, "topic", ("one two", "ONE two"), name="docs/.lore.md")
    edit(team, "main", ("four five", "four FIVE"))
    team("merge", "--quiet", "topic")
    text = team.read("docs/.lore.md")
    assert entries(text)[ident(1)].content == "ONE two three four FIVE"


@pytest.mark.parametrize("form", ["crlf", "no final newline", "bom"])
def test_bytes_that_nobody_changed_survive(repo: Repo, form: str) -> None:
    install(repo)
    repo("config", "core.autocrlf", "false")
    text = BASE + "\n" + entry(9, "Omega", "The last one.") + "\n"
    match form:
        case "crlf":
            text = text.replace("\n", "\r\n")
        case "no final newline":
            text = text.rstrip("\n")
        case _:
            text = "\ufeff" + text
    repo.commit("base", **{".lore.md": text})
    repo("branch", "topic")
    edit(repo, "topic", ("one two", "ONE two"))
    edit(repo, "main", ("four five", "four FIVE"), ("beta text", "beta words"))
    repo("merge", "--quiet", "topic")
    expected = text.replace("one two three four five", "ONE two three four FIVE")
    assert repo.read(".lore.md") == expected.replace("beta text", "beta words")


def test_names_that_a_shell_would_take_apart(repo: Repo) -> None:
    install(repo)
    name = 'it\'s a "dir" $HOME/.lore.md'
    repo.commit("base", **{name: BASE})
    repo("branch", "topic")
    edit(repo, "topic", ("one two", "ONE two"), name=name)
    edit(repo, "main", ("four five", "four FIVE"), name=name)
    repo("merge", "--quiet", "topic")
    assert "ONE two three four FIVE" in repo.read(name)


def test_a_linked_worktree(team: Repo, tmp_path: Path) -> None:
    edit(team, "topic", ("one two", "ONE two"))
    edit(team, "main", ("four five", "four FIVE"))
    team("switch", "--quiet", "--detach")
    team("worktree", "add", "--quiet", str(tmp_path / "linked"), "main")
    linked = Repo(tmp_path / "linked")
    linked("merge", "--quiet", "topic")
    assert "ONE two three four FIVE" in linked.read(".lore.md")


def broken(tmp_path: Path, body: str) -> str:
    """The driver's command with an interpreter that does something else."""
    program = tmp_path / "python that breaks"
    program.write_text(f"#!/bin/sh\n{body}\n")
    program.chmod(0o755)
    return driver_command(str(program))


@pytest.mark.parametrize(
    "body", ["exit 1", "exit 2", "exit 70", "kill -9 $$", "kill -TERM $$", "exit 127"], ids=str
)
def test_a_driver_that_fails_leaves_a_merge_or_markers(
    team: Repo, tmp_path: Path, body: str
) -> None:
    team("config", "merge.lorefs.driver", broken(tmp_path, body))
    edit(team, "topic", ("one two", "ONE two"), ("The gamma", "Their gamma"))
    edit(team, "main", ("four five", "four FIVE"))
    assert team.run("merge", "topic").returncode == 1
    text = team.read(".lore.md")
    assert "ONE two three four five" in text
    assert "one two three four FIVE" in text
    assert "<<<<<<< ours" in text
    assert "Their gamma" in text


def test_a_driver_that_raises_leaves_a_merge_or_markers(team: Repo) -> None:
    """What it settled cannot be noted, so it must not be settled."""
    team.write(".git/lorefs", "no directory\n")
    edit(team, "topic", ("The beta text.", "The better beta text."))
    edit(team, "main", (entry(2, "Beta", "The beta text.") + "\n\n", ""))
    assert team.run("merge", "topic").returncode == 1
    assert "<<<<<<< ours" in team.read(".lore.md")
    assert "The better beta text." in team.read(".lore.md")


def test_a_program_that_is_gone_leaves_the_merge_to_git(team: Repo, tmp_path: Path) -> None:
    team("config", "merge.lorefs.driver", driver_command(str(tmp_path / "gone")))
    edit(team, "topic", ("The gamma", "Their gamma"))
    edit(team, "main", ("one two", "ONE two"))
    team("merge", "--quiet", "topic")
    assert "Their gamma" in team.read(".lore.md")
    assert "ONE two" in team.read(".lore.md")


def test_binary_content_is_never_plain_ours(team: Repo, tmp_path: Path) -> None:
    team("config", "merge.lorefs.driver", driver_command(str(tmp_path / "gone")))
    without_check(team)
    edit(team, "topic", ("The gamma", "Their\0 gamma"))
    edit(team, "main", ("The gamma", "My\0 gamma"))
    assert team.run("merge", "topic").returncode == 1
    text = team.read(".lore.md")
    assert "<<<<<<< ours" in text
    assert "Their\0 gamma" in text
    assert "My\0 gamma" in text


def without_check(team: Repo) -> None:
    """Let commits hold what the pre-commit hook would refuse: not everybody has it."""
    (team.path / ".git/hooks/pre-commit").unlink()


def test_text_that_is_not_utf8_survives(team: Repo) -> None:
    without_check(team)
    edit(team, "topic", ("The beta text.", "The beta \udc97 text."))
    edit(team, "main", ("one two", "ONE two"))
    team("merge", "--quiet", "topic")
    assert b"The beta \x97 text." in (team.path / ".lore.md").read_bytes()


def test_an_aborted_merge_leaves_nothing_in_the_ledger(team: Repo) -> None:
    edit(team, "topic", ("The beta text.", "The better beta text."), ("**Alpha**", "**A1**"))
    edit(team, "main", (entry(2, "Beta", "The beta text.") + "\n\n", ""), ("**Alpha**", "**A2**"))
    assert team.run("merge", "topic").returncode == 1
    assert list((team.path / ".git/lorefs/spool").glob("*.json"))
    team("merge", "--abort")
    assert ledger(team) == []
    assert not list((team.path / ".git/lorefs/spool").glob("*.json"))


def test_an_octopus_skips_drivers_and_loses_nothing(team: Repo) -> None:
    edit(team, "topic", ("one two", "ONE two"))
    team("switch", "--quiet", "--create", "second", "main")
    edit(team, "second", ("The gamma", "A gamma"))
    edit(team, "main", ("The beta", "A beta"))
    team("merge", "--quiet", "topic", "second", ok=False)
    text = team.read(".lore.md")
    assert "A beta" in text


def test_the_driver_needs_neither_typer_nor_libgit2() -> None:
    code = (
        "import sys, lorefs.driver; "
        "bad = {'typer', 'pygit2', 'click', 'rich', 'ruamel', 'sqlite3', 'subprocess', 'pathlib',"
        " 'json', 'logging', 'argparse'} & set(sys.modules);"
        " sys.exit(str(sorted(bad)) if bad else 0)"
    )
    package = Path(__file__).resolve().parents[2]
    run = f"import sys; sys.path.insert(0, {str(package)!r}); {code}"
    command = f"{shlex.quote(sys.executable)} -I -S -c {shlex.quote(run)}"
    assert os.system(command) == 0  # noqa: S605 (our own command)


Make = Callable[..., Repo]


def test_a_submodule(make_repo: Make) -> None:
    inner, outer = make_repo("inner"), make_repo("outer")
    inner.commit("base", **{".lore.md": BASE})
    outer("submodule", "--quiet", "add", str(inner.path), "sub")
    sub = Repo(outer.path / "sub")
    install(sub)
    sub.commit("attributes")
    sub("branch", "topic")
    edit(sub, "topic", ("one two", "ONE two"))
    edit(sub, "main", ("four five", "four FIVE"))
    sub("merge", "--quiet", "topic")
    assert "ONE two three four FIVE" in sub.read(".lore.md")
