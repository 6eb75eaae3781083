"""`lorefs review`."""

from __future__ import annotations

from typing import Annotated

import typer

from lorefs.cli.freshness import freshen
from lorefs.cli.here import open_workspace
from lorefs.cli.options import Json, ReadAfter
from lorefs.cli.output import counted, write, write_json, write_lines
from lorefs.cli.proposals import names, proposal_json, write_proposal, write_proposals

EXAMPLES = """
lorefs review
lorefs review 6f1b0a11
lorefs review --rejected
lorefs review --json | jq -r '.[] | [.kind, .proposed_by, .proposal.title] | @tsv'
"""


def run(
    id: Annotated[str | None, typer.Argument(metavar="[ID]", help="One proposal, in full.")] = None,
    rejected: Annotated[bool, typer.Option("--rejected", help="What was rejected, too.")] = False,
    json: Json = False,
    read_after: ReadAfter = False,
) -> None:
    """Show what waits for approval, and what each proposal would change.

    `lorefs approve ID` lets it stand, `lorefs reject ID --why TEXT` turns it down.
    """
    with open_workspace() as workspace:
        freshen(workspace, read_after=read_after)
        known = workspace.store.entries
        if id is not None:
            proposal = workspace.proposal(id)
            if json:
                write_json(proposal_json(proposal))
            else:
                write_proposal(proposal, known)
            return
        found = workspace.proposals(rejected=rejected)
        if json:
            write_json([proposal_json(each) for each in found])
            return
        if not found:
            write("nothing waits for approval")
            return
        write_proposals(found, known)
        policy = workspace.policy()
        waiting = sum(each.row.entry.status != "rejected" for each in found)
        if policy.is_manual and waiting:
            count = counted(waiting, "proposal", "proposals")
            write_lines([[], [("hint: ", "bold"), (f"{count}; {names(policy)} may approve", "")]])
