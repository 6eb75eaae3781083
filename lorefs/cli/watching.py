"""How watch looks: a line of its log, and where it stands."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from lorefs.cli.listing import timestamp
from lorefs.cli.output import counted, json_text, one_line
from lorefs.errors import telling

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lorefs.cli.output import Span
    from lorefs.watch.cycle import CycleResult
    from lorefs.watch.hubs import HubLook
    from lorefs.watch.journal import Line
    from lorefs.watch.state import Cycled, State

SILENT: Final = 180  # seconds after which a watch that says nothing is not well
_UNITS: Final = ((86_400, "day", "days"), (3600, "h", "h"), (60, "min", "min"))
_SURE: Final = 2  # how many of a unit there have to be to tell the time in it


# ---------------------------------------------------------------- a line of the log


def line_text(line: Line) -> str:
    """A line as `time level event key=value …`; values that hold blanks are JSON strings."""
    words = [timestamp(line.at), line.level, line.event.replace(" ", "-")]
    words += [f"{name}={_word(value)}" for name, value in line.facts.items() if value != ""]
    return " ".join(words)


def line_json(line: Line) -> str:
    """A line as a JSON object on one line."""
    facts = {"time": timestamp(line.at), "level": line.level, "event": line.event}
    return json_text(facts | dict(line.facts), indent=None)


def _word(value: object) -> str:
    if isinstance(value, bool | int | float):
        return str(value).lower()
    text = one_line(str(value))
    plain = text and not set(text) & set(' "=\\')
    return text if plain else json.dumps(text, ensure_ascii=False)


def line_spans(line: Line) -> list[Span]:
    """A line for a person who looks on."""
    style = {"info": "", "warning": "yellow", "error": "red"}[line.level]
    facts = [
        name if value is True else one_line(value) if isinstance(value, str) else f"{value} {name}"
        for name, value in line.facts.items()
        if value not in ("", 0, False) and name != "seconds"
    ]
    return [(f"{line.event}  ", style), (", ".join(facts), "dim" if not style else "")]


# ---------------------------------------------------------------- where it stands


def watch_json(state: State | None, pid: int | None, now: int) -> dict[str, Any]:
    """Where watch stands, for programs; `pid` is that of the running watch."""
    if state is None:
        return {"running": pid is not None, "pid": pid}
    found = asdict(state)
    for name in list(found):
        if name.endswith("_at") or name in {"oldest", "failing_since"}:
            found[name] = None if found[name] is None else timestamp(found[name])
    for part in filter(None, (found["reconcile"], found["cycle"], *found["errors"])):
        part["at"] = timestamp(part["at"])
    for hub in found["hubs"]:
        hub["since"] = timestamp(hub["since"])
    running = pid is not None
    return found | {"running": running, "pid": pid, "lag": state.lag(now) if running else 0.0}


def state_lines(state: State | None, pid: int | None, now: int) -> Iterator[list[Span]]:
    """Where watch stands, in a few lines for a person."""
    if pid is None or state is None:
        yield [("watch: ", "bold"), ("off" if pid is None else f"starting (process {pid})", "")]
        return
    silent = (now - state.updated_at) / 1000
    words = f"process {pid}, {counted(state.directories, 'directory', 'directories')}"
    if state.stopped_at is not None:
        words = f"process {pid} watches nothing any more"
    if state.queue:
        words += f", {state.queue} waiting (lag {state.lag(now):.1f} s)"
    yield [("watch: ", "bold green"), (words, "")]
    if silent > SILENT:
        yield [("  says nothing ", "bold red"), (f"for {_duration(silent)}", "")]
    if state.limited:
        yield [("  limited: ", "yellow"), (f"{one_line(state.limited)}; ", ""),
               ("files are looked at every few seconds", "")]  # fmt: skip
    if state.reconcile is not None:
        last = state.reconcile
        counts = {"added": last.added, "edited": last.edited, "deleted": last.deleted,
                  "written": last.written}  # fmt: skip
        parts = ", ".join(f"{count} {what}" for what, count in counts.items() if count)
        yield [("  last change: ", "dim"), (f"{_ago(last.at, now)}, {parts}", "")]
    if state.rescan_at is not None:
        words = f"{_ago(state.rescan_at, now)} ({state.rescan_reason})"
        yield [("  last look at everything: ", "dim"), (words, "")]
    yield from _sync_lines(state, now)
    for hub in state.hubs:
        words = f"{one_line(hub.hub)} cannot be read for {_duration((now - hub.since) / 1000)}: "
        yield [("  hub: ", "yellow"), (words + one_line(telling(hub.error)), "")]
    yield from _error_lines(state, now)


def _sync_lines(state: State, now: int) -> Iterator[list[Span]]:
    if not state.sync:
        return
    following = "is under way"
    if state.next_cycle_at is not None:
        following = f"in {_duration(max(0, state.next_cycle_at - now) / 1000)}"
    if state.cycle is None:
        if state.stopped_at is None:
            yield [("  sync: ", "dim"), (f"the first {following}", "")]
        return
    following = f", next {following}" if state.stopped_at is None else ""
    yield [("  sync: ", "dim"), (f"{_ago(state.cycle.at, now)}, ", ""), *cycle_words(state.cycle),
           (following, "")]  # fmt: skip
    if state.failing_since is not None:
        yield [("  fails since ", "bold red"), (_duration((now - state.failing_since) / 1000), ""),
               ("; changes wait and are sent when it works again", "")]  # fmt: skip


def _error_lines(state: State, now: int) -> Iterator[list[Span]]:
    """What failed last, if it still does."""
    if state.errors and (state.reconcile_failures or state.failing_since is not None):
        last = state.errors[-1]
        yield [("  error: ", "bold red"), (one_line(last.message), ""),
               (f", {_ago(last.at, now)}", "dim")]  # fmt: skip
        if last.hint:
            yield [("  hint: ", "bold"), (one_line(last.hint), "")]


def cycle_words(cycle: Cycled | CycleResult, noun: str = "commit") -> list[Span]:
    """What an exchange with the remote did; `noun` is what it counts."""
    if not cycle.ok:
        return [(f"failed: {one_line(cycle.error)}", "red")]
    counts = {"sent": cycle.pushed, "received": cycle.fetched}
    parts = [f"{counted(n, noun, f'{noun}s')} {what}" for what, n in counts.items() if n]
    if cycle.conflicts:
        parts.append(counted(cycle.conflicts, "conflict", "conflicts"))
    return [(", ".join(parts) or "nothing new", "")]


def look_words(look: HubLook) -> list[Span]:
    """How it went with a further hub."""
    label: Span = (f"hub {one_line(look.hub)}: ", "bold")
    if look.error:
        return [label, (f"cannot be read: {one_line(look.error)}", "yellow")]
    return [label, ("fetched what is new" if look.news else "nothing new", "")]


def short_line(entries: int, conflicts: int, state: State | None, pid: int | None) -> str:
    """Where things stand, for a prompt: `lore 12 !1 watch`, a `?` behind what is not well."""
    words = [f"lore {entries}"]
    if conflicts:
        words.append(f"!{conflicts}")
    if pid is not None and state is not None:
        ill = state.reconcile_failures or state.failing_since is not None
        words.append("watch?" if ill else "watch")
    return " ".join(words)


def _ago(at: int, now: int) -> str:
    return f"{_duration((now - at) / 1000)} ago"


def _duration(seconds: float) -> str:
    for size, one, many in _UNITS:
        if seconds >= _SURE * size:
            number = round(seconds / size)
            return f"{number} {one if number == 1 else many}"
    return f"{max(0, round(seconds))} s"
