"""`lorefs team join` and `lorefs team leave`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from lorefs.cli.cycle import cycle_json, write_cycle
from lorefs.cli.here import current_directory, open_workspace
from lorefs.cli.options import Json
from lorefs.cli.output import can_ask, counted, one_line, write_json, write_lines
from lorefs.cli.sync_setup import done_lines, fresh_wanted, survey_lines, untrack_lines
from lorefs.cli.team_offer import bring, offer_json
from lorefs.errors import ExitStatus, RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lorefs.api import Workspace
    from lorefs.cli.output import Span
    from lorefs.sync.branch.join import Look
    from lorefs.sync.branch.report import CycleReport

SOURCES = {
    "option": "as you named it",
    "document": "from the front matter of .lore.md",
    "remote": "from the address of the code",
    "root": "from the first commit of the code",
}
SHOWN = 8  # realms that are named


def join(
    url: Annotated[str, typer.Argument(metavar="URL", help="A hub: an address, path or remote.")],
    realm: Annotated[
        str | None, typer.Option(metavar="R", help="What this project is called there.")
    ] = None,
    name: Annotated[
        str | None, typer.Option(metavar="N", help="The git remote to add (hub).")
    ] = None,
    branch: Annotated[
        str | None, typer.Option(metavar="B", help="The branch that carries lore.")
    ] = None,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Keep the lore of this clone aside; take the team's.")
    ] = False,
    everything: Annotated[
        bool, typer.Option("--all-realms", help="Fetch the files of other realms, too.")
    ] = False,
    promote: Annotated[
        Literal["all", "none", "ask"], typer.Option(help="Bring personal entries to the team.")
    ] = "ask",
    duplicates: Annotated[
        Literal["merge", "skip", "ask"],
        typer.Option(help="What becomes of those that the team has already."),
    ] = "ask",
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing; take defaults.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the plan only.")] = False,
    json: Json = False,
) -> ExitStatus:
    """Exchange the lore of this clone through a hub.

    It has a realm of its own there. Looks at both sides first, says what it found, and asks
    before anything leaves the machine. Personal entries stay personal unless you say otherwise.
    With --json nothing is asked, and nothing done without --yes.
    """
    from lorefs.sync.branch.join import Wanted

    with open_workspace() as workspace:
        workspace.reconcile(discover=True)
        wanted = Wanted(url, realm, name, branch, can_ask(), everything)
        found = workspace.look_at_hub(wanted, current_directory())
        if not json:
            write_lines(_look_lines(found))
        decided = None if dry_run else _decided(found, fresh=fresh, yes=yes, json=json)
        if decided is None:
            return _let_be(workspace, found, json=json)
        done, ref = workspace.join_hub(found)
        if not json:
            write_lines(done_lines(done, ref))
    with open_workspace() as workspace:
        report = _sync(workspace, fresh=decided, quiet=json)
        brought = bring(workspace, promote, duplicates, ask=not (yes or json), quiet=json)
        report = _sync(workspace, fresh=False, quiet=json) if brought.steps else report
    if json:
        facts = {"joined": True, "done": done, "backup": ref, "sync": cycle_json(report)}
        write_json(look_json(found) | facts | offer_json(brought))
    elif found.survey.tracked:
        write_lines(untrack_lines(found.survey))
    return ExitStatus.DONE if report.ok else ExitStatus.FINDINGS


def _let_be(workspace: Workspace, found: Look, *, json: bool) -> ExitStatus:
    """Leave clone and hub as they were before somebody looked."""
    from lorefs.sync.branch.join import forget_look

    forget_look(workspace.site, found)
    if json:
        write_json(look_json(found) | {"joined": False})
    return ExitStatus.DONE


def _decided(found: Look, *, fresh: bool, yes: bool, json: bool) -> bool | None:
    """Whether the team's lore replaces that of this clone; None where nobody goes on."""
    quiet = yes or json
    if not _is_wanted(found, yes=quiet):
        return None
    fresh = fresh_wanted(found.survey, wanted=fresh, yes=quiet)
    return fresh if _confirmed(yes=yes, json=json) else None


def _sync(workspace: Workspace, *, fresh: bool, quiet: bool) -> CycleReport:
    report = workspace.sync(start_fresh=fresh, accept_deletions=fresh, interactive=can_ask())
    if not quiet:
        write_cycle(report, quiet=False)
    return report


def _confirmed(*, yes: bool, json: bool) -> bool:
    if yes or json:
        return yes
    return bool(typer.confirm("Join the hub, and send and receive now?"))


def _is_wanted(found: Look, *, yes: bool) -> bool:
    """Whether to go on; a realm that is about other code is entered by nobody by accident."""
    if not found.is_foreign:
        return True
    if yes:
        if found.realm.source == "option":
            return True
        raise RefusedError(
            f"the realm {found.realm.name} of the hub is about other code",
            hint=f"`--realm NAME` names another one, or this one: `--realm {found.realm.name}`",
        )
    return bool(typer.confirm(f"Join {one_line(found.realm.name)} all the same?"))


def look_json(found: Look) -> dict[str, Any]:
    """What joining would meet, as JSON."""
    return {
        "hub": found.address,
        "remote": found.remote,
        "branch": found.branch,
        "realm": found.realm.name,
        "named_by": found.realm.source,
        "tip": found.tip,
        "realms": found.realms,
        "foreign": found.is_foreign,
        "selective": found.selective,
        "entries": found.survey.entries,
        "meeting": found.survey.is_meeting,
        "tracked": list(found.survey.tracked),
    }


def _look_lines(found: Look) -> Iterator[list[Span]]:
    words = f"{one_line(found.realm.name)} ({SOURCES[found.realm.source]})"
    yield [("realm:  ", "bold"), (words, "")]
    yield from survey_lines(found.survey, _there(found))
    if found.realms:
        names = [one_line(name) for name in found.realms]
        more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
        yield [("realms: ", "bold"), (", ".join(names[:SHOWN]) + more, "")]
    if found.is_foreign:
        words = f"the realm {one_line(found.realm.name)} holds lore about other code"
        words += "" if found.roots else ", or this clone is too shallow to tell"
        yield [("note:   ", "bold yellow"), (words, "")]


def _there(found: Look) -> str:
    """What the hub has of this realm."""
    documents = found.realms.get(found.realm.name, 0)
    if not documents:
        return f"{found.address} has nothing of {found.realm.name} yet"
    return f"{found.address} has {counted(documents, 'document', 'documents')} of it"


def leave(
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing.")] = False,
    json: Json = False,
) -> ExitStatus:
    """Take back what `team join` did in this clone.

    All lore stays here. What the hub has stays there, and the git remote goes if joining has
    added it.
    """
    with open_workspace() as workspace:
        realm = workspace.check_joined()
        waiting = workspace.sync_status().waiting
        words = f"Leave the realm {one_line(realm)}?"
        if waiting:
            words = f"{counted(waiting, 'commit was', 'commits were')} not sent. {words}"
        if not (yes or json or typer.confirm(words)):
            return ExitStatus.DONE
        left = workspace.leave_hub()
    if json:
        write_json({"realm": realm, "done": list(left.done), "backup": left.kept,
                    "unsent": waiting})  # fmt: skip
    else:
        write_lines(done_lines(left.done, left.kept))
    return ExitStatus.DONE
