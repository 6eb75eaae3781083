"""Keep rows, files and the remote equal while you work.

Without a command of its own `lorefs watch` does so in the foreground until Ctrl-C or SIGTERM.
"""

from __future__ import annotations

import os
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from lorefs.cli.here import current_directory, milliseconds, open_workspace
from lorefs.cli.options import Json
from lorefs.cli.output import for_person, write, write_json, write_lines
from lorefs.cli.report import needs_attention, report_json, write_report
from lorefs.cli.watching import cycle_words, line_json, line_text, look_words
from lorefs.errors import ExitStatus, UsageError
from lorefs.repo import locate

if TYPE_CHECKING:
    from collections.abc import Callable

    from lorefs.api import Workspace
    from lorefs.watch.cycle import Cycle
    from lorefs.watch.hubs import Look
    from lorefs.watch.units import Unit

EXAMPLES = """
lorefs watch                # in the foreground, until Ctrl-C
lorefs watch --detach       # in the background
lorefs watch stop
lorefs watch --once         # look at everything once, for cron
lorefs watch install        # write a unit for systemd or launchd
"""


def run(
    context: typer.Context,
    once: Annotated[bool, typer.Option("--once", help="Look at everything once, and end.")] = False,
    detach: Annotated[bool, typer.Option("--detach", help="Go on in the background.")] = False,
    log: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the log into a file.")
    ] = None,
    json: Json = False,
) -> ExitStatus:
    """Keep rows, files and the remote equal, until Ctrl-C or SIGTERM ends it.

    On a terminal it shows where things stand, elsewhere it prints a line for each thing that
    happened, with --json as JSON. `lorefs status` shows the same from outside.
    """
    if context.invoked_subcommand is not None:
        return ExitStatus.DONE
    if once and detach:
        raise UsageError("--once and --detach contradict each other")
    if once and log is not None:
        raise UsageError("--once prints what it did, and writes no log")
    if once:
        return _once(json=json)
    if detach:
        return _detach(log, json=json)
    return _watch(log, json=json)


def stop(json: Json = False) -> ExitStatus:
    """End the watch of this worktree, wherever it was started."""
    from lorefs.watch.detach import stop as end

    pid = end(locate(current_directory()).lorefs_dir)
    if json:
        write_json({"pid": pid})
    else:
        write("no watch was running" if pid is None else f"process {pid} has ended")
    return ExitStatus.DONE


SystemOption = Annotated[
    Literal["systemd", "launchd"] | None,
    typer.Option("--for", metavar="SYSTEM", help="systemd or launchd; by default this system's."),
]


def install(system: SystemOption = None) -> ExitStatus:
    """Write a unit for systemd or launchd that watches this worktree.

    Nothing is started; the lines that do it are printed.
    """
    from lorefs.watch.units import install as write_unit

    unit = _unit(system)
    write(f"wrote {unit.file}" if write_unit(unit) else f"{unit.file} is up to date")
    write_lines([[("start it: ", "bold"), (line, "")] for line in unit.start])
    return ExitStatus.DONE


def uninstall(system: SystemOption = None) -> ExitStatus:
    """Remove the unit again; a watch that runs goes on until `lorefs watch stop`."""
    from lorefs.watch.units import uninstall as remove_unit

    unit = _unit(system)
    if not remove_unit(unit):
        write("no unit was installed")
        return ExitStatus.DONE
    write(f"removed {unit.file}")
    write_lines([[("have it forgotten: ", "bold"), (unit.forget, "")]])
    return ExitStatus.DONE


COMMANDS = {"stop": stop, "install": install, "uninstall": uninstall}


def _unit(system: Literal["systemd", "launchd"] | None) -> Unit:
    import platform

    from lorefs.watch.units import unit_for

    here: Literal["systemd", "launchd"] = "launchd" if platform.system() == "Darwin" else "systemd"
    return unit_for(system or here, locate(current_directory()), Path.home(), os.environ)


def _cycle(workspace: Workspace) -> Cycle | None:
    """The exchange with the team that watch is to make by itself, None while sync is off."""
    from lorefs.watch.exchange import cycle_of

    return cycle_of(workspace, _opener(workspace.root))


def _backup(workspace: Workspace) -> Cycle | None:
    """The backup of personal lore that watch is to make by itself, None while it is off."""
    from lorefs.watch.backup import backup_of

    return backup_of(workspace, _opener(workspace.root))


def _hubs(workspace: Workspace) -> Look | None:
    """The look at further hubs that watch is to take by itself, None where there are none."""
    from lorefs.watch.hubs import hubs_of

    return hubs_of(workspace, _opener(workspace.root))


def _opener(root: Path) -> Callable[[], Workspace]:
    env = dict(os.environ)

    def opened() -> Workspace:
        from lorefs.api import Workspace

        return Workspace.open(root, env=env, clock=milliseconds, source="cli")

    return opened


def _once(*, json: bool) -> ExitStatus:
    from lorefs.watch.run import once

    with open_workspace() as workspace:
        report, (result, backup), hubs = once(workspace, (_cycle, _backup), _hubs)
    if json:
        results = {"sync": result, "backup": backup}
        found = {name: None if each is None else asdict(each) for name, each in results.items()}
        write_json(report_json(report) | found | {"hubs": [each._asdict() for each in hubs]})
    else:
        write_report(report, as_json=False)
        if result is not None:
            write_lines([[("sync: ", "bold"), *cycle_words(result)]])
        if backup is not None:
            write_lines([[("backup: ", "bold"), *cycle_words(backup, "document")]])
        write_lines(map(look_words, hubs))
    failed = needs_attention(report) or not all(
        each is None or each.ok for each in (result, backup)
    )
    return ExitStatus.FINDINGS if failed else ExitStatus.DONE


def _detach(log: Path | None, *, json: bool) -> ExitStatus:
    from lorefs.watch.detach import detach

    here = current_directory()
    pid = detach(locate(here), os.environ, None if log is None else here / log)
    if json:
        write_json({"pid": pid})
    else:
        write(f"process {pid} watches; `lorefs status` shows it, `lorefs watch stop` ends it")
    return ExitStatus.DONE


def _watch(log: Path | None, *, json: bool) -> ExitStatus:
    from lorefs.watch.run import watch

    root = locate(current_directory()).worktree
    opened = _opener(root)
    worded = line_json if json else line_text
    begin = partial(watch, root, opened, _cycle, milliseconds, backups=_backup, hubs=_hubs)
    if log is not None:
        from lorefs.watch.detach import LogFile

        file = LogFile(log)
        begin(lambda line: file.write(worded(line)))
    elif json or not for_person():
        begin(lambda line: print(worded(line), flush=True))
    else:
        from lorefs.cli.live import LiveView

        with LiveView(root) as view:
            begin(view.add, view.show)
    return ExitStatus.DONE
