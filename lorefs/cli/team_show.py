"""`lorefs team status` and `lorefs team members`."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from lorefs.cli.here import open_workspace
from lorefs.cli.listing import timestamp
from lorefs.cli.options import Json
from lorefs.cli.output import (
    counted,
    for_person,
    one_line,
    write_columns,
    write_json,
    write_lines,
)
from lorefs.errors import ExitStatus

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lorefs.api.hubs import HubStatus
    from lorefs.cli.output import Span
    from lorefs.sync.branch.members import Member


def status(json: Json = False) -> ExitStatus:
    """Show the hub, the realm, and what waits.

    Also the other realms of the hub, as they were met last; no network.
    """
    with open_workspace() as workspace:
        found = workspace.hub_status()
    if json:
        met = None if found.met_at is None else timestamp(found.met_at)
        write_json(found._asdict() | {"met_at": met})
    else:
        write_lines(_status_lines(found))
    return ExitStatus.FINDINGS if found.failure else ExitStatus.DONE


def _status_lines(found: HubStatus) -> Iterator[list[Span]]:
    yield [("hub:     ", "bold"), (one_line(f"{found.address} ({found.remote})"), "")]
    entries = counted(found.entries, "entry", "entries")
    people = counted(found.members, "member", "members")
    yield [("realm:   ", "bold"), (f"{one_line(found.realm)}: {entries}, {people}", "")]
    met = "never" if found.met_at is None else timestamp(found.met_at)
    yield [("met:     ", "bold"), (met, "")]
    if found.waiting:
        words = f"{counted(found.waiting, 'commit', 'commits')} not sent yet"
        yield [("waiting: ", "bold yellow"), (words, "")]
    if found.failure:
        yield [("failing: ", "bold red"), (one_line(found.failure), "")]
    width = max((len(one_line(name)) for name in found.realms), default=0)
    for label, (name, count) in zip(_labels(), found.realms.items(), strict=False):
        style = "green" if name == found.realm else ""
        documents = counted(count, "document", "documents")
        yield [(label, "bold"), (f"{one_line(name):<{width}}", style), (f"  {documents}", "dim")]


def _labels() -> Iterator[str]:
    yield "realms:  "
    while True:
        yield "         "


def members(json: Json = False) -> None:
    """Show who takes part in the realm.

    By the history of its commits. Names and addresses are those of the commits; nobody vouches
    for them but signatures do.
    """
    with open_workspace() as workspace:
        found = workspace.members()
    if json:
        write_json([asdict(each) | {"first": timestamp(each.first * 1000),
                                    "last": timestamp(each.last * 1000)}
                    for each in found])  # fmt: skip
    elif for_person():
        write_lines(_member_lines(found))
    else:
        write_columns(
            (each.email, each.name, timestamp(each.first * 1000), timestamp(each.last * 1000),
             str(each.commits), str(each.entries))
            for each in found
        )  # fmt: skip


def _member_lines(found: Sequence[Member]) -> Iterator[list[Span]]:
    names = [one_line(f"{each.name} <{each.email}>") for each in found]
    width = max(map(len, names), default=0)
    for each, name in zip(found, names, strict=True):
        days = [timestamp(at * 1000)[:10] for at in (each.first, each.last)]
        counts = (
            f"{counted(each.commits, 'commit', 'commits'):>12}"
            f"  {counted(each.entries, 'entry', 'entries'):>12}"
        )
        yield [(f"{name:<{width}}", ""), (f"  {days[0]} to {days[1]}", "dim"), (counts, "")]
