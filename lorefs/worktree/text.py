"""Whether the bytes of a file are a document that may be taken in."""

from __future__ import annotations

from typing import Final

from lorefs.core.incoming import IN_CONFLICT, NOT_UTF8, NUL, Flaw, read_text
from lorefs.errors import DocumentError

_HINTS: Final = {
    NUL: "remove the byte; entries stay as they were",
    NOT_UTF8: "save it as UTF-8; entries stay as they were",
    IN_CONFLICT: "resolve the conflict in an editor; entries stay as they were till then",
}
_SHOWN: Final = 8  # bytes of what is not UTF-8


def check_text(document: str, data: bytes) -> str:
    """The text of a document that may be taken in.

    Raises `DocumentError` with the place for what is not UTF-8, holds NUL, or stands in
    conflict.
    """
    text = read_text(data)
    if isinstance(text, Flaw):
        found = None
        if text.what == NOT_UTF8 and text.offset is not None:
            found = repr(data[text.offset : text.offset + _SHOWN])
        raise DocumentError(
            f"{document} {text.what}",
            path=document,
            offset=text.offset,
            line=text.line,
            found=found,
            hint=_HINTS[text.what],
        )
    return text
