"""Two machines change the same lore: what stands, and what the ledger keeps."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from lorefs.install import driver_command, init
from lorefs.repo import Git, locate
from tests.cli.terminal import Lorefs
from tests.clones import DOCUMENT, Clone, Team, converge
from tests.convergence.replicas import sql
from tests.gitrepo import Repo
from tests.lore import document, entries, entry, ident

DAY = 86_400_000  # milliseconds
ALPHA, BETA, GAMMA = (
    entry(number, name, f"The {name.lower()} text.")
    for number, name in enumerate(("Alpha", "Beta", "Gamma"), 1)
)
BASE, WITHOUT_BETA = document(ALPHA, BETA, GAMMA), document(ALPHA, GAMMA)
EDITED = BASE.replace("The beta text.", "A better text.")


def records(clone: Clone) -> set[tuple[str, str]]:
    """Entry and field of what the ledger of a clone holds."""
    return {(each.discard.entry, each.discard.field) for each in clone.ledger()}


def losers(clone: Clone) -> str:
    return " ".join(f"{each.discard.ours} {each.discard.theirs}" for each in clone.ledger())


def test_scenario_01_title_and_tags_of_one_entry(ada: Clone, bob: Clone) -> None:
    one = ada.add("One")
    converge(ada, bob)
    ada.update(one, title="Title by Ada")
    bob.update(one, tags_add=("by-bob",))
    converge(ada, bob)
    for clone in (ada, bob):
        found = clone.entries()[one]
        assert (found.title, found.tags) == ("Title by Ada", ("by-bob",))
        assert clone.ledger() == []


@pytest.mark.parametrize("ahead", ["ada", "bob"])
def test_scenario_02_both_titles_with_clocks_days_apart(ada: Clone, bob: Clone, ahead: str) -> None:
    one = ada.add("One")
    converge(ada, bob)
    (ada if ahead == "ada" else bob).skew = 2 * DAY
    ada.update(one, title="By Ada")
    bob.update(one, title="By Bob")
    converge(ada, bob)
    assert ada.entries()[one].title == bob.entries()[one].title
    (loser,) = {"By Ada", "By Bob"} - {ada.entries()[one].title}
    for clone in (ada, bob):
        assert loser in losers(clone)
        assert [each.resolved_at for each in clone.ledger()] == [None]


def test_scenario_03_a_removed_tag_stays_removed(ada: Clone, bob: Clone) -> None:
    one = ada.add("One")
    ada.update(one, tags_add=("x", "y"))
    converge(ada, bob)
    ada.update(one, tags_remove=("x",))
    bob.update(one, tags_add=("z",))
    converge(ada, bob)
    assert ada.entries()[one].tags == bob.entries()[one].tags == ("y", "z")


def test_scenario_04_an_edit_against_a_deletion_in_sync(ada: Clone, bob: Clone) -> None:
    one = ada.add("One")
    converge(ada, bob)
    ada.remove(one)
    bob.update(one, content="Still true.")
    converge(ada, bob)
    for clone in (ada, bob):
        assert clone.entries()[one].content == "Still true."
        assert (one, "existence") in records(clone)


@pytest.mark.parametrize("edited", ["main", "topic"])
def test_scenario_04_an_edit_against_a_deletion_in_the_driver(repo: Repo, edited: str) -> None:
    init(Git(locate(repo.path), os.environ))
    repo.commit("base", **{DOCUMENT: BASE})
    repo("branch", "topic")
    for branch in ("main", "topic"):
        repo("switch", "-q", branch)
        repo.commit(branch, **{DOCUMENT: EDITED if branch == edited else WITHOUT_BETA})
    repo("switch", "-q", "main")
    repo("merge", "-q", "topic")
    clone = Clone(repo)
    assert clone.entries()[ident(2)].content == "A better text."
    assert records(clone) == {(ident(2), "existence")}


def test_scenario_04_an_edit_against_a_deletion_on_the_command_line(repo: Repo) -> None:
    repo.commit("base", **{DOCUMENT: BASE})
    base = repo("rev-parse", "HEAD")
    ours = repo.commit("edit", **{DOCUMENT: EDITED})
    repo("switch", "-q", "--detach", base)
    theirs = repo.commit("delete", **{DOCUMENT: WITHOUT_BETA})
    for sides in ((ours, theirs), (theirs, ours)):
        done = Lorefs(repo.path)("merge-tree", base, *sides, "--json", status=1)
        assert done.json["documents"] == {DOCUMENT: EDITED}
        (discard,) = done.json["discards"]
        assert (discard["entry"], discard["field"]) == (ident(2), "existence")


@pytest.mark.parametrize("by", ["the row", "the file"])
def test_scenario_04_an_edit_against_a_deletion_between_row_and_file(repo: Repo, by: str) -> None:
    repo.commit("base", **{DOCUMENT: BASE})
    clone = Clone(repo)
    clone.reconcile()
    if by == "the row":
        sql(clone, "UPDATE entries SET content = 'A better text.' WHERE id = ?", ident(2))
        clone.write(WITHOUT_BETA)
    else:
        sql(clone, "DELETE FROM entries WHERE id = ?", ident(2))
        clone.write(EDITED)
    assert clone.entries()[ident(2)].content == "A better text."
    assert "A better text." in clone.text()
    assert records(clone) == {(ident(2), "existence")}


@pytest.mark.parametrize("database", ["kept", "made anew"])
def test_scenario_05_weeks_offline_bring_back_nothing(
    ada: Clone, bob: Clone, database: str
) -> None:
    one, two = ada.add("One"), ada.add("Two")
    converge(ada, bob)
    ada.remove(one)
    for number in range(3):
        ada.skew += 7 * DAY
        ada.update(two, title=f"Two in week {number}")
        ada.sync()
    if database == "made anew":
        for file in (bob.path / ".git" / "lorefs").glob("index.db*"):
            file.unlink()
    assert one in bob.text()
    bob.sync()
    converge(ada, bob)
    for clone in (ada, bob):
        assert clone.titles() == ["Two in week 2"]
        assert one not in clone.text()


ODD = f"""\
# Lore, kept by hand

