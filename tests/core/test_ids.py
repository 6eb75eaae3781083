"""Ids are UUIDs in lower case, and derived ones are the same everywhere."""

from __future__ import annotations

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lorefs.core.ids import created_at, derived_id, is_uuid, normal_id, version


@given(st.uuids())
def test_uuids(made: uuid.UUID) -> None:
    assert is_uuid(str(made))
    assert is_uuid(str(made).upper())
    assert normal_id(str(made).upper()) == str(made)
    assert version(str(made)) == int(str(made)[14], 16)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "made-up",
        "019e8d033fdf7c3a9d1e2f1f6b1f0a11",
        "019e8d03-3fdf-7c3a-9d1e-2f1f6b1f0a1",
        "019e8d03-3fdf-7c3a-9d1e-2f1f6b1f0a1g",
        "019e8d033-fdf-7c3a-9d1e-2f1f6b1f0a11",
        "019e8d03-3fdf-7c3a-9d1e-2f1f6b1f0a11-",
        "{019e8d03-3fdf-7c3a-9d1e-2f1f6b1f0a11}",
        "٠19e8d03-3fdf-7c3a-9d1e-2f1f6b1f0a11",
    ],
)
def test_no_uuids(text: str) -> None:
    assert not is_uuid(text)
    assert version(text) is None
    assert created_at(text) is None


def test_ids_that_are_no_uuids_keep_their_case() -> None:
    assert normal_id("Made-Up") == "Made-Up"


def test_when_an_id_was_made() -> None:
    assert created_at("019e8d03-3fdf-7c3a-9d1e-2f1f6b1f0a11") == 0x019E8D033FDF
    assert created_at("919e8d03-3fdf-4c3a-9d1e-2f1f6b1f0a11") is None


def test_derived_ids_never_change() -> None:
    assert derived_id(".lore.md", "Checkpoints block") == "e31743dd-a208-8f49-bfd1-1d2de0db53f9"
    assert (
        derived_id("docs/.lore.md", "Checkpoints block", 1)
        == "da30897a-82ba-88cb-961e-13aa8d4acbf5"
    )


@given(st.text(), st.text(), st.integers(0, 9))
def test_derived_ids_are_uuids_of_version_8(path: str, title: str, ordinal: int) -> None:
    ident = derived_id(path, title, ordinal)
    assert uuid.UUID(ident).version == 8
    assert uuid.UUID(ident).variant == uuid.RFC_4122
    assert ident == str(uuid.UUID(ident))
    assert ident != derived_id(path, title, ordinal + 1)
    assert ident != derived_id(path + "x", title, ordinal)


def test_titles_count_in_one_form() -> None:
    assert derived_id("p", "caf\u00e9 au  lait ") == derived_id("p", "cafe\u0301 au lait")
    assert derived_id("p", "caf\u00e9") != derived_id("p", "cafe")
