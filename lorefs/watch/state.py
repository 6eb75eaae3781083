"""What watch says about itself, in `<git dir>/lorefs/watch.json`: for `status` and `metrics`.

Times are milliseconds since 1970, durations seconds. The file is replaced as a whole, so that
no reader sees half of it; it stays when watch ends.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any, Final, TypeVar

if TYPE_CHECKING:
    from pathlib import Path

NAME: Final = "watch.json"
VERSION: Final = 1
ERRORS: Final = 5  # the newest are kept
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Totals:
    """Counted since watch started."""

    reconciles: int = 0
    reconcile_failures: int = 0
    reconcile_seconds: float = 0.0
    added: int = 0
    edited: int = 0
    deleted: int = 0
    written: int = 0
    discards: int = 0
    rescans: int = 0
    overflows: int = 0
    cycles: int = 0
    cycle_failures: int = 0
    cycle_seconds: float = 0.0
    pushed: int = 0
    fetched: int = 0
    conflicts: int = 0
    bytes: int = 0


@dataclass(frozen=True, slots=True)
class Reconciled:
    """The last reconcile that changed something."""

    at: int
    seconds: float
    added: int = 0
    edited: int = 0
    deleted: int = 0
    written: int = 0


@dataclass(frozen=True, slots=True)
class Cycled:
    """The last exchange with the remote."""

    at: int
    seconds: float
    ok: bool
    error: str = ""
    pushed: int = 0
    fetched: int = 0
    conflicts: int = 0
    bytes: int = 0


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that failed, and what helps ("" if that is not known)."""

    at: int
    message: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class HubTrouble:
    """A further hub that cannot be read since a time, and why."""

    hub: str
    since: int
    error: str


@dataclass(frozen=True, slots=True)
class State:
    """Where watch stands.

    `queue` counts events that were not taken in yet, the oldest of which came at `oldest`.
    `limited` says why events do not tell of everything, "" if they do; then files are looked at
    every few seconds. `failing_since` is when the present row of failed cycles began.
    `reconcile_failures` counts the failures since the last reconcile that worked. `hubs` are the
    further hubs that cannot be read, which is no trouble of the team's.
    """

    pid: int
    started_at: int
    updated_at: int = 0
    stopped_at: int | None = None
    directories: int = 0
    limited: str = ""
    queue: int = 0
    oldest: int | None = None
    rescan_at: int | None = None
    rescan_reason: str = ""
    reconcile_failures: int = 0
    sync: bool = False
    next_cycle_at: int | None = None
    last_success_at: int | None = None
    failing_since: int | None = None
    reconcile: Reconciled | None = None
    cycle: Cycled | None = None
    errors: tuple[Trouble, ...] = ()
    hubs: tuple[HubTrouble, ...] = ()
    totals: Totals = field(default_factory=Totals)

    def lag(self, now: int) -> float:
        """How many seconds the oldest event has been waiting, 0 without any."""
        return 0.0 if self.oldest is None else max(0, now - self.oldest) / 1000

    def with_trouble(self, at: int, message: str, hint: str) -> State:
        """This state with one more error."""
        last = self.errors[-1] if self.errors else None
        # the same failure again is one failure that goes on
        same = last is not None and (last.message, last.hint) == (message, hint)
        kept = self.errors[:-1] if same else self.errors[1 - ERRORS :]
        return replace(self, errors=(*kept, Trouble(at, message, hint)))


def as_of(state: State | None, pid: int | None) -> State | None:
    """What of a state still holds while `pid` watches, None for nobody.

    A watch that was killed leaves behind what waited then, which nobody sees to any more; and
    nothing that another one wrote is true of a watch that only begins.
    """
    if state is not None and pid is None:
        return replace(
            state, directories=0, limited="", queue=0, oldest=None, next_cycle_at=None
        )  # fmt: skip
    return state if state is None or pid in (0, state.pid) else None


def write(folder: Path, state: State) -> None:
    """Replace the file; raises `OSError` where that is not possible."""
    new = folder / f".{NAME}.new"  # of the one watch that there is
    text = json.dumps({"version": VERSION, **asdict(state)}, ensure_ascii=True)
    new.write_text(text + "\n", encoding="ascii")
    new.replace(folder / NAME)


def read(folder: Path) -> State | None:
    """What a watch wrote last; None if none ever did, or the file cannot be understood."""
    try:
        data = json.loads((folder / NAME).read_bytes())
        if data.pop("version") != VERSION:
            return None
        state = _built(State, data)
        return replace(
            state,
            reconcile=_built(Reconciled, data["reconcile"]) if data["reconcile"] else None,
            cycle=_built(Cycled, data["cycle"]) if data["cycle"] else None,
            errors=tuple(_built(Trouble, each) for each in data["errors"]),
            hubs=tuple(_built(HubTrouble, each) for each in data.get("hubs", ())),
            totals=_built(Totals, data["totals"]),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _built(kind: type[T], data: dict[str, Any]) -> T:
    """A dataclass from the fields that it knows."""
    known = {each.name for each in fields(kind)}  # type: ignore[arg-type]  # all of them are
    return kind(**{name: value for name, value in data.items() if name in known})