### Gotcha

<!-- lore:{ident(1)} -->
<!-- {{ "tags": ['b' , a],   x-own: {{deep: [1,2]}}, confidence: 0.50 }} -->
- **Odd**: the body.

<!-- a comment between entries -->
"""


def test_scenario_06_what_nobody_edited_keeps_its_bytes(ada: Clone, bob: Clone) -> None:
    ada.write(ODD)
    ada.reconcile(discover=True)
    converge(ada, bob)
    assert bob.text() == ODD
    bob.update(ident(1), content="another body.")
    converge(ada, bob)
    assert ada.text() == bob.text() == ODD.replace("the body.", "another body.")
    ada.update(ident(1), tags_add=("c",))
    converge(ada, bob)
    assert "x-own: {deep: [1,2]}, confidence: 0.50 }" in bob.text()
    assert bob.entries()[ident(1)].tags == ("a", "b", "c")


def test_scenario_07_a_stale_clone_sends_nothing(ada: Clone, bob: Clone, team: Team) -> None:
    one = ada.add("One")
    converge(ada, bob)
    ada.update(one, title="Uno")
    ada.sync()
    before = team.tip()
    for _ in range(2):
        report = bob.sync()
        assert not report.committed
        assert report.exchanges[0].sent == 0
    assert team.tip() == bob.tip == before
    assert bob.titles() == ["Uno"]


# ---- the driver in trouble


Branches = Callable[[str, str, str], Repo]


@pytest.fixture
def branches(repo: Repo) -> Branches:
    """A function that makes a base and one commit on each of two branches; main is out."""

    def make(base: str, ours: str, theirs: str) -> Repo:
        init(Git(locate(repo.path), os.environ))
        repo("config", "core.hooksPath", "/dev/null")
        repo.commit("base", **({DOCUMENT: base} if base else {}))
        repo("branch", "topic")
        repo.commit("ours", **{DOCUMENT: ours})
        repo("switch", "-q", "topic")
        repo.commit("theirs", **{DOCUMENT: theirs})
        repo("switch", "-q", "main")
        return repo

    return make


OURS = BASE.replace("The alpha text.", "Alpha by us.")
THEIRS = BASE.replace("The gamma text.", "Gamma by them.")

FAILURES = {
    "missing": "/nowhere/python",
    "crashes": "false",
    "is killed": "kill -9 $$",
}


@pytest.mark.parametrize("failure", FAILURES)
def test_scenario_18_a_driver_that_fails_is_never_plain_ours(
    branches: Branches, tmp_path: Path, failure: str
) -> None:
    repo = branches(BASE, OURS, THEIRS)
    python = tmp_path / "python"
    python.write_text(f"#!/bin/sh\n{FAILURES[failure]}\n")
    python.chmod(0o755)
    program = FAILURES[failure] if failure == "missing" else str(python)
    repo("config", "merge.lorefs.driver", driver_command(program))
    done = repo.run("merge", "-q", "topic")
    text = repo.read(DOCUMENT)
    assert "Alpha by us." in text
    assert "Gamma by them." in text
    assert (done.returncode == 0) == ("<<<<<<<" not in text)


def test_scenario_18_a_criss_cross_history(branches: Branches) -> None:
    repo = branches(BASE, OURS, THEIRS)
    repo("branch", "other-main", "main")
    repo("merge", "-q", "topic")
    repo("switch", "-q", "topic")
    repo("merge", "-q", "other-main")
    repo.commit("more", **{DOCUMENT: repo.read(DOCUMENT).replace("**Beta**", "**Beta by them**")})
    repo("switch", "-q", "main")
    repo.commit("more", **{DOCUMENT: repo.read(DOCUMENT).replace("Alpha by us.", "Alpha again.")})
    assert len(repo("merge-base", "--all", "main", "topic").split()) == 2
    repo("merge", "-q", "topic")
    found = entries(repo.read(DOCUMENT))
    assert found[ident(1)].content == "Alpha again."
    assert found[ident(2)].title == "Beta by them"
    assert found[ident(3)].content == "Gamma by them."


def test_scenario_18_a_document_added_on_both_sides(branches: Branches) -> None:
    repo = branches("", document(entry(1, "Ours")), document(entry(2, "Theirs")))
    repo("merge", "-q", "topic")
    assert {each.title for each in entries(repo.read(DOCUMENT)).values()} == {"Ours", "Theirs"}


@pytest.mark.parametrize("form", ["CRLF", "no final newline"])
def test_scenario_18_line_ends_survive(branches: Branches, form: str) -> None:
    def shaped(text: str) -> str:
        return text.replace("\n", "\r\n") if form == "CRLF" else text.rstrip("\n")

    repo = branches(shaped(BASE), shaped(OURS), shaped(THEIRS))
    repo("merge", "-q", "topic")
    assert repo.read(DOCUMENT) == shaped(OURS.replace("The gamma text.", "Gamma by them."))


# ---- added twice


def test_scenario_19_one_text_added_on_two_machines(ada: Clone, bob: Clone) -> None:
    ada.add("Seed")
    converge(ada, bob)
    first, second = ada.add("Same", "The same text."), bob.add("Same", "The same text.")
    converge(ada, bob)
    for clone in (ada, bob):
        assert {first, second} <= set(clone.entries())
        assert clone.ledger() == []


def test_scenario_19_one_id_added_twice(ada: Clone, bob: Clone) -> None:
    ada.add("Seed")
    converge(ada, bob)
    for clone, content in ((ada, "As Ada says."), (bob, "As Bob says.")):
        clone.write(f"{clone.text()}\n{entry(8, 'Twice', content)}\n")
        clone.reconcile()
    converge(ada, bob)
    found = ada.entries()[ident(8)].content
    assert found == bob.entries()[ident(8)].content
    (loser,) = {"As Ada says.", "As Bob says."} - {found}
    for clone in (ada, bob):
        assert loser in losers(clone)
