"""Ids of entries: UUIDs (RFC 9562), read and checked without the machinery of `uuid`."""

from __future__ import annotations

from typing import Final

_DIGITS: Final = "0123456789abcdefABCDEF"
_LENGTH: Final = 36
_VERSION_AT: Final = 14  # the digit that tells the version

# Names the rule, so that ids derived by another one can never be the same.
_NAMESPACE: Final = "lorefs:unclaimed:1"
_PROPOSALS: Final = "lorefs:proposal:1"


def is_uuid(text: str) -> bool:
    """Whether a text has the form of a UUID of whatever version, in lower or upper case."""
    if len(text) != _LENGTH or text[8] + text[13] + text[18] + text[23] != "----":
        return False
    digits = text.replace("-", "")
    return len(digits) == _LENGTH - 4 and not digits.strip(_DIGITS)


def normal_id(text: str) -> str:
    """An id as a marker has it: in lower case if it is a UUID, else as it is."""
    lower = text.lower()
    return lower if lower != text and is_uuid(lower) else text


def version(ident: str) -> int | None:
    """The version of a UUID, None if the id is none."""
    return int(ident[_VERSION_AT], 16) if is_uuid(ident) else None


def created_at(ident: str) -> int | None:
    """When a UUIDv7 was made, in milliseconds since 1970; None for all other ids."""
    if ident[_VERSION_AT : _VERSION_AT + 1] != "7" or not is_uuid(ident):
        return None
    return int(ident[:8] + ident[9:13], 16)


def derived_id(path: str, title: str, ordinal: int = 0) -> str:
    """The UUIDv8 of a hand-written entry: the same for the same document, title and ordinal.

    `path` is that of the document. The title counts in NFC and with single spaces, because
    what an editor or a file system makes of it must not change the id.
    """
    from unicodedata import normalize

    title = normalize("NFC", " ".join(title.split()))
    return _uuid8(_NAMESPACE, path, title, str(ordinal))


def proposal_id(proposer: str, target: str) -> str:
    """The UUIDv8 of what somebody proposes about an entry: one for each of both, everywhere."""
    return _uuid8(_PROPOSALS, proposer.casefold(), target)


def _uuid8(*parts: str) -> str:
    from hashlib import sha256  # few entries need it

    name = "\0".join(parts)
    number = int.from_bytes(sha256(name.encode("utf-8", "surrogatepass")).digest()[:16])
    number = number & ~(0xF << 76) | 8 << 76  # version
    number = number & ~(0x3 << 62) | 2 << 62  # variant
    text = f"{number:032x}"
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))
