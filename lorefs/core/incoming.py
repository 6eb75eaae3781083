"""What comes in from a file, a remote or a backup: whether it is the text of a document.

Nothing is refused here. What is wrong is a value, and whoever took the bytes says whose they are.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from lorefs.core.document import conflict_marker_line

NUL: Final = "holds a NUL byte"
NOT_UTF8: Final = "is not UTF-8"
IN_CONFLICT: Final = "has conflict markers"

_NO_NAMES: Final = frozenset({"", ".", ".."})
_IGNORED: Final = dict.fromkeys([  # characters by which HFS+ does not tell names apart
    *range(0x200C, 0x2010), *range(0x202A, 0x202F), *range(0x206A, 0x2070), 0xFEFF,
])  # fmt: skip


class Flaw(NamedTuple):
    """Why bytes are not the text of a document.

    `what` is one of the three causes, put so that it goes on behind a name. `line` counts from
    1; `offset` is in bytes, None for a conflict.
    """

    what: str
    line: int
    offset: int | None = None

    @property
    def words(self) -> str:
        """The cause with its place, on one line."""
        if self.what == NUL:
            return self.what
        place = f"in line {self.line}" if self.offset is None else f"at byte {self.offset}"
        return f"{self.what} {place}"


def read_text(data: bytes) -> str | Flaw:
    """The text of a document, or what keeps these bytes from being one: the first flaw found."""
    nul = data.find(b"\0")
    if nul >= 0:
        return Flaw(NUL, _line_of(data, nul), nul)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        return Flaw(NOT_UTF8, _line_of(data, error.start), error.start)
    line = conflict_marker_line(text)
    return text if line is None else Flaw(IN_CONFLICT, line)


def leads_out(path: str) -> bool:
    """Whether a path from elsewhere, in POSIX form, leads out of a worktree or into git's own."""
    return any(part in _NO_NAMES or _may_be_git(part) for part in path.split("/"))


def _may_be_git(name: str) -> bool:
    """Whether some file system takes a name for `.git`; see core.protectHFS and core.protectNTFS.

    HFS+ ignores some characters, NTFS what stands at the end, and it has a short name for it.
    """
    short = name.translate(_IGNORED).replace("\\", ":").partition(":")[0].rstrip(" .").lower()
    return short in {".git", "git~1"}


def _line_of(data: bytes, offset: int) -> int:
    return data.count(b"\n", 0, offset) + 1
