"""When watch does what: properties of the schedule, on a clock that tests hold."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lorefs.core import schedule
from lorefs.core.schedule import (
    DEBOUNCE,
    HELD,
    IDLE_POLL,
    LAST_RETRY,
    LONGEST,
    SSH_POLL,
    SYNC_DEBOUNCE,
    SYNC_LONGEST,
    Batch,
    Kind,
    Pace,
)

TIMES = st.floats(0, 1e6, allow_nan=False)
STEPS = st.floats(0, 5, allow_nan=False)
JITTER = st.floats(0, 1)
KINDS: list[Kind] = ["closed", "created", "moved", "deleted", "directory"]
BESIDE = (
    ".lore.md~ .lore.md.swp .#.lore.md #.lore.md# 4913 sedAbCdEf ..lore.md.lorefs-12.new"
    " .lore.md.tmp .lore.md.lock lore.md .lore.md.orig"
).split()


def walk(start: float, steps: list[float]) -> list[float]:
    times = [start]
    for step in steps:
        times.append(times[-1] + step)
    return times


# ---------------------------------------------------------------- what matters


@pytest.mark.parametrize("kind", KINDS[:-1])
@pytest.mark.parametrize("name", [".lore.md", ".lore.review.md", ".lore.local.md"])
def test_every_event_of_a_document_matters(name: str, kind: Kind) -> None:
    assert schedule.interesting(name, kind) == "document"
    assert schedule.interesting(f"src/deep/{name}", kind) == "document"


@pytest.mark.parametrize("name", BESIDE)
def test_what_editors_leave_beside_a_document_does_not(name: str) -> None:
    assert {schedule.interesting(f"src/{name}", kind) for kind in KINDS[:-1]} == {None}


@given(st.lists(st.sampled_from(["a", ".git", "b.c"])), st.sampled_from(KINDS))
def test_nothing_in_a_git_directory_matters(parts: list[str], kind: Kind) -> None:
    path = "/".join([*parts, ".git", ".lore.md"])
    assert schedule.interesting(path, kind) is None


def test_directories_and_settings_matter() -> None:
    assert schedule.interesting("src", "directory") == "directory"
    assert schedule.interesting("src/.gitignore", "closed") == "ignores"
    assert schedule.interesting("pyproject.toml", "closed") == "settings"
    assert schedule.interesting("sub/pyproject.toml", "closed") is None
    assert schedule.interesting("src/main.c", "closed") is None


@pytest.mark.parametrize(
    ("name", "what"),
    [("HEAD", "head"), ("logs/HEAD", "head"), ("MERGE_HEAD", "head"), ("SQUASH_MSG", "head"),
     ("BISECT_LOG", "head"), ("config", "settings"), ("config.worktree", "settings"),
     ("index", None), ("HEAD.lock", None), ("COMMIT_EDITMSG", None)],
)  # fmt: skip
def test_what_matters_of_git(name: str, what: str | None) -> None:
    assert schedule.interesting_to_git(name) == what


@pytest.mark.parametrize(
    ("url", "ssh"),
    [("ssh://git@example.invalid/x", True), ("git+ssh://h/x", True), ("git@h:x.git", True),
     ("h:x", True), ("https://h/x", False), ("/srv/x.git", False), ("../a:b", False),
     ("file:///srv/x", False), ("x", False)],
)  # fmt: skip
def test_which_remotes_are_reached_by_ssh(url: str, ssh: bool) -> None:
    assert schedule.over_ssh(url) is ssh


# ---------------------------------------------------------------- batches


def test_nothing_happened() -> None:
    assert schedule.due(Batch()) is None


@given(TIMES, st.lists(STEPS, max_size=30))
def test_a_batch_is_due_after_a_pause_and_never_late(start: float, steps: list[float]) -> None:
    batch = Batch()
    for now in walk(start, steps):
        batch = schedule.gathered(batch, now, documents=[str(now)])
        due = schedule.due(batch)
        assert due is not None
        assert due <= start + LONGEST, "an endless loop of saves would never be taken in"
        assert due <= now + DEBOUNCE
        assert due == pytest.approx(min(now + DEBOUNCE, start + LONGEST))
    assert batch.events == len(steps) + 1
    assert batch.documents == {str(now) for now in walk(start, steps)}


@given(TIMES, st.lists(st.floats(0, DEBOUNCE * 0.99), max_size=3))
def test_a_burst_is_one_batch(start: float, steps: list[float]) -> None:
    times = walk(start, steps)
    batch = Batch()
    for now, following in pairwise(times):
        batch = schedule.gathered(batch, now)
        due = schedule.due(batch)
        assert due is not None
        assert due >= min(following, start + LONGEST)


def test_what_a_batch_gathers_stays() -> None:
    batch = schedule.gathered(Batch(), 1, directories=["a"], wide=True)
    batch = schedule.gathered(batch, 2, directories=["b"], documents=["c"], events=3)
    assert batch.directories == {"a", "b"}
    assert batch.documents == {"c"}
    assert (batch.wide, batch.events, batch.first, batch.last) == (True, 4, 1, 2)


@given(TIMES, st.lists(st.floats(0.01, 5), min_size=1, max_size=200))
def test_git_holds_a_batch_but_not_for_ever(start: float, steps: list[float]) -> None:
    batch = schedule.gathered(Batch(), start)
    for now in walk(start, steps):
        waiting = schedule.held(batch, now)
        if waiting is None:
            assert now - start >= HELD
            return
        assert now - start < HELD
        batch = waiting
        due = schedule.due(batch)
        assert due is not None
        assert now <= due <= start + HELD or due == now + DEBOUNCE
        assert due <= start + HELD


@given(TIMES, st.integers(1, 99), JITTER)
def test_a_batch_that_failed_is_tried_again(now: float, failures: int, jitter: float) -> None:
    batch = schedule.gathered(Batch(), now, documents=["a"])
    again = schedule.failed(batch, now, failures, jitter)
    due = schedule.due(again)
    assert due is not None
    assert now < due <= now + 60
    assert again.documents == {"a"}
    later = schedule.due(schedule.gathered(again, now + 0.1))
    assert later is not None
    assert later >= due, "an event must not hurry what fails"


@given(TIMES, st.floats(0, 100), st.booleans())
def test_looking_at_everything_takes_a_small_part_of_the_time(
    last: float, took: float, polling: bool
) -> None:
    following = schedule.next_rescan(last, took, polling=polling)
    assert following - last >= took * 19.99
    assert following - last >= 9.99
    glance = schedule.next_glance(last, took, polling=polling)
    assert (glance is not None) == polling
    if glance is not None:
        assert last + took * 19.99 <= glance <= following + 1e-6


@given(st.integers(-3, 10_000), JITTER, JITTER)
def test_backoff_grows_to_a_bound_and_spreads(failures: int, jitter: float, other: float) -> None:
    def pause(count: int, jitter: float) -> float:
        return schedule.backoff(count, jitter, first=5, most=300)

    assert 0 <= pause(failures, jitter) <= 300
    assert pause(failures, 0) <= pause(failures + 1, 0)
    if failures > 0:
        assert pause(failures, jitter) >= 2.5
        assert pause(failures, max(jitter, other)) <= pause(failures, min(jitter, other))
    else:
        assert pause(failures, jitter) == 0


# ---------------------------------------------------------------- the remote


def test_the_first_cycle_is_at_once() -> None:
    assert schedule.next_cycle(Pace(), 7.0) == 7.0


@given(TIMES, st.lists(STEPS, max_size=30), st.booleans())
def test_local_changes_are_sent_soon(start: float, steps: list[float], ssh: bool) -> None:
    pace = Pace(ended=start, active=start, ssh=ssh)
    for now in walk(start, steps):
        pace = schedule.changed(pace, now)
        following = schedule.next_cycle(pace, 0)
        assert following <= now + SYNC_DEBOUNCE
        assert following <= start + SYNC_LONGEST
        if not ssh:
            continue
        assert following >= min(now + SYNC_DEBOUNCE, start + SYNC_LONGEST, start + SSH_POLL)


@given(TIMES, st.floats(0, 1e5), st.floats(0, 1e5), st.booleans(), st.booleans())
def test_the_remote_is_asked_less_and_less_often(
    active: float, idle: float, more: float, ssh: bool, battery: bool
) -> None:
    def interval(idle: float) -> float:
        ended = active + idle
        pace = Pace(active=active, ended=ended, ssh=ssh, battery=battery)
        return schedule.next_cycle(pace, 0) - ended

    slower = 2 if battery else 1
    assert interval(idle) <= interval(idle + more) + 1e-6
    assert (SSH_POLL if ssh else 5) * slower - 1e-6 <= interval(idle)
    assert interval(idle) <= IDLE_POLL * slower + 1e-6
    assert interval(3001) == pytest.approx(IDLE_POLL * slower)
    assert interval(0) == pytest.approx((SSH_POLL if ssh else 5) * slower)


@given(TIMES, st.integers(1, 50), JITTER)
def test_failures_slow_it_down_and_changes_wait(now: float, failures: int, jitter: float) -> None:
    pace = schedule.changed(Pace(), now)
    for _ in range(failures):
        pace = schedule.cycled(pace, now, now, ok=False, active=False, jitter=jitter)
    assert pace.failures == failures
    assert pace.first_change == now, "the change was not sent"
    first = schedule.next_cycle(pace, 0)
    assert now < first <= now + LAST_RETRY
    assert schedule.next_cycle(schedule.changed(pace, now), 0) == first
    done = schedule.cycled(pace, first, first, ok=True, active=False, jitter=0)
    assert (done.failures, done.first_change) == (0, None)


def test_what_changed_during_a_cycle_waits_for_the_next() -> None:
    pace = schedule.changed(schedule.changed(Pace(), 1.0), 12.0)
    done = schedule.cycled(pace, 10.0, 13.0, ok=True, active=False, jitter=0)
    assert (done.first_change, done.last_change, done.active) == (12.0, 12.0, 12.0)
    assert schedule.next_cycle(done, 0) == 12.0 + SYNC_DEBOUNCE
    quiet = schedule.cycled(done, 17.0, 18.0, ok=True, active=True, jitter=0)
    assert (quiet.first_change, quiet.active, quiet.ended) == (None, 18.0, 18.0)
