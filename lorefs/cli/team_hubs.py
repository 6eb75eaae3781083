"""`lorefs team add` and `lorefs team remove`: further hubs, which are only read."""

from __future__ import annotations

from typing import Annotated

import typer

from lorefs.cli.here import open_workspace
from lorefs.cli.options import Json
from lorefs.cli.output import can_ask, counted, one_line, write_json, write_lines
from lorefs.store import Filter


def add(
    name: Annotated[str, typer.Argument(help="What its entries are marked with.")],
    address: Annotated[str, typer.Argument(metavar="URL|PATH", help="Where the hub is.")],
    realm: Annotated[
        str, typer.Option(metavar="R", help="Which of its realms; none where it has none.")
    ] = "",
    branch: Annotated[
        str, typer.Option(metavar="B", help="The branch of its lore, if not called like yours.")
    ] = "",
    json: Json = False,
) -> None:
    """Read a further hub beside your own.

    Nothing is ever written there. It is fetched now, and by every `lorefs sync`. That is a setting
    of this clone alone.
    """
    asks = can_ask()
    with open_workspace() as workspace:
        found = workspace.add_hub(name, address, realm=realm, branch=branch, interactive=asks)
        count = len(workspace.entries(Filter(source=found.source)))
    if json:
        write_json({"hub": name, "source": found.source, "entries": count})
        return
    entries = counted(count, "entry", "entries")
    write_lines([
        [("done: ", "bold green"), (f"reads {one_line(found.source)}: {entries}", "")],
        [("next: ", "bold"), (f"`lorefs list --source {one_line(found.source)}`", "")],
    ])  # fmt: skip


def remove(
    name: Annotated[str, typer.Argument(help="The hub, as it was added.")], json: Json = False
) -> None:
    """Read a further hub no more.

    Its entries go from this clone, and stay there.
    """
    with open_workspace() as workspace:
        workspace.remove_hub(name)
    if json:
        write_json({"hub": name})
    else:
        write_lines([[("done: ", "bold green"), (f"reads {one_line(name)} no more", "")]])
