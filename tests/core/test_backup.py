"""Names and payloads of a backup."""

from __future__ import annotations

import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lorefs.core.backup import (
    USER,
    BackupError,
    BackupKey,
    Payload,
    check_path,
    label,
    read_key,
    read_payload,
    realm_of_root,
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


def sealed(kind: bytes, body: bytes) -> bytes:
    """What a machine of one's own has sealed, whatever it is."""
    inner = hmac.digest(KEY.secret, b"seal\0" + kind, "sha256")
    seal = hmac.digest(inner, body, "sha256").hex().encode()
    return b"lorefs-backup 1 %s %s\n%s" % (kind, seal, body)


@pytest.mark.parametrize(
    "header",
    [
        b"",
        b"nonsense",
        b"[]",
        b"[" * 100_000,
        b"{}",
        b'{"realm": "realm", "path": 7, "clock": {}, "times": {}}',
        b'{"realm": "realm", "path": "a/b/.lore.local.md", "clock": 7, "times": {}}',
        b'{"realm": "realm", "path": "a/b/.lore.local.md", "clock": {}, "times": {"a": "b"}}',
        b'{"realm": "realm", "path": "a/b/.lore.local.md", "clock": {}, "times": {"a": 1e999}}',
    ],
)
def test_a_header_of_something_else_is_refused(header: bytes) -> None:
    with pytest.raises(BackupError, match="newer lorefs"):
        read_payload(sealed(b"document", header + b"\ntext\n"), KEY, NAME, LIMIT)


def test_text_that_is_none_is_refused() -> None:
    header = b'{"realm":"realm","path":"a/b/.lore.local.md","clock":{},"times":{}}\n'
    assert read_payload(sealed(b"document", header + b"text"), KEY, NAME, LIMIT).text == "text"
    with pytest.raises(BackupError, match="UTF-8 at byte 2"):
        read_payload(sealed(b"document", header + b"ab\xff"), KEY, NAME, LIMIT)
    with pytest.raises(BackupError, match="another place"):
        read_payload(sealed(b"document", header), KEY, KEY.name("realm", "b"), LIMIT)


@pytest.mark.parametrize(
    "body",
    [b"{}", b'{"secret": 7, "recipients": []}', b'{"secret": "xy", "recipients": []}',
     b'{"secret": "ab", "recipients": ["age1"]}', b'{"secret": "ab", "recipients": 7}'],
)  # fmt: skip
def test_a_key_of_something_else_is_refused(body: bytes) -> None:
    with pytest.raises(BackupError, match="newer lorefs"):
        read_key(sealed(b"key", body))


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


@pytest.mark.parametrize(
    ("realm", "path"),
    [
        (USER, PATH),
        ("realm", "a/.lore.md"),
        ("realm", "../.lore.local.md"),
        ("realm", "a\x1b/.lore.local.md"),
        ("realm", f"{'a' * 5000}/.lore.local.md"),
    ],
)
def test_a_path_of_something_else_is_refused(realm: str, path: str) -> None:
    with pytest.raises(BackupError):
        check_path(realm, path, NAME)
    check_path(USER, ".lore.md", NAME)
    check_path("realm", ".lore.local.md", NAME)


def test_conflicts_and_nul_and_size_are_refused() -> None:
    for text in ("a\0b", "<<<<<<< a\n=======\n>>>>>>> b\n", "x" * 11):
        data = write_payload(Payload("realm", PATH, {}, text), KEY)
        with pytest.raises(BackupError):
            read_payload(data, KEY, NAME, 10 if len(text) == 11 else LIMIT)


def test_people_read_paths_and_their_own_store() -> None:
    assert Payload("realm", PATH, {}, "").label == PATH
    assert label(USER, ".lore.md") == "your own store"
    assert realm_of_root("abc") == "root:abc"
