"""Whether the machine runs on battery, where the system says so in files."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Final

SUPPLIES: Final = Path("/sys/class/power_supply")


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
