"""`lorefs rebuild`."""

from __future__ import annotations

import os

from lorefs.cli.here import current_directory, milliseconds
from lorefs.cli.options import Json
from lorefs.cli.report import write_report
from lorefs.errors import ExitStatus

EXAMPLES = """
lorefs rebuild     # after the database was damaged or deleted
"""


def run(json: Json = False) -> ExitStatus:
    """Make the database anew from files and git.

    The old one is kept as `index.db.old`. What never reached a file or a commit is lost: the
    log, and which conflicts were looked at.
    """
    from lorefs.api import Workspace

    report = Workspace.rebuild(current_directory(), env=dict(os.environ), clock=milliseconds)
    return write_report(report, as_json=json)
