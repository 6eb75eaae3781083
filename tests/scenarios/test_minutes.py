"""Ten minutes of three people, machines and programs, in seconds."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.convergence.fleet import DAY, NAMES, Fleet
from tests.convergence.replicas import repeatable, template, tip_of

MINUTES = 10
EDITS = 12  # a minute


def edit(fleet: Fleet, chance: random.Random, known: list[str]) -> None:
    """One edit of somebody, in the file, through lorefs or by SQL."""
    name = chance.choice(NAMES)
    if len(known) < 3 or chance.random() < 0.25:
        ways = (fleet.add, fleet.add_in_the_file, fleet.add_by_sql)
        known.append(chance.choice(ways)(name))
        return
    entry = chance.choice(known)
    changes: tuple[Callable[[str, str], None], ...] = (
        fleet.retitle, fleet.retitle_in_the_file, fleet.retitle_by_sql,
        fleet.remove, fleet.remove_in_the_file, fleet.remove_by_sql,
        lambda name, entry: fleet.set_confidence(name, entry, chance.randint(1, 99)),
    )  # fmt: skip
    chance.choices(changes, weights=(3, 3, 3, 1, 1, 1, 3))[0](name, entry)


def test_a_seed_repeats_a_run_to_the_last_byte(tmp_path: Path) -> None:
    """Ids of entries, machines and commits included, so that any failure comes again."""
    tips = []
    with repeatable():
        for again in ("once", "again"):
            chance = random.Random(5)
            fleet = Fleet(template(tmp_path / f"{again}-template", NAMES), tmp_path / again)
            fleet.set_clocks([-DAY, 0, DAY])
            known: list[str] = []
            for _ in range(15):
                edit(fleet, chance, known)
                if chance.random() < 0.3:
                    fleet.sync(chance.choice(NAMES))
            fleet.converge()
            tips.append(tip_of(tmp_path / again / "ada"))
    assert tips[0] == tips[1] != ""


@pytest.mark.parametrize("seed", [26, 2026])
def test_scenario_26_ten_minutes_of_edits_partitions_and_skew(tmp_path: Path, seed: int) -> None:
    with repeatable():
        ten_minutes(tmp_path, random.Random(seed))


def ten_minutes(folder: Path, chance: random.Random) -> None:
    fleet = Fleet(template(folder / "template", NAMES), folder / "fleet")
    skews = [-DAY, 0, DAY]
    chance.shuffle(skews)
    fleet.set_clocks(skews)
    known: list[str] = []
    for _ in range(MINUTES):
        for _ in range(EDITS):
            edit(fleet, chance, known)
            if chance.random() < 0.2:
                fleet.sync(chance.choice(NAMES))
        fleet.check_documents()
        if chance.random() < 0.5:
            fleet.cut(chance.choice(NAMES))
    fleet.converge()
    ledgers = [{each.id for each in clone.ledger()} for clone in fleet.clones.values()]
    assert ledgers[0] == ledgers[1] == ledgers[2]
    assert ledgers[0], "nothing clashed: the test is too tame"
