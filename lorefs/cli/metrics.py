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

    folder = locate(current_directory()).lorefs_dir
    write(metrics_text(state.read(folder), lock.holder(folder), milliseconds()).rstrip("\n"))
