"""`lorefs metrics`."""

from __future__ import annotations

from lorefs.cli.here import current_directory, milliseconds
from lorefs.cli.output import write
from lorefs.repo import locate

EXAMPLES = """
lorefs metrics > /var/lib/node_exporter/lorefs.prom
"""


def run() -> None:
    """Print what watch has counted, in the text format of Prometheus.

    Nothing is taken in or counted by this command itself. Counters begin anew with each watch.
    """
    from lorefs.watch import lock, state
    from lorefs.watch.metrics import metrics_text

    paths = locate(current_directory())
    pid = lock.holder(paths.lorefs_dir)
    found = state.as_of(state.read(paths.lorefs_dir), pid)
    text = metrics_text(str(paths.worktree), found, pid, milliseconds())
    write(text.removesuffix("\n"))
