"""What realms are called, and what none can be called."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lorefs.core.realm import (
    RealmError,
    check_realm,
    is_foreign,
    is_local,
    prefix_of,
    realm_from_address,
    realm_from_root,
    realm_of,
)


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("https://forge.example/Acme/Widgets.git", "acme-widgets"),
        ("https://user:secret@forge.example:8443/acme/widgets/", "acme-widgets"),
        ("git@forge.example:acme/widgets.git", "acme-widgets"),
        ("forge.example:widgets", "widgets"),
        ("ssh://git@forge.example:22/group/sub/widgets.git", "sub-widgets"),
        ("ssh://forge.example/~ada/my widgets.git", "ada-my-widgets"),
        ("https://forge.example/acme/widgets.git?x=1#y", "acme-widgets"),
        ("[::1]:acme/widgets", "acme-widgets"),
        ("https://forge.example/acme/日本", "acme"),
        ("https://forge.example/", None),
        ("https://forge.example/日本", None),
        ("/home/ada/widgets.git", None),
        ("../widgets", None),
        ("widgets.git", None),
        ("file:///srv/git/widgets.git", None),
        ("./odd:name/widgets", None),
        (r"C:\code\widgets", None),
        ("ext::sh -c true", None),
        ("", None),
    ],
)
def test_a_name_comes_from_the_address_and_never_from_a_path(
    address: str, name: str | None
) -> None:
    assert realm_from_address(address) == name


@given(st.text())
def test_a_derived_name_is_always_one_that_a_realm_can_have(address: str) -> None:
    for found in (realm_from_address(address), realm_from_address(f"https://h/{address}")):
        assert found is None or check_realm(found) == found


def test_all_ways_to_one_repository_give_one_name() -> None:
    ways = (
        "https://forge.example/acme/widgets",
        "https://forge.example/acme/widgets.git",
        "git@forge.example:acme/widgets.git",
        "ssh://git@forge.example/acme/widgets.git",
        "https://FORGE.example/ACME/Widgets",
    )
    assert {realm_from_address(way) for way in ways} == {"acme-widgets"}


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", "a/b", "/a", "a\\b", ".git", ".GIT", "-x", " a", "a\n", "a\x1b[31m", "x" * 101],
)
def test_a_name_that_no_realm_can_have_is_refused(name: str) -> None:
    with pytest.raises(RealmError):
        check_realm(name)


@pytest.mark.parametrize("name", ["acme-widgets", "Widgets 2", "日本", ".hidden", "shared"])
def test_any_other_name_can_be_chosen(name: str) -> None:
    assert check_realm(name) == name
    assert realm_of(prefix_of(name)) == name


@pytest.mark.parametrize("prefix", ["", "docs", "realms", "realms/", "realms/a/b", "realm/a"])
def test_no_realm_stands_at_another_prefix(prefix: str) -> None:
    assert realm_of(prefix) is None


def test_the_first_commit_names_what_has_no_address() -> None:
    assert realm_from_root(["b" * 40, "a" * 40]) == "root-aaaaaaaaaaaa"
    assert realm_from_root([]) is None


def test_a_realm_is_foreign_if_other_code_has_claimed_it() -> None:
    assert not is_foreign([], ["a"])
    assert not is_foreign(["a", "b"], ["b"])
    assert is_foreign(["a"], ["b"])
    assert is_foreign(["a"], [])
    assert is_local("/x")
    assert not is_local("host:x")
