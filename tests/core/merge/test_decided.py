"""What becomes of an entry that two people decided about at once, as the merge alone has it."""

from __future__ import annotations

import pytest

from lorefs.core.merge import Settings, Sides, merge_corpus
from lorefs.core.merge.sides import Strategy
from tests.lore import document, entry

TEAM, REVIEW, PERSONAL = ".lore.md", ".lore.review.md", ".lore.local.md"
Texts = dict[str, str]


def texts(path: str, meta: str, content: str = "Something.") -> Texts:
    return {path: document(entry(1, "X", content, meta))}


WAITS = texts(REVIEW, "status: pending, proposed_by: b")
APPROVED = texts(TEAM, "proposed_by: b, approved_by: a, approved_hash: h")
REJECTED = texts(REVIEW, "status: rejected, proposed_by: b, rejected_because: no")


def merged(base: Texts, one: Texts, other: Texts, **settings: Strategy) -> tuple[Texts, list[str]]:
    """What both orders of the sides give, and the reasons of what gave way."""
    found = [
        merge_corpus(
            Sides(base, *pair), settings=Settings(on_clash="last-write", strategies=settings)
        )
        for pair in ((one, other), (other, one))
    ]
    assert found[0].documents == found[1].documents
    kept = {path: text for path, text in found[0].documents.items() if "lore:" in text}
    return kept, [each.reason for each in found[0].discards if each.entry]


@pytest.mark.parametrize("base", [WAITS, {}, texts(TEAM, "status: pending")])
def test_an_approval_stands(base: Texts) -> None:
    kept, reasons = merged(base, APPROVED, REJECTED)
    assert kept.keys() == {TEAM}
    assert "approved_by: a" in kept[TEAM]
    assert "reject" not in kept[TEAM]
    assert reasons[-1] == "approved"


@pytest.mark.parametrize("strategy", ["lww", "hold"])
def test_what_the_team_has_chosen_for_the_status_counts(strategy: Strategy) -> None:
    kept, reasons = merged(WAITS, APPROVED, REJECTED, status=strategy)
    (text,) = kept.values()
    assert ("status: rejected" in text) <= (kept.keys() == {REVIEW})
    assert reasons == ["held" if strategy == "hold" else "last-write"]


def test_an_entry_stands_where_its_status_is() -> None:
    """Also where somebody took it along by hand, and it waits there."""
    moved = texts(TEAM, "status: pending, proposed_by: b")
    kept, _ = merged(WAITS, moved, REJECTED)
    assert kept.keys() == {REVIEW}


def test_who_takes_away_what_was_approved_takes_it_away() -> None:
    renewed = texts(TEAM, "proposed_by: b, approved_by: a, approved_hash: i", "More.")
    _, reasons = merged(APPROVED, renewed, texts(TEAM, "status: rejected, proposed_by: b"))
    assert reasons == ["last-write"]


def test_what_was_both_promoted_and_edited_is_none_of_it() -> None:
    kept, _ = merged(
        texts(PERSONAL, "status: pending"), texts(TEAM, ""), texts(PERSONAL, "status: archived")
    )
    assert kept.keys() == {TEAM}


@pytest.mark.parametrize("edited", [False, True])
def test_a_rejection_keeps_nothing_alive_that_was_carried_out(*, edited: bool) -> None:
    content = "Otherwise." if edited else "Something."
    other = texts(REVIEW, "status: rejected, proposed_by: b, rejected_because: no", content)
    kept, reasons = merged(WAITS, {}, other)
    assert bool(kept) is edited
    assert reasons == ["delete-edit"]
