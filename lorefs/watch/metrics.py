"""What watch has counted, in the text format of Prometheus (version 0.0.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lorefs.watch.state import State, Totals


class _Metric(NamedTuple):
    name: str
    kind: Literal["counter", "gauge", "summary"]
    help: str
    samples: dict[str, float]  # by what follows the name: labels, "_sum", "_count" or nothing


def metrics_text(worktree: str, state: State | None, pid: int | None, now: int) -> str:
    """The metrics of a worktree; `pid` is that of the running watch, None if there is none.

    Each sample bears the worktree as a label, as one machine may collect those of several.
    Counters begin with each watch anew, which Prometheus allows for; they stay when it ends.
    """
    label = f'worktree="{_escaped(worktree)}"'
    running = float(pid is not None)
    lines = list(_lines(_Metric("up", "gauge", "Whether watch runs.", {"": running}), label))
    if state is not None:
        for metric in (*_gauges(state, now), *_counters(state.totals)):
            lines += _lines(metric, label)
    return "\n".join(lines) + "\n"


def _escaped(value: str) -> str:
    """The value of a label: UTF-8, with what the format reads otherwise behind a backslash."""
    text = value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _lines(metric: _Metric, label: str) -> Iterator[str]:
    name = f"lorefs_{metric.name}"
    yield f"# HELP {name} {metric.help}"
    yield f"# TYPE {name} {metric.kind}"
    for kind, value in metric.samples.items():
        suffix, _, more = kind.partition("{")
        labels = f"{label},{more}" if more else f"{label}}}"
        yield f"{name}{suffix}{{{labels} {value:.15g}"


def _gauges(state: State, now: int) -> Iterator[_Metric]:
    def gauge(name: str, text: str, value: float | None) -> Iterator[_Metric]:
        if value is not None:
            yield _Metric(name, "gauge", text, {"": value})

    def seconds(at: int | None) -> float | None:
        return None if at is None else at / 1000

    yield from gauge("start_time_seconds", "When watch started.", seconds(state.started_at))
    yield from gauge("watched_directories", "Directories with a watch.", state.directories)
    yield from gauge("limited", "Whether events miss something.", bool(state.limited))
    yield from gauge("queue", "Events that were not taken in yet.", state.queue)
    yield from gauge("lag_seconds", "Age of the oldest of them.", state.lag(now))
    yield from gauge("hubs_failing", "Further hubs that cannot be read.", len(state.hubs))
    yield from gauge(
        "sync_last_success_timestamp_seconds", "When sync worked last.",
        seconds(state.last_success_at),
    )  # fmt: skip
    yield from gauge(
        "sync_next_timestamp_seconds", "When sync is due again.", seconds(state.next_cycle_at)
    )


def _counters(totals: Totals) -> Iterator[_Metric]:
    def counter(name: str, text: str, value: int) -> _Metric:
        return _Metric(name, "counter", text, {"": value})

    def summary(name: str, text: str, total: float, count: int) -> _Metric:
        return _Metric(name, "summary", text, {"_sum": total, "_count": count})

    changed = {"added": totals.added, "edited": totals.edited, "deleted": totals.deleted}
    rows = {f'{{op="{op}"}}': float(count) for op, count in changed.items()}
    yield summary(
        "reconcile_duration_seconds", "Reconciles that worked.",
        totals.reconcile_seconds, totals.reconciles,
    )  # fmt: skip
    yield counter("reconcile_failures_total", "Reconciles that failed.", totals.reconcile_failures)
    yield _Metric("rows_changed_total", "counter", "Rows that changed.", rows)
    yield counter("files_written_total", "Documents that were written.", totals.written)
    yield counter("discards_total", "Values that gave way, by reconcile.", totals.discards)
    yield counter("rescans_total", "Looks at everything.", totals.rescans)
    yield counter("overflows_total", "Times that events were lost.", totals.overflows)
    yield summary(
        "sync_duration_seconds", "Sync cycles, failed ones included.",
        totals.cycle_seconds, totals.cycles,
    )  # fmt: skip
    yield counter("sync_failures_total", "Sync cycles that failed.", totals.cycle_failures)
    yield counter("sync_conflicts_total", "Conflicts that sync settled.", totals.conflicts)
    yield counter("sync_pushed_commits_total", "Commits that were sent.", totals.pushed)
    yield counter("sync_fetched_commits_total", "Commits that were received.", totals.fetched)
    yield counter(
        "sync_bytes_total", "Bytes that were sent and received, as git stores them.", totals.bytes
    )
