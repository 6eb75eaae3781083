"""What an exchange settled, and what failed in it, is told: in the report, and to the commands."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any

import pytest

from lorefs.cli.cycle import cycle_json, write_cycle
from lorefs.watch.exchange import result_of
from tests.clones import Clone, Team


def told(clone: Clone, setting: str) -> Path:
    """A file that gets a line for each time that the command of a setting runs."""
    file = clone.path.parent / f"{clone.path.name}-{setting}"
    file.touch()
    clone.repo("config", f"lorefs.{setting}", f"cat >> {file}; echo >> {file}")
    return file


def lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text().splitlines()]


def clash(ada: Clone, bob: Clone) -> str:
    """Both change one field; Bob's change is on the remote then."""
    one = ada.add("One")
    ada.sync()
    bob.sync()
    ada.update(one, title="By Ada")
    bob.update(one, title="By Bob")
    bob.sync()
    return one


def test_what_a_merge_settles_is_told_where_it_is_made_and_where_it_arrives(
    ada: Clone, bob: Clone, capsys: pytest.CaptureFixture[str]
) -> None:
    files = [told(clone, "onConflict") for clone in (ada, bob)]
    one = clash(ada, bob)
    for clone, file in zip((ada, bob), files, strict=True):
        report = clone.sync()
        (record,) = [each.id for each in clone.ledger()]
        assert report.arrived.conflicts == (record,)
        assert report.arrived.discards == 1
        assert cycle_json(report)["conflicts"] == [record]
        assert result_of(report).conflicts == 1
        write_cycle(report, quiet=True)
        assert "conflicts: 1 new" in capsys.readouterr().out
        (facts,) = lines(file)
        (found,) = facts["records"]
        assert (found["id"], found["entry"], found["field"]) == (record, one, "title")
        again = clone.sync()
        assert (again.arrived.conflicts, len(lines(file))) == ((), 1)


def test_what_somebody_settled_on_the_way_is_no_conflict_here(
    ada: Clone, bob: Clone, team: Team
) -> None:
    clash(ada, bob)
    ada.sync()
    with ada.open() as workspace:
        (conflict,) = workspace.conflicts.open()
        workspace.conflicts.keep(conflict)
    ada.sync()
    file = told(bob, "onConflict")
    report = bob.sync()
    assert (report.arrived.conflicts, report.arrived.discards) == ((), 1)
    assert lines(file) == []
    assert team.clone("late").sync().arrived.conflicts == ()


def test_a_remote_that_is_gone_is_told_once_until_it_is_back(ada: Clone, team: Team) -> None:
    file = told(ada, "onFailure")
    ada.add("One")
    ada.sync()
    remote, away = team.remote.path, team.folder / "away.git"
    for count in (1, 2):
        remote.rename(away)
        assert not ada.try_sync().ok
        assert not ada.try_sync().ok
        ada.reconcile()  # which is no trouble, and does not make the other one new
        assert not ada.try_sync().ok
        (failure,) = lines(file)[-1]["failures"]
        assert "origin" in failure["message"]
        assert len(lines(file)) == count
        away.rename(remote)
        assert ada.sync().ok


def test_the_bytes_that_an_exchange_moved(ada: Clone, bob: Clone) -> None:
    """Noise does not compress, so there is a least number; 0 where nothing was moved."""
    noise = Random(1).randbytes(2000).hex()

    def moved(clone: Clone) -> int:
        with clone.open() as workspace:
            return workspace.traffic(workspace.sync())

    one = ada.add("One", content=noise)
    assert 2_000 < moved(ada) < 6_000  # four bits in each of 4,000 digits
    assert moved(ada) == 0
    assert 2_000 < moved(bob) < 6_000
    assert moved(bob) == 0
    bob.add("Two")
    ada.update(one, confidence=0.5)
    moved(bob)
    both = moved(ada)
    assert both > moved(bob) > 0
