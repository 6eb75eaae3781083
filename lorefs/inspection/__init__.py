"""Reads what `lorefs check` looks at, runs the rules, and writes what they mend.

It works without the database, so that it can run in hooks, in CI and on servers.
"""

from lorefs.inspection.inspect import Inspected, Request, inspect, open_git

__all__ = ["Inspected", "Request", "inspect", "open_git"]
