"""Reads what `lorefs check` looks at, runs the rules, and writes what they mend.

It works without the database, so that it can run in hooks, in CI and on servers.
"""

from lorefs.inspection.inspect import Inspected, Request, inspect, open_git
from lorefs.inspection.mend import Outcome, fix
from lorefs.inspection.receive import open_receiving, receive

__all__ = [
    "Inspected",
    "Outcome",
    "Request",
    "fix",
    "inspect",
    "open_git",
    "open_receiving",
    "receive",
]
