"""`lorefs team create`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from lorefs.cli.here import current_directory, environment, milliseconds
from lorefs.cli.options import Json
from lorefs.cli.output import can_ask, one_line, write_json, write_lines
from lorefs.config.settings import Sync

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lorefs.cli.output import Span
    from lorefs.sync.branch.create import Hub


def create(
    address: Annotated[
        str,
        typer.Argument(metavar="URL|PATH", help="Where nothing stands, or an empty one."),
    ],
    branch: Annotated[
        str, typer.Option(metavar="B", help="The branch that carries lore.")
    ] = Sync().branch,
    shared: Annotated[
        bool, typer.Option("--shared", help="Let all of your Unix group write (a path only).")
    ] = False,
    pre_receive: Annotated[
        bool, typer.Option("--pre-receive", help="Have `lorefs check` judge pushes (a path only).")
    ] = False,
    json: Json = False,
) -> None:
    """Make a hub, for the lore of many projects.

    That is a bare repository with a realm for each. A path is made if nothing stands there; an
    empty repository elsewhere is laid out by a push.
    """
    from lorefs.errors import UsageError
    from lorefs.sync.branch.create import Plan, local_path
    from lorefs.sync.branch.create import create as make

    here = current_directory()
    if (shared or pre_receive) and local_path(address, here) is None:
        raise UsageError(
            "--shared and --pre-receive are for a path on this machine",
            found=address,
            hint="run the command on the server, with the path there",
        )
    asks = can_ask()
    plan = Plan(address, branch, milliseconds() // 1000, shared, pre_receive, asks)
    found = make(plan, here, environment())
    if json:
        write_json(
            {
                "address": found.address,
                "branch": found.branch,
                "made": found.made,
                "laid_out": found.laid_out,
                "settings": dict(found.settings),
                "hook": None if found.hook is None else str(found.hook),
            }
        )
    else:
        write_lines(_lines(found))


def _lines(hub: Hub) -> Iterator[list[Span]]:
    address = one_line(hub.address)
    if hub.made:
        yield [("done: ", "bold green"), (f"made the bare repository {address}", "")]
    words = f"laid out the branch {hub.branch}" if hub.laid_out else f"{address} is a hub already"
    yield [("done: ", "bold green"), (words, "")]
    if hub.settings:
        names = ", ".join(name for name, _ in hub.settings)
        yield [("done: ", "bold green"), (f"set {names}", "")]
    else:
        from lorefs.sync.branch.create import SETTINGS

        names = ", ".join(name for name, _ in SETTINGS)
        yield [("hint: ", "bold"), (f"have the server set {names} to true", "")]
    if hub.hook is not None:
        yield [("done: ", "bold green"), (f"wrote {one_line(str(hub.hook))}", "")]
    yield [("next: ", "bold"), (f"`lorefs team join {address}` in each clone", "")]
