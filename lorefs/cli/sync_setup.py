"""`lorefs sync setup` and `lorefs sync disable`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from lorefs.cli.cycle import write_cycle
from lorefs.cli.here import open_workspace
from lorefs.cli.output import counted, one_line, write, write_lines
from lorefs.errors import ExitStatus

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lorefs.cli.output import Span
    from lorefs.sync.branch.setup import Survey


def setup(
    remote: Annotated[
        str | None, typer.Option(metavar="R", help="The git remote to exchange lore with.")
    ] = None,
    branch: Annotated[
        str | None, typer.Option(metavar="B", help="The branch that carries it.")
    ] = None,
    prefix: Annotated[
        str | None, typer.Option(metavar="P", help="The directory of that branch to keep it in.")
    ] = None,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Keep the lore of this clone aside; take the team's.")
    ] = False,
    always: Annotated[
        bool, typer.Option("--materialise", help="Write what arrives into tracked files at once.")
    ] = False,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Ask nothing; take the defaults.")
    ] = False,
) -> ExitStatus:
    """Turn the exchange with the team on in this clone, step by step.

    Looks at both sides first, says what it found, and asks before anything leaves the machine.
    """
    from lorefs.sync.branch import setup as setting_up

    with open_workspace() as workspace:
        workspace.reconcile(discover=True)
        name = setting_up.choose_remote(workspace.site, remote)
        settings = {"remote": name, "mode": workspace.config.sync.mode}
        settings |= {"branch": branch} if branch is not None else {}
        settings |= {"prefix": prefix} if prefix is not None else {}
        settings |= {"materialise": "always"} if always else {}
        settings = setting_up.read_settings(settings)
        found = workspace.survey(settings)
        setting_up.check_fresh(found, wanted=fresh)
        write_lines(survey_lines(found, *_there(found)))
        fresh = fresh_wanted(found, wanted=fresh, yes=yes)
        if found.tracked and not (always or yes):
            question = "Write what arrives into these files at once, too?"
            settings |= {"materialise": "always"} if typer.confirm(question) else {}
        if not yes and not typer.confirm("Turn the exchange on, and send and receive now?"):
            write("nothing was changed")
            return ExitStatus.DONE
        ref = workspace.back_up() if found.is_meeting else None
        done = setting_up.turn_on(workspace.site, settings)
        if not found.tracked:
            done += setting_up.ignore_lore(workspace.site)
        write_lines(done_lines(done, ref))
    with open_workspace() as workspace:
        report = workspace.sync(start_fresh=fresh, accept_deletions=fresh, interactive=not yes)
    write_cycle(report, quiet=False)
    if found.tracked:
        write_lines(untrack_lines(found))
    return ExitStatus.DONE if report.ok else ExitStatus.FINDINGS


def fresh_wanted(found: Survey, *, wanted: bool, yes: bool) -> bool:
    """Whether the team's lore replaces that of this clone."""
    if wanted or yes or not found.is_meeting:
        return wanted
    question = "Upload the lore of this clone, or start fresh with the team's? [upload/fresh]"
    while True:
        choice = typer.prompt(question, default="upload").strip().lower()
        for word in ("upload", "fresh"):
            if choice and word.startswith(choice):
                return word == "fresh"
        typer.echo("Answer with upload or fresh.")


def done_lines(done: Iterable[str], kept: str | None) -> Iterator[list[Span]]:
    """What was done, and the ref behind which the lore of this clone is kept."""
    for what in done:
        yield [("done: ", "bold green"), (one_line(what), "")]
    if kept:
        yield [("kept: ", "bold green"), (f"the lore of this clone, in {kept}", "")]


def _there(found: Survey) -> Iterator[str]:
    for remote, tip in found.remotes:
        yield f"{remote} has " + (f"a sync branch at {tip[:12]}" if tip else "no sync branch yet")


def survey_lines(found: Survey, *there: str) -> Iterator[list[Span]]:
    """What stands here and there, and what to know before both meet."""
    here = counted(found.entries, "entry", "entries")
    documents = counted(len(found.documents), "document", "documents")
    yield [("here:   ", "bold"), (f"{here} in {documents}", "")]
    for words in there:
        yield [("there:  ", "bold"), (one_line(words), "")]
    if found.is_meeting:
        words = "both sides have lore: it will be united by entry, and a backup is kept"
        yield [("note:   ", "bold yellow"), (words, "")]
    if found.tracked:
        names = ", ".join(map(one_line, found.tracked))
        words = f"git tracks {names} here: `lorefs publish` writes there what arrives from others"
        yield [("note:   ", "bold yellow"), (words, "")]


def untrack_lines(found: Survey) -> Iterator[list[Span]]:
    """How to leave lore to the sync branch alone."""
    names = " ".join(found.tracked)
    yield [("hint: ", "bold"), ("to leave lore to the sync branch alone, untrack it with ", ""),
           (f"`git rm --cached {names}`", ""), (" and commit that", "")]  # fmt: skip


def disable(
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing.")] = False,
) -> ExitStatus:
    """Turn the exchange off in this clone; what the remote has stays there."""
    from lorefs.sync.branch import setup as setting_up

    with open_workspace() as workspace:
        if not workspace.config.sync.enabled:
            write_lines(done_lines(setting_up.heed_lore(workspace.site), None))
            write("sync is off in this clone already")
            return ExitStatus.DONE
        if not yes and not typer.confirm("Keep lore on this machine alone from now on?"):
            write("nothing was changed")
            return ExitStatus.DONE
        done = setting_up.turn_off(workspace.site)
    write_lines(done_lines(done, None))
    return ExitStatus.DONE
