"""`lorefs backup setup`, `lorefs backup restore` and `lorefs backup disable`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lorefs.cli.backing_up import report_json, write_report
from lorefs.cli.here import current_directory, open_workspace
from lorefs.cli.options import Json
from lorefs.cli.output import can_ask, counted, one_line, write, write_json, write_lines
from lorefs.errors import ExitStatus

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lorefs.api.backing_up import BackupSetup
    from lorefs.cli.output import Span
    from lorefs.sync.backup.setup import BackupSurvey

Remote = Annotated[
    str | None,
    typer.Argument(metavar="[REMOTE]", help="A git remote of yours, by name or address."),
]
Branch = Annotated[
    str | None, typer.Option(metavar="B", help="The branch there [default: lorefs-backup].")
]
Realm = Annotated[
    str | None, typer.Option(metavar="NAME", help="What the backup calls this repository.")
]
Key = Annotated[
    Path | None,
    typer.Option("--identity", "-i", metavar="FILE", help="A private key, of age or ssh-ed25519."),
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing.")]


def setup(
    remote: Remote = None,
    recipient: Annotated[
        list[str] | None,
        typer.Option(
            "--recipient", "-r", metavar="KEY|FILE", help="Encrypt for this public key, too."
        ),
    ] = None,
    without: Annotated[
        list[str] | None,
        typer.Option(metavar="KEY|FILE", help="Encrypt for this public key no longer."),
    ] = None,
    identity: Key = None,
    realm: Realm = None,
    branch: Branch = None,
    yes: Yes = False,
    json: Json = False,
) -> ExitStatus:
    """Turn the backup on in this clone, and make the first one.

    Without --identity a key is made, once for each user and machine, and shown: keep a copy. All
    machines of yours encrypt for the same recipients; adding one encrypts everything anew.
    """
    from lorefs.crypto import read_recipients

    add = tuple(key for word in recipient or () for key in read_recipients(word))
    drop = tuple(key for word in without or () for key in read_recipients(word))
    with open_workspace() as workspace:
        address = _address(remote, workspace.site.git.text("remote").split())
        found = workspace.backup_survey(address, branch=branch, identity=_absolute(identity))
        if not json:
            write_lines(_survey_lines(found))
        if not (yes or json) and not typer.confirm("Encrypt this, and send and receive now?"):
            return ExitStatus.DONE
        done = workspace.set_up_backup(
            address,
            branch=branch,
            realm=realm,
            identity=_absolute(identity),
            add=add,
            drop=drop,
            interactive=_asks(yes=yes),
        )
    return _write(done, json=json)


def restore(
    remote: Remote = None,
    identity: Key = None,
    realm: Realm = None,
    branch: Branch = None,
    yes: Yes = False,
    json: Json = False,
) -> ExitStatus:
    """Bring back what the backup holds, on a new machine or after a loss.

    It is united with what stands here, entry by entry: nothing is written over, and what was
    deleted here since the last backup comes back. Turns the backup on in this clone.
    """
    with open_workspace() as workspace:
        address = _address(remote, workspace.site.git.text("remote").split())
        done = workspace.set_up_backup(
            address,
            branch=branch,
            realm=realm,
            identity=_absolute(identity),
            restore=True,
            interactive=_asks(yes=yes),
        )
    return _write(done, json=json)


def disable(yes: Yes = False) -> ExitStatus:
    """Turn the backup off in this clone; what the remote has stays there, and so does the key."""
    with open_workspace() as workspace:
        if not workspace.config.backup.enabled:
            write("the backup is off in this clone already")
            return ExitStatus.DONE
        if not yes and not typer.confirm("Keep personal lore on this machine alone from now on?"):
            write("nothing was changed")
            return ExitStatus.DONE
        done = workspace.disable_backup()
    write_lines([[("done: ", "bold green"), (one_line(what), "")] for what in done])
    return ExitStatus.DONE


def _asks(*, yes: bool) -> bool:
    """Whether git and ssh may ask the person who called."""
    return not yes and can_ask()


def _address(remote: str | None, known: list[str]) -> str | None:
    """A remote as it is called from everywhere: a path is no longer relative."""
    if remote is None or remote in known or "://" in remote:
        return remote
    path = os.path.normpath(current_directory() / remote)
    return path if Path(path).is_dir() else remote


def _absolute(identity: Path | None) -> Path | None:
    if identity is None:
        return None
    return Path(os.path.normpath(current_directory() / identity.expanduser()))


def _survey_lines(found: BackupSurvey) -> Iterator[list[Span]]:
    names = [*found.documents, *(["your own store"] if found.own_store else [])]
    here = f": {', '.join(map(one_line, names))}" if names else ""
    documents = counted(len(names), "personal document", "personal documents")
    yield [("here:  ", "bold"), (f"{documents}{here}", "")]
    there = f"a backup at {found.there[:12]}" if found.there else "no backup yet"
    yield [("there: ", "bold"), (f"{one_line(found.remote)} has {there}", "")]
    made = "will be made in" if found.new_key else "is in"
    yield [("key:   ", "bold"), (f"{made} {one_line(str(found.identity))}", "")]


def _write(done: BackupSetup, *, json: bool) -> ExitStatus:
    report = done.report
    if json:
        write_json(report_json(report) | {"realm": done.settings.realm, "done": list(done.done)})
    else:
        write_lines(_done_lines(done))
        write_report(report, quiet=False)
    return ExitStatus.DONE if report.ok else ExitStatus.FINDINGS


def _done_lines(done: BackupSetup) -> Iterator[list[Span]]:
    for what in done.done:
        yield [("done: ", "bold green"), (one_line(what), "")]
    if done.secret:
        yield [("key:  ", "bold yellow"), (done.secret, "")]
        yield [("note: ", "bold yellow"),
               ("this key alone opens the backup; keep a copy of it where you keep", ""),
               (" passwords. It is not shown again.", "")]  # fmt: skip
    if done.realms:
        words = f"the backup knew nothing of {one_line(done.settings.realm)} until now"
        others = ", ".join(map(one_line, done.realms))
        yield [("note: ", "bold yellow"), (f"{words}; it holds {others} (--realm NAME)", "")]
