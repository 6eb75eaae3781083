"""The lore documents of a commit's tree, read with care: a tree may come from anywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from lorefs.core.document import decode
from lorefs.core.model import PERSONAL, scope_of
from lorefs.errors import RefusedError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lorefs.repo import Git

SIZE_LIMIT: Final = 64 * 1024 * 1024  # bytes of one document
_FILES: Final = frozenset({"100644", "100755"})


class Blob(NamedTuple):
    """One document in a tree."""

    path: str
    oid: str


def commit_oid(git: Git, revision: str, hint: str = "`git log --oneline` shows commits") -> str:
    """The commit that a revision names. Raises `UsageError` if it names none."""
    found = git.text(
        "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}",
        allowed=(0, 1, 128),
    )  # fmt: skip
    if not found:
        raise UsageError(f"{revision} names no commit", found=revision, hint=hint)
    return found


def documents_of(git: Git, commit: str) -> list[Blob]:
    """The shared lore documents of a commit, by path.

    Raises `RefusedError` for a document that is a link, a submodule or too large.
    """
    listing = git.run("ls-tree", "-r", "-z", "-l", "--full-tree", commit)
    found: list[Blob] = []
    for line in listing.split(b"\0"):
        about, _, name = line.decode("utf-8", "surrogateescape").partition("\t")
        if scope_of(name) in {None, PERSONAL}:
            continue
        mode, _, oid, size = about.split()
        if mode not in _FILES:
            raise RefusedError(
                f"{name} in {commit[:12]} is no regular file", path=name,
                hint="replace the link by a file, and commit that",
            )  # fmt: skip
        if int(size) > SIZE_LIMIT:
            raise RefusedError(
                f"{name} in {commit[:12]} is larger than {SIZE_LIMIT:,} bytes", path=name
            )
        found.append(Blob(name, oid))
    return found


def read_blobs(git: Git, oids: Iterable[str]) -> dict[str, str]:
    """The texts of blobs, in one run of `git cat-file`."""
    wanted = list(dict.fromkeys(oids))
    data = git.run("cat-file", "--batch", stdin="".join(f"{oid}\n" for oid in wanted).encode())
    return dict(zip(wanted, _split(data, len(wanted)), strict=True))


def read_files(git: Git, names: Iterable[str]) -> list[str]:
    """The texts of files in commits, named as `COMMIT:PATH`; "" for those that are not there."""
    wanted = [name.encode("utf-8", "surrogateescape") for name in names]
    if any(b"\n" in name for name in wanted):  # which would be two names, here and in the answer
        found = (name.decode("utf-8", "surrogateescape").partition(":") for name in wanted)
        return [decode(git.blob(commit, path) or b"") for commit, _, path in found]
    stdin = b"".join(name + b"\n" for name in wanted)
    return _split(git.run("cat-file", "--batch", stdin=stdin), len(wanted))


def _split(data: bytes, count: int) -> list[str]:
    """The texts that `git cat-file --batch` printed, "" for objects that are no blobs."""
    texts: list[str] = []
    place = 0
    for _ in range(count):
        line_end = data.index(b"\n", place)
        header = data[place:line_end].rsplit(b" ", 2)
        place = line_end + 1
        if header[-1] == b"missing" or header[-2] != b"blob":
            texts.append("")
            place += 0 if header[-1] == b"missing" else int(header[-1]) + 1
            continue
        size = int(header[-1])
        texts.append(decode(data[place : place + size]))
        place += size + 1
    return texts


def texts_of(git: Git, commit: str) -> dict[str, str]:
    """The texts of all shared documents of a commit, by path."""
    blobs = documents_of(git, commit)
    texts = read_blobs(git, (blob.oid for blob in blobs))
    return {blob.path: texts[blob.oid] for blob in blobs}
