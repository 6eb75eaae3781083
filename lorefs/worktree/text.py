"""Whether the bytes of a file are a document that may be taken in."""

from __future__ import annotations

from lorefs.core.document import conflict_marker_line
from lorefs.errors import DocumentError


def check_text(document: str, data: bytes) -> str:
    """The text of a document that may be taken in.

    Raises `DocumentError` with the place for what is not UTF-8, holds NUL, or stands in
    conflict.
    """
    nul = data.find(b"\0")
    if nul >= 0:
        raise DocumentError(
            f"{document} holds a NUL byte",
            path=document,
            offset=nul,
            line=data.count(b"\n", 0, nul) + 1,
            hint="remove the byte; entries stay as they were",
        )
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise DocumentError(
            f"{document} is not UTF-8",
            path=document,
            offset=error.start,
            line=data.count(b"\n", 0, error.start) + 1,
            found=repr(data[error.start : error.start + 8]),
            hint="save it as UTF-8; entries stay as they were",
        ) from error
    line = conflict_marker_line(text)
    if line is not None:
        raise DocumentError(
            f"{document} has conflict markers",
            path=document,
            line=line,
            hint="resolve the conflict in an editor; entries stay as they were till then",
        )
    return text
