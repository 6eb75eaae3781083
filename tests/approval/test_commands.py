"""The command line, for those who propose and those who approve."""

from __future__ import annotations

from typing import Any

import pytest

from tests.approval.conftest import ADA, BOB, REVIEW, be
from tests.cli.terminal import Lorefs
from tests.clones import Clone
from tests.lore import ident

ANTS, BEES = ident(1), ident(2)


@pytest.fixture
def lorefs(here: Clone) -> Lorefs:
    """The command line of Bob."""
    return Lorefs(here.path)


def test_what_somebody_proposes_waits(lorefs: Lorefs) -> None:
    done = lorefs("add", "Dogs bark", "--category", "Gotcha", "--content", "At night.")
    new = done.out.strip()
    assert done.err.startswith(f"waits: {new[-8:]}  Dogs bark\nhint: ")
    done = lorefs("edit", BEES, "--title", "Bees sting", "--confidence", "0.5")
    assert "proposed: " in done.err
    done = lorefs("rm", ANTS)
    assert (done.out, "proposed to remove: " in done.err) == ("", True)
    shown = lorefs("review").out
    assert f"{new[-8:]}  new entry  Dogs bark\n  by {BOB}, " in shown
    assert f", {REVIEW}\n  Gotcha\n    At night.\n" in shown
    assert "  title\n    Bees{+ sting+}\n  confidence  0.8 → 0.5\n" in shown
    assert "  removal  Ants\n" in shown
    assert shown.endswith(f"hint: 3 proposals; {ADA} may approve\n")
    assert f"review: 3 proposals wait for {ADA}" in lorefs("status").out
    refused = lorefs("approve", new, status=5).err
    assert f"{BOB} may not approve here; {ADA} may" in refused
    assert "may not approve" in lorefs("add", "Eels", "--approve", status=5).err
    assert "may not move" in lorefs("mv", ANTS, ".", status=5).err


@pytest.mark.parametrize("who", [ADA, BOB])
def test_what_waits_makes_no_document_of_the_team(lorefs: Lorefs, here: Clone, who: str) -> None:
    be(here.repo, who)
    (here.path / "api").mkdir()
    lorefs("add", "Dogs bark", "--path", "api")
    assert [each.name for each in (here.path / "api").iterdir()] == [REVIEW]
    with here.open() as workspace:
        assert workspace.store.documents.state("api/.lore.md") is None
    (proposal,) = lorefs("review", "--json").json
    lorefs("approve", proposal["proposal"]["id"], status=0 if who == ADA else 5)
    assert (here.path / "api" / ".lore.md").exists() == (who == ADA)


def test_what_waits_is_not_read_by_accident(lorefs: Lorefs, here: Clone) -> None:
    here.add("Dogs bark")
    assert [line.split("\t")[3] for line in lorefs("list").lines] == ["Ants", "Bees"]
    pending = lorefs("list", "--status", "pending").lines
    assert [line.split("\t")[3] for line in pending] == ["Dogs bark"]
    assert lorefs("search", "bark").out == ""
    assert "Dogs" not in lorefs("context", "--query", "dogs").out
    assert "Dogs" in lorefs("export").out  # which is to lose nothing


def test_an_approver_settles_it(lorefs: Lorefs, here: Clone) -> None:
    new = here.add("Dogs bark")
    here.update(BEES, title="Bees sting")
    here.remove(ANTS)
    found = {each["kind"]: each for each in lorefs("review", "--json").json}
    change = found["change"]
    assert (change["target"]["title"], change["wanted"]["title"]) == ("Bees", "Bees sting")
    proposal = change["proposal"]["id"]
    assert f"would be approved as {change['hash']}" in lorefs("review", proposal).out

    be(here.repo, ADA)
    assert lorefs("status", "--json", status=1).json["proposals"] == 3  # they wait for her
    assert lorefs("approve", new, "--if-rev", "nonsense", status=4).out == ""
    assert lorefs("approve", proposal, "--if-rev", change["hash"]).out.startswith("approved ")
    assert f"approved by {ADA}\nproposed by {BOB}\n" in lorefs("show", BEES).out
    gone = found["removal"]["proposal"]["id"]
    lorefs("reject", gone, status=2)
    assert "rejected" in lorefs("reject", gone, "--why", "They are there.").out
    shown = lorefs("review", "--rejected").out
    assert "rejected: They are there." in shown
    assert shown.endswith("hint: 1 proposal; ada@example.invalid may approve\n")
    assert lorefs("approve", new, "--json").json[0]["approved_by"] == ADA
    assert lorefs("review").out == "nothing waits for approval\n"
    here.edit("**Bees sting**", "**Bees hum**")
    assert f"approved by {ADA}  changed since it was approved" in lorefs("show", BEES).out


def test_what_a_hand_wrote_is_told_once(lorefs: Lorefs, here: Clone) -> None:
    lorefs("list")
    here.write(here.text() + "* **Dogs bark**: at night.\n")
    told = lorefs("list").err
    assert told.startswith(f"warning: 1 entry waits for approval in {REVIEW}: Dogs bark\n")
    assert lorefs("list").err == ""


def test_a_terminal_gets_colours_and_obeys_nothing(lorefs: Lorefs, here: Clone) -> None:
    lorefs("edit", BEES, "--title", "Bees \x1b]0;sting\x07 now")
    shown = lorefs.on_terminal("review").out
    assert "\x1b]0" not in shown
    assert "<U+001B>" in shown
    assert "\x1b[" in shown
    del here


@pytest.mark.parametrize("command", ["review", "approve", "reject"])
def test_every_command_explains_itself(lorefs: Lorefs, command: str) -> None:
    shown = lorefs(command, "--help").out
    assert "Examples:" in shown
    assert all(len(line) <= 100 for line in shown.splitlines())


def test_an_agent_proposes_and_sees_the_queue(here: Clone) -> None:
    pytest.importorskip("mcp", reason="the extra lorefs[mcp] is not installed")
    from tests.mcp.test_server import ask, work

    be(here.repo, ADA)  # whose agent it is gives it no say

    async def job(agent: Any) -> None:  # noqa: ANN401  # the extra may be missing
        added = await ask(agent, "add", title="Dogs bark", content="At night.")
        assert (added["scope"], added["status"]) == ("review", "pending")
        (waits,) = (await ask(agent, "proposals"))["proposals"]
        assert (waits["kind"], waits["wanted"]["title"]) == ("new", "Dogs bark")
        be(here.repo, BOB)
        changed = await ask(agent, "update", id=ANTS, title="Emmets")
        assert changed["title"] == "Ants"
        assert [each["title"] for each in changed["waits"]] == ["Emmets"]
        listed = await ask(agent, "list")
        assert [each["title"] for each in listed["entries"]] == ["Ants", "Bees"]

    work(Lorefs(here.path), job)
