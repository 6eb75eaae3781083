"""Two people who decide at the same time about what waits: one outcome, on every machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.approval.conftest import ADA, BOB, REVIEW, TEAM
from tests.clones import Clone, converge
from tests.clones import Team as Hub
from tests.lore import document, entry, ident

CLEO = "cleo@example.invalid"
POLICY = f"---\npolicy: {{approval: manual, approvers: [{ADA}, {CLEO}]}}\n---\n\n"
WAITS = f"status: pending, proposed_by: {BOB}"


@pytest.fixture(params=[0, 600, -600], ids=["at once", "ada late", "ada early"])
def people(tmp_path: Path, request: pytest.FixtureRequest) -> tuple[Clone, Clone]:
    """Two approvers, with an entry of Bob's that waits; Ada's clock is off by some seconds."""
    hub = Hub(tmp_path)
    hub.seed(**{"README.md": "code\n"})
    ada, cleo = hub.clone("ada"), hub.clone("cleo")
    for clone, email in ((ada, ADA), (cleo, CLEO)):
        clone.repo("config", "user.email", email)
    ada.write(POLICY + document(entry(1, "Ants")))
    ada.write(document(entry(2, "Bees", meta=WAITS)), REVIEW)
    ada.reconcile(discover=True)
    converge(ada, cleo)
    ada.skew = request.param
    return ada, cleo


def approve(clone: Clone, number: int) -> None:
    with clone.open() as workspace:
        workspace.approve([ident(number)])


def reject(clone: Clone, number: int) -> None:
    with clone.open() as workspace:
        workspace.reject([ident(number)], "It is not so.")


@pytest.mark.parametrize("first", ["approval", "rejection"])
def test_what_somebody_approved_of_stands(people: tuple[Clone, Clone], first: str) -> None:
    ada, cleo = people
    approve(ada, 2)
    reject(cleo, 2)
    pair = (ada, cleo) if first == "approval" else (cleo, ada)
    converge(*pair)
    for clone in pair:
        found = clone.entries()[ident(2)]
        assert (found.scope, found.status, found.approved_by) == ("team", "active", ADA)
        assert "reject" not in clone.text()
        assert "Bees" not in clone.text(REVIEW)
        assert clone.tree()[TEAM] == clone.text().rstrip("\n")
        (record,) = clone.ledger()
        assert (record.discard.field, record.discard.reason) == ("status", "approved")
        assert not clone.sync().doubts


@pytest.mark.parametrize("first", ["approval", "rejection"])
def test_also_of_what_waited_among_the_teams(people: tuple[Clone, Clone], first: str) -> None:
    ada, cleo = people
    ada.write(POLICY + document(entry(1, "Ants"), entry(3, "Cats", meta=WAITS)))
    converge(ada, cleo)
    approve(ada, 3)
    reject(cleo, 3)
    pair = (ada, cleo) if first == "approval" else (cleo, ada)
    converge(*pair)
    for clone in pair:
        found = clone.entries()[ident(3)]
        assert (found.scope, found.status, found.approved_by) == ("team", "active", ADA)
        assert "Cats" not in clone.text(REVIEW)
        assert "reject" not in clone.text()


@pytest.mark.parametrize("first", ["approval", "rejection"])
@pytest.mark.parametrize("kind", ["change", "removal"])
def test_a_proposal_that_was_carried_out_is_gone(
    people: tuple[Clone, Clone], first: str, kind: str
) -> None:
    ada, cleo = people
    about = f"{WAITS}, proposes: {ident(1)}{', removes: true' if kind == 'removal' else ''}"
    ada.write(document(entry(4, "Emmets", meta=about)), REVIEW)
    converge(ada, cleo)
    with ada.open() as workspace:
        workspace.approve([ident(4)], force=True)
    reject(cleo, 4)
    pair = (ada, cleo) if first == "approval" else (cleo, ada)
    converge(*pair)
    for clone in pair:
        assert clone.titles() == (["Emmets"] if kind == "change" else [])
        assert "Emmets" not in clone.text(REVIEW)
        assert not clone.sync().doubts
        assert {each.discard.reason for each in clone.ledger()} <= {"delete-edit"}


def test_a_rejection_that_also_says_something_else_is_kept(people: tuple[Clone, Clone]) -> None:
    ada, cleo = people
    about = f"{WAITS}, proposes: {ident(1)}"
    ada.write(document(entry(4, "Emmets", meta=about)), REVIEW)
    converge(ada, cleo)
    with ada.open() as workspace:
        workspace.approve([ident(4)], force=True)
    reject(cleo, 4)
    cleo.edit("Emmets", "Pismires", REVIEW)
    converge(ada, cleo)
    assert "Pismires" in ada.text(REVIEW)
    assert "Emmets" in ada.text()
