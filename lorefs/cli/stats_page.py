"""The counts of `lorefs stats` as one page that asks no other file or server for anything."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Final

from lorefs.cli.charts import charts
from lorefs.cli.output import one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lorefs.api.stats import Stats
    from lorefs.cli.charts import Bar

_STYLE: Final = """
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { margin: 2rem auto; max-width: 52rem; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; }
th { font-weight: normal; text-align: left; overflow-wrap: anywhere; width: 30%; }
td { padding: .1rem .5rem; } td.count { text-align: right; width: 4rem; }
td.bar { width: 40%; } td.remark { opacity: .7; font-size: .85rem; }
meter { width: 100%; height: 1rem; }
"""

_PAGE: Final = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Lore of {name}</title>
<style>{style}</style>
</head>
<body>
<h1>Lore of {name}</h1>
<p>{entries} entries</p>
{sections}
</body>
</html>
"""


def page(found: Stats, name: str) -> str:
    """The page; whatever stands in an entry or a name is shown, not obeyed."""
    sections = "\n".join(_section(heading, bars) for heading, bars in charts(found) if bars)
    return _PAGE.format(name=_text(name), style=_STYLE, entries=found.entries, sections=sections)


def _section(heading: str, bars: Sequence[Bar]) -> str:
    most = max(1, *(count for _, count, _ in bars))
    rows = "\n".join(
        f'<tr><th scope="row">{_text(name)}</th><td class="count">{count}</td>'
        f'<td class="bar"><meter max="{most}" value="{count}">{count}</meter></td>'
        f'<td class="remark">{_text(remark)}</td></tr>'
        for name, count, remark in bars
    )
    return f"<section>\n<h2>{_text(heading)}</h2>\n<table>\n{rows}\n</table>\n</section>"


def _text(text: str) -> str:
    return escape(one_line(text))
