"""The files of `templates/`, which stand in the package where that was built and installed."""

from __future__ import annotations

from importlib import resources
from pathlib import Path


def template(name: str) -> str:
    """The text of one of them."""
    packaged = resources.files("lorefs") / "templates" / name
    if packaged.is_file():
        return packaged.read_text(encoding="utf-8")
    checkout = Path(__file__).resolve().parents[2] / "templates" / name
    return checkout.read_text(encoding="utf-8")
