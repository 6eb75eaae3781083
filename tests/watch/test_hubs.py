"""Watch reads further hubs by itself, beside the rest, be sync on or off."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from lorefs.cli.watching import state_lines, watch_json
from lorefs.sync.branch.hubs import INTERVAL
from lorefs.watch.cycle import CycleResult
from lorefs.watch.hubs import PAUSE, HubLook, Hubs, hubs_of
from lorefs.watch.journal import Journal, Line
from lorefs.watch.messages import Message
from lorefs.watch.state import HubTrouble, State, read, write
from tests.clones import Clone, Team
from tests.guests.conftest import opened
from tests.watch.conftest import Watching, eventually

NOW = 1_700_000_000_000


@pytest.fixture
def platform(tmp_path: Path) -> Team:
    """Another team's hub, which knows no realms."""
    found = Team(tmp_path / "platform")
    found.seed(**{"README.md": "code\n"})
    clone = writer(found)
    clone.add("Kernel", "Of the platform.")
    clone.sync()
    return found


def writer(platform: Team) -> Clone:
    return platform.clone("writer")


def reads(watching: Watching, platform: Team) -> None:
    """Have the repository read the hub, from its settings alone; sync is off."""
    watching.repo("config", "lorefs.hub.platform.url", str(platform.remote.path))


def hub_lines(printed: str) -> list[str]:
    return [line for line in printed.splitlines() if " hub" in line]


def test_a_hub_is_read_with_sync_off(watching: Watching, platform: Team) -> None:
    reads(watching, platform)
    process = watching.start()
    eventually(lambda: "Kernel" in watching.titles())
    time.sleep(0.5)  # the look ends after its rows are there
    printed = watching.end(process)
    assert "info hub-read hub=platform news=true" in printed
    assert watching.known().hubs == ()
    (hub,) = watching.status()["hubs"]
    assert (hub["hub"], hub["source"], hub["failures"]) == ("platform", "hub:platform", 0)


def test_trouble_with_a_hub_is_named_and_is_not_the_teams(
    watching: Watching, platform: Team
) -> None:
    reads(watching, platform)
    away = platform.remote.path.rename(platform.remote.path.with_name("away"))
    process = watching.start()
    eventually(lambda: watching.known().hubs)
    state = watching.known()
    assert [each.hub for each in state.hubs] == ["platform"]
    assert "does not appear to be a git repository" in state.hubs[0].error
    assert (state.errors, state.failing_since, state.totals.cycle_failures) == ((), None, 0)
    status = watching.lorefs("status").out
    assert "hub platform: last read never" in status.splitlines()
    assert status.count("does not appear to be a git repository") == 1
    assert "sync: " not in status
    assert watching.status()["hubs"][0]["failures"] == 1
    assert "watch?" not in watching.lorefs("status", "--short").out
    away.rename(platform.remote.path)
    watching.lorefs("sync")
    printed = watching.end(process)
    (line,) = hub_lines(printed)
    assert "warning hub-failed hub=platform message=" in line
    assert "does not appear to be a git repository" in line


def test_once(watching: Watching, platform: Team) -> None:
    reads(watching, platform)
    found = watching.lorefs("watch", "--once", "--json").json
    assert found["sync"] is None
    assert found["hubs"] == [{"hub": "platform", "news": True, "error": "", "hint": ""}]
    assert "Kernel" in watching.titles()
    assert watching.lorefs("watch", "--once", "--json").json["hubs"] == []  # that was just now


def test_once_names_a_hub_that_is_away(watching: Watching, platform: Team) -> None:
    reads(watching, platform)
    platform.remote.path.rename(platform.remote.path.with_name("away"))
    assert "hub platform: cannot be read: " in watching.lorefs("watch", "--once").out


# ---------------------------------------------------------------- one session's looks


@pytest.fixture
def reader(watching: Watching, platform: Team) -> Watching:
    reads(watching, platform)
    return watching


