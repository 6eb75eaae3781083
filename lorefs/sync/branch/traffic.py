"""How much an exchange moved, told by the objects that it moved."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lorefs.repo import Git
    from lorefs.sync.branch.report import CycleReport

_NO_ANSWER = (128, 129)  # an object is missing; a git before 2.31 does not know the option


def traffic(git: Git, report: CycleReport) -> int:
    """The bytes of what a cycle sent and received, as git stores it (`rev-list --disk-usage`).

    What went over the network is about as much, without the words of the protocol; git tells
    only people at a terminal. 0 where git cannot tell either.
    """
    return sum(
        _new_bytes(git, each.tip, each.since)
        for each in report.exchanges
        if each.tip and each.error is None and (each.sent or each.received)
    )


def _new_bytes(git: Git, tip: str, since: str | None) -> int:
    """The size of the objects behind a commit and not behind another, nothing fetched for it."""
    hidden = [f"^{since}"] if since else []
    status, output = git.status_and_output(
        "rev-list", "--disk-usage", "--objects", "--missing=allow-any", tip, *hidden,
        allowed=(0, *_NO_ANSWER),
    )  # fmt: skip
    return int(output) if status == 0 else 0
