"""Policies: what is read from a front matter, and whom it entitles."""

from __future__ import annotations

import pytest

from lorefs.core.document import parse
from lorefs.core.model import Entry
from lorefs.core.policy import OPEN, Author, Policy, PolicyError, approval_hash, read_policy

ADA = Author("ada@example.invalid")
KEY = "SHA256:kIrWZkGEfzTQwOWYAKPuy9uAXrRcVLMvDbyF2zHrPbA"


def policy(text: str) -> Policy:
    """The policy of a document with a front matter."""
    return read_policy(parse(f"---\npolicy: {text}\n---\n"))


def test_a_document_without_a_policy_leaves_everything_open() -> None:
    """No front matter, or one of other keys, entitles everybody."""
    assert read_policy(parse("### Note\n")) == OPEN
    assert read_policy(parse("---\nlorefs: 1\n---\n")) == OPEN
    assert OPEN.entitles(ADA)
    assert policy("{approval: auto, approvers: [bob@example.invalid]}").entitles(ADA)


def test_emails_are_compared_in_one_case() -> None:
    """A person types their address as they like."""
    manual = policy("{approval: manual, approvers: [Ada@Example.invalid]}")
    assert manual.is_manual
    assert manual.entitles(Author("ADA@example.invalid"))
    assert not manual.entitles(Author("eve@example.invalid"))
    assert not manual.entitles(Author(""))


def test_letters_that_only_look_alike_are_others() -> None:
    """Unicode folds the sign of the kelvin to a k, and a long s to an s."""
    manual = policy("{approval: manual, approvers: [kiss@example.invalid]}")
    assert manual.entitles(Author("KISS@example.invalid"))
    assert not manual.entitles(Author("\N{KELVIN SIGN}iss@example.invalid"))
    assert not manual.entitles(Author("ki\N{LATIN SMALL LETTER LONG S}s@example.invalid"))


def test_a_key_that_is_written_in_escapes_is_none() -> None:
    """Whoever looks for the policy looks for the word, so that all of them find the same."""
    assert read_policy(parse('---\n"pol\\x69cy": {approval: manual}\n---\n')) == OPEN


def test_nobody_is_entitled_where_nobody_is_named() -> None:
    """An empty list is no invitation, nor is an empty name in it."""
    assert not policy("{approval: manual}").entitles(ADA)
    assert not policy("{approval: manual, approvers: ['']}").entitles(Author("", ""))


def test_a_fingerprint_asks_for_a_signature() -> None:
    """Who only claims an email is not whoever holds a key, and letters of a key have a case."""
    manual = policy(f"{{approval: manual, approvers: ['{KEY}']}}")
    assert manual.entitles(Author("anybody@example.invalid", KEY))
    assert not manual.entitles(ADA)
    assert not manual.entitles(Author(KEY))
    assert not manual.entitles(Author("", KEY.swapcase()))


@pytest.mark.parametrize(
    "text", ["manual", "{approval: maybe}", "{approvers: ada}", "{approvers: [1]}"]
)
def test_what_is_no_policy_is_refused_with_what_was_found(text: str) -> None:
    """A policy is never guessed at."""
    with pytest.raises(PolicyError) as caught:
        policy(text)
    assert caught.value.found
    assert caught.value.hint


def test_an_approval_is_bound_to_what_an_entry_says() -> None:
    """Not to where it stands, nor to who approved of it."""
    entry = Entry("0198d0a1-0000-7000-8000-000000000001", "A title", "A text")
    approved = approval_hash(entry)
    same = entry._replace(path="docs", status="pending", approved_by="ada@example.invalid")
    assert approval_hash(same) == approved
    others = (
        entry._replace(title="Another"),
        entry._replace(content=""),
        entry._replace(category="Gotcha"),
        entry._replace(confidence=0.5),
        entry._replace(sensitivity="sensitive"),
        entry._replace(tags=("a",)),
    )
    assert approved not in {approval_hash(other) for other in others}
