"""Three clones under `lorefs watch`, people saving and a program writing SQL, and a cut network."""

from __future__ import annotations

import contextlib
import json
import random
import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest

from tests.cli.terminal import command, environment
from tests.clones import DOCUMENT, Clone, Team, converge

PATIENCE = 60.0  # until all say the same; a busy machine needs some


@contextmanager
def watching(clone: Clone) -> Iterator[subprocess.Popen[bytes]]:
    """A real `lorefs watch`, ended by SIGTERM."""
    log = (clone.path.parent / f"{clone.path.name}.log").open("wb")
    with (
        log,
        subprocess.Popen(
            command("watch", "--json"),
            cwd=clone.path,
            env=environment(None),
            stdout=log,
            stderr=log,
            stdin=subprocess.DEVNULL,
        ) as process,
    ):
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(10)


def save(clone: Clone, title: str) -> None:
    """An editor that adds an entry and saves by renaming."""
    file = clone.path / DOCUMENT
    text = file.read_text() if file.exists() else "### Gotcha\n"
    new = file.with_name(".lore.md.swp~")
    new.write_text(f"{text}\n* **{title}**: Saved by hand.\n")
    new.replace(file)


def write_row(clone: Clone, title: str) -> None:
    """Another program that knows nothing but the table."""
    database = clone.path / ".git" / "lorefs" / "index.db"
    with contextlib.closing(sqlite3.connect(database, timeout=30)) as connection, connection:
        connection.execute(
            "INSERT INTO entries (title, content, category) VALUES (?, 'By SQL.', 'Gotcha')",
            (title,),
        )


def state(clone: Clone) -> tuple[str, str, str]:
    repo = clone.repo
    index = (repo.path / ".git" / "index").read_bytes().hex()
    return repo("rev-parse", "HEAD"), repo("status", "--porcelain"), index


def moved(clone: Clone) -> dict[str, int]:
    """What the log of a clone's watch says of all its exchanges."""
    log = clone.path.parent / f"{clone.path.name}.log"
    lines = map(json.loads, log.read_text().splitlines())
    found = [each for each in lines if each["event"] == "synced"]
    return {name: sum(each[name] for each in found) for name in ("pushed", "fetched", "bytes")}


def has_all(clone: Clone, titles: set[str]) -> bool:
    with suppress(OSError):
        text = (clone.path / DOCUMENT).read_text()
        return all(f"**{title}**" in text for title in titles)
    return False


@pytest.mark.timeout(240)
@pytest.mark.parametrize("seconds", [12, pytest.param(60, marks=pytest.mark.slow)])
def test_three_clones_converge_while_all_work(team: Team, seconds: float) -> None:
    clones = [team.clone(name) for name in ("ada", "bob", "cyd")]
    clones[0].add("First")
    converge(*clones)
    before = [state(clone) for clone in clones]
    chance = random.Random(7)
    titles: set[str] = set()
    away = Path(f"{team.remote.path}.away")
    with ExitStack() as stack:
        for clone in clones:
            stack.enter_context(watching(clone))
        start = time.monotonic()
        while (passed := time.monotonic() - start) < seconds:
            cut = seconds / 3 < passed < seconds / 2
            if cut != away.exists():
                team.remote.path.rename(away) if cut else away.rename(team.remote.path)
            title = f"Title {len(titles):03}"
            clone = chance.choice(clones)
            (save if chance.random() < 0.6 else write_row)(clone, title)
            titles.add(title)
            time.sleep(chance.uniform(0.05, 0.4))
        if away.exists():
            away.rename(team.remote.path)
        until = time.monotonic() + PATIENCE
        while not all(has_all(clone, titles) for clone in clones):
            missing = [{t for t in titles if f"**{t}**" not in c.text()} for c in clones]
            assert time.monotonic() < until, f"not everywhere: {missing}"
            time.sleep(0.2)
    converge(*clones)
    assert set(clones[0].titles()) == titles | {"First"}
    assert [state(clone) for clone in clones] == before
    for clone in clones:
        assert all(moved(clone).values()), moved(clone)
