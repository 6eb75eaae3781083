"""docs/backup.md names what there is, with the defaults that hold."""

from __future__ import annotations

import re
from pathlib import Path

from lorefs.config import Config
from lorefs.config.keys import KEYS, written

DOC = Path(__file__).resolve().parents[2] / "docs" / "backup.md"


def test_every_setting_is_listed_with_its_default() -> None:
    text = DOC.read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `(backup\.\w+)` \|.*\| (.*?) ?\|$", text, flags=re.MULTILINE))
    keys = {key.name: written(key.value(Config())) for key in KEYS if key.section == "backup"}
    assert {name: cell.strip("`") for name, cell in rows.items()} == keys