def test_looks_are_a_quarter_of_an_hour_apart(reader: Watching) -> None:
    told: list[Message] = []
    ended = threading.Event()

    def tell(message: Message) -> None:
        told.append(message)
        ended.set()

    with opened(reader.repo, {}) as workspace:
        hubs = Hubs(workspace, hubs_of(workspace, lambda: opened(reader.repo, {})), tell)
        assert hubs.due() <= time.monotonic()
        hubs.start_if_due(time.monotonic())
        assert hubs.due() == float("inf")
        assert ended.wait(30)
        (message,) = told
        assert (message.topic, message.hubs) == ("hubs", (HubLook("platform", news=True),))
        hubs.ended()
        wait = hubs.due() - time.monotonic()
        assert INTERVAL / 1000 - 60 < wait <= INTERVAL / 1000
        hubs.stop()
        # nor does another session look again at once
        again = Hubs(workspace, lambda: (), tell)
        assert again.due() - time.monotonic() > PAUSE
        again.start_if_due(time.monotonic())
        assert again.due() < float("inf")


def test_a_look_that_fails_as_a_whole_is_told_and_waits(reader: Watching) -> None:
    told: list[Message] = []
    ended = threading.Event()

    def look() -> tuple[HubLook, ...]:
        raise OSError(28, "No space left on device")

    def tell(message: Message) -> None:
        told.append(message)
        ended.set()

    with opened(reader.repo, {}) as workspace:
        hubs = Hubs(workspace, look, tell)
        hubs.start_if_due(time.monotonic())
        assert ended.wait(30)
        hubs.ended()
        assert hubs.due() - time.monotonic() > PAUSE - 5
        hubs.stop()
    (message,) = told
    assert message.result is not None
    assert not message.result.ok


def test_without_hubs_nothing_is_due(watching: Watching) -> None:
    with opened(watching.repo, {}) as workspace:
        assert hubs_of(workspace, lambda: workspace) is None
        hubs = Hubs(workspace, None, lambda _: None)
        assert (hubs.due(), hubs.troubles()) == (float("inf"), ())


def test_where_the_clock_went_back_a_hub_is_looked_at(reader: Watching) -> None:
    with opened(reader.repo, {}) as workspace:
        workspace.fetch_hubs()
        assert workspace.hubs_due_in() > 0
    reader.repo.clock.now -= 86_400
    with opened(reader.repo, {}) as workspace:
        assert workspace.hubs_due_in() == 0


# ---------------------------------------------------------------- what is said


@pytest.fixture
def said() -> tuple[Journal, Callable[[], list[str]]]:
    lines: list[Line] = []

    def taken() -> list[str]:
        found = [f"{line.level} {line.event} {line.facts.get('hub', '')}" for line in lines]
        lines.clear()
        return found

    return Journal(1, lambda: NOW, lines.append), taken


def test_a_line_tells_when_trouble_begins_and_ends(
    said: tuple[Journal, Callable[[], list[str]]],
) -> None:
    journal, lines = said
    trouble = HubTrouble("b", NOW, "nobody there")
    fine, news = HubLook("a"), HubLook("a", news=True)
    failed = HubLook("b", error="nobody there", hint="look there")
    journal.looked_at_hubs((fine,), ())
    assert lines() == []
    journal.looked_at_hubs((news, failed), (trouble,))
    assert lines() == ["warning hub failed b", "info hub read a"]
    assert [each.error for each in journal.state.hubs] == ["nobody there"]
    journal.looked_at_hubs((fine, failed), (trouble,))
    assert lines() == []
    journal.looked_at_hubs((), (HubTrouble("b", NOW, "no access"),))
    assert lines() == ["warning hub failed b"]
    journal.looked_at_hubs((HubLook("b"),), ())
    assert lines() == ["info hub read b"]
    assert not journal.state.hubs
    journal.hubs_failed(CycleResult(ok=False, error="no space"))
    assert lines() == ["warning hubs failed "]
    assert not journal.state.errors


def test_trouble_stands_in_the_state(tmp_path: Path) -> None:
    state = State(4711, NOW, NOW, hubs=(HubTrouble("b\x1b[31m", NOW - 60_000, "no\naccess"),))
    write(tmp_path, state)
    assert read(tmp_path) == state
    shown = ["".join(text for text, _ in line) for line in state_lines(state, 4711, NOW)]
    (line,) = [line for line in shown if line.startswith("  hub: ")]
    assert "\x1b" not in line
    assert line.endswith("cannot be read for 60 s: no")
    (hub,) = watch_json(state, 4711, NOW)["hubs"]
    assert hub["since"].startswith("2023-11-14")
