"""What the machine's power means to a schedule: sleep counts as time, and a battery is small."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path
from typing import Final

SUPPLIES: Final = Path("/sys/class/power_supply")


_CLOCK: Final = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def seconds() -> float:
    """Seconds on a clock that never goes back, and that goes on while the machine sleeps.

    So what fell due meanwhile is done when it wakes. Only Linux has such a clock.
    """
    return time.clock_gettime(_CLOCK)


def on_battery(supplies: Path = SUPPLIES) -> bool:
    """Whether a battery is being used up and no power comes from elsewhere."""
    discharging = False
    with suppress(OSError):
        for supply in supplies.iterdir():
            if _says(supply / "online") == "1":
                return False
            discharging |= _says(supply / "status") == "Discharging"
    return discharging


def _says(file: Path) -> str:
    try:
        return file.read_text(encoding="ascii", errors="replace").strip()
    except OSError:
        return ""
