"""Names and payloads of a backup."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lorefs.core.backup import (
    BackupError,
    BackupKey,
    Payload,
    read_key,
    read_payload,
    realm_of_url,
    stands_on,
    ticked,
    united,
    write_key,
    write_payload,
)

KEY = BackupKey(bytes(range(32)), ("age1abc", "ssh-ed25519 AAAA"))
PATH = "a/b/.lore.local.md"
LIMIT = 1 << 20
NAME = KEY.name("realm", PATH)
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0<=>|"))


COUNTS = st.dictionaries(st.text(max_size=36), st.integers(0, 1 << 40))
CLOCKS = st.dictionaries(st.sampled_from("abc"), st.integers(1, 3))


@given(TEXTS, COUNTS, COUNTS)
def test_what_is_written_is_read(text: str, clock: dict[str, int], times: dict[str, int]) -> None:
    payload = Payload("realm", PATH, clock, text, times)
    assert read_payload(write_payload(payload, KEY), KEY, NAME, LIMIT) == payload


@given(st.data())
def test_any_other_bit_is_noticed(data: st.DataObject) -> None:
    written = write_payload(Payload("realm", PATH, {}, "text\n"), KEY)
    place = data.draw(st.integers(0, len(written) - 1))
    bit = data.draw(st.integers(0, 7))
    other = bytearray(written)
    other[place] ^= 1 << bit
    with pytest.raises(BackupError):
        read_payload(bytes(other), KEY, NAME, LIMIT)


@given(st.binary(max_size=300))
def test_anything_else_is_refused(data: bytes) -> None:
    with pytest.raises(BackupError):
        read_payload(data, KEY, NAME, LIMIT)
    with pytest.raises(BackupError):
        read_key(data)


def test_a_key_is_read_again_and_a_changed_one_is_not() -> None:
    data = write_key(KEY)
    assert read_key(data) == KEY
    with pytest.raises(BackupError):
        read_key(data.replace(b"age1abc", b"age1abd"))
    with pytest.raises(BackupError):
        read_key(write_key(KEY._replace(recipients=())))


def test_names_depend_on_everything_and_show_nothing() -> None:
    other = KEY._replace(secret=b"\1" * 32)
    names = {
        KEY.name("realm", PATH),
        KEY.name("realm", "b/.lore.local.md"),
        KEY.name("other", PATH),
        other.name("realm", PATH),
    }
    assert len(names) == 4
    assert KEY.folder("realm") == NAME.partition("/")[0]
    assert not any("lore" in name or "realm" in name for name in names)
    assert KEY.fingerprint != other.fingerprint


@pytest.mark.parametrize(
    "url",
    [
        "git@example.invalid:ada/code.git",
        "example.invalid:ada/code",
        "ssh://git@example.invalid/ada/code.git",
        "ssh://git@example.invalid:22/ada/code",
        "https://example.invalid/ada/code.git/",
        "https://ada:password@EXAMPLE.invalid/ada/code",
        "git://example.invalid/ada/code",
    ],
)
def test_one_repository_by_many_addresses(url: str) -> None:
    assert realm_of_url(url) == "example.invalid/ada/code"


@pytest.mark.parametrize(
    "url", ["", "/srv/code.git", "../code", "file:///srv/code.git", "C:\\code", "https://[x", "x:"]
)
def test_a_place_on_this_machine_names_nothing(url: str) -> None:
    assert realm_of_url(url) is None


def test_another_port_is_another_repository() -> None:
    assert realm_of_url("https://example.invalid:8443/a") == "example.invalid:8443/a"


@given(CLOCKS, CLOCKS)
def test_clocks_are_ordered_as_versions_are(one: dict[str, int], other: dict[str, int]) -> None:
    both = united(one, other)
    assert stands_on(both, one)
    assert stands_on(both, other)
    assert (stands_on(one, other) and stands_on(other, one)) == (one == other)
    later = ticked(one, "a")
    assert stands_on(later, one)
    assert not stands_on(one, later)
    assert ticked(one, "a", 9)["a"] == 9
