"""The sync branch of a clone: its ref, and the documents of its trees, read with care.

What a remote sends is hostile until it is checked: a tree may hold anything.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Final

from lorefs.core.document import decode, parse
from lorefs.core.front_matter import FrontMatterError, read_front_matter
from lorefs.core.incoming import Flaw, leads_out, read_text
from lorefs.core.message import FORMAT_VERSION
from lorefs.core.model import PERSONAL, TEAM_NAME, scope_of
from lorefs.core.realm import REALMS, SHARED, realm_of
from lorefs.errors import RefusedError
from lorefs.repo import ref_oid
from lorefs.repo.objects import EXECUTABLE, FILE, LINK, SUBMODULE, Leaf, open_objects

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from pathlib import Path

    from lorefs.repo import Git
    from lorefs.repo.objects import Objects, Signature

FETCHED: Final = "refs/lorefs/fetched"  # where remotes were when they were fetched last
BACKUPS: Final = "refs/lorefs/backup"  # what was put aside, by its time in milliseconds

_KINDS: Final = {LINK: "a symbolic link", SUBMODULE: "a submodule"}
_HINT: Final = "its lore is left alone; whoever pushed it has to remove that from the sync branch"


class HostileTreeError(RefusedError):
    """A tree of the sync branch holds what no lorefs writes; nothing of it was taken."""


class Branch:
    """One sync branch, with what reads and moves it.

    `prefix` is the directory in its trees that holds this repository's documents, "" or with
    a slash at the end. `limit` is the size of a document in bytes. With `sign` the commits made
    here are signed, with `verified` only signed ones are taken from others.
    """

    def __init__(
        self,
        git: Git,
        name: str,
        prefix: str,
        limit: int,
        *,
        sign: bool = False,
        verified: bool = False,
    ) -> None:
        self.git, self.name, self.prefix, self.limit = git, name, prefix, limit
        self.sign, self.verified = sign, verified

    @cached_property
    def objects(self) -> Objects:
        """The object database; loading libgit2 takes longer than a cycle with nothing to do."""
        return open_objects(self.git)

    def under(self, prefix: str) -> Branch:
        """The same trees, read as those of the repository whose documents a prefix has."""
        other = self.named(self.name, prefix)
        other.__dict__["objects"] = self.objects  # opened once, and closed by this one
        return other

    def in_repository(self, git: Git) -> Branch:
        """The same branch of another repository."""
        return self._changed(git, self.name, self.prefix)

    def named(self, name: str, prefix: str) -> Branch:
        """A branch of this repository that is read in the same way."""
        return self._changed(self.git, name, prefix)

    def _changed(self, git: Git, name: str, prefix: str) -> Branch:
        return Branch(git, name, prefix, self.limit, sign=self.sign, verified=self.verified)

    def close(self) -> None:
        """Close what was opened."""
        if "objects" in self.__dict__:
            self.objects.close()

    @property
    def ref(self) -> str:
        """The full name of its ref."""
        return f"refs/heads/{self.name}"

    def checked_out(self) -> Path | None:
        """The HEAD of a worktree of this repository that has it checked out."""
        common = self.git.paths.common_dir
        line = f"ref: {self.ref}"
        for head in (common / "HEAD", *common.glob("worktrees/*/HEAD")):
            try:
                found = head.read_text("utf-8", "replace").strip()
            except OSError:
                continue  # a worktree that is being removed
            if found == line:
                return head
        return None

    def tip(self) -> str | None:
        """The commit it leads to here."""
        return self.look_up(self.ref)

    def look_up(self, ref: str) -> str | None:
        """The commit that a full ref name leads to."""
        return ref_oid(self.git.paths, ref) or None

    def tree(self, commit: str | None) -> str | None:
        """The tree of a commit, None for no commit."""
        return None if commit is None else self.objects.commit(commit).tree

    def leaves(self, commit: str | None) -> dict[str, Leaf]:
        """The documents of this repository in a commit, by their paths in the worktree."""
        tree = self.tree(commit)
        return {} if tree is None else self.own(self.objects.leaves(tree))

    def _leaves_at(self, commit: str | None, paths: Collection[str]) -> dict[str, Leaf]:
        tree = self.tree(commit)
        if tree is None:
            return {}
        return self.own(
            self.objects.leaves_at(tree, [self.prefix + path for path in sorted(paths)])
        )

    def own(self, leaves: Mapping[str, Leaf]) -> dict[str, Leaf]:
        """Those of some leaves that are this repository's, by their paths in the worktree."""
        size = len(self.prefix)
        return {
            path[size:]: leaf
            for path, leaf in leaves.items()
            if path.startswith(self.prefix) and (self.prefix or not path.startswith(REALMS))
        }

    def reads(self, path: str) -> bool:
        """Whether a path of a tree is of this repository, or of what its hub shares."""
        shared = bool(realm_of(self.prefix)) and path.startswith(f"{REALMS}{SHARED}/")
        return shared or bool(self.own({path: Leaf(0, "")}))

    def changed(self, before: str | None, after: str | None) -> list[str]:
        """This repository's documents that differ between two commits, by path."""
        old, new = self.tree(before), self.tree(after)
        if old == new:
            return []
        leaves = self.objects.leaves
        gone = leaves(old, new) if old is not None and new is not None else {}
        found = {
            **(leaves(new, old) if new is not None else {}),
            **(gone if new is not None else leaves(old or "")),
        }
        return sorted(self.own(found))

    def texts(self, commit: str | None, paths: Collection[str] | None = None) -> dict[str, str]:
        """The texts of this repository's documents in a commit, of all or of some."""
        leaves = self.leaves(commit) if paths is None else self._leaves_at(commit, paths)
        wanted = {path: leaf.oid for path, leaf in leaves.items()}
        blobs = self.objects.blobs(set(wanted.values()))
        return {path: decode(blobs[oid]) for path, oid in wanted.items()}

    def write(
        self,
        tree: str,
        parents: Sequence[str],
        message: str,
        author: Signature,
        committer: Signature,
    ) -> str:
        """A new commit of somebody here, to which no ref leads yet; raises `SigningError`."""
        if self.sign:
            from lorefs.repo.signing import write_signed

            return write_signed(self.git, tree, parents, message, author, committer)
        return self.objects.write_commit(tree, parents, message, author, committer)

    def check(self, commit: str, known: str | None = None) -> None:
        """Raise `HostileTreeError` unless a commit holds lore documents alone, readable ones.

        What stands in the `known` commit, too, was checked before. Of documents that are none of
        this repository's, nobody here reads anything: they only have to be documents, and to stand
        where no git takes them for something else.
        """
        self._check(self.objects.leaves(self.objects.commit(commit).tree, self.tree(known)))

    def check_own(self, commit: str, known: str | None, *, documents: int, size: int) -> None:
        """The same for this repository's part of a commit alone, which is bounded as a whole.

        `documents` may be there, and `size` bytes in all of them.
        """
        changed = self.objects.leaves(self.objects.commit(commit).tree, self.tree(known))
        found = {self.prefix + path: leaf for path, leaf in self.own(changed).items()}
        whole = self.leaves(commit)
        if len(whole) > documents:
            raise _hostile(self.prefix or "what", f"holds more than {documents:,} documents")
        self._check(found)
        if sum(self.objects.sizes({leaf.oid for leaf in whole.values()}).values()) > size:
            raise _hostile(self.prefix or "what", f"holds more than {size:,} bytes")

    def _check(self, found: Mapping[str, Leaf]) -> None:
        for path, leaf in found.items():
            _check_leaf(path, leaf)
            if not path.isprintable() and self.reads(path):
                raise _hostile(path, "has a name that cannot be printed")
        found = {path: leaf for path, leaf in found.items() if self.reads(path)}
        sizes = self.objects.sizes({leaf.oid for leaf in found.values()})
        for path, leaf in found.items():
            if sizes[leaf.oid] > self.limit:
                raise _hostile(path, f"is larger than {self.limit:,} bytes (limits.documentSize)")
        blobs = self.objects.blobs(sizes)
        for path, leaf in found.items():
            _check_text(path, blobs[leaf.oid])


def realms(paths: Iterable[str]) -> dict[str, list[str]]:
    """Paths of a tree by the prefix of their realm, "" for those outside of any."""
    found: dict[str, list[str]] = {}
    for path in paths:
        parts = path.split("/", 2)
        prefix = f"{REALMS}{parts[1]}/" if path.startswith(REALMS) and len(parts) > 2 else ""  # noqa: PLR2004
        found.setdefault(prefix, []).append(path)
    return found


def _check_leaf(path: str, leaf: Leaf) -> None:
    if leaf.mode not in {FILE, EXECUTABLE}:
        raise _hostile(path, f"is {_KINDS.get(leaf.mode, 'no regular file')}")
    if scope_of(path) in {None, PERSONAL}:
        raise _hostile(path, "is no team document")
    if leads_out(path):
        raise _hostile(path, "leads out of the worktree")


def _check_text(path: str, data: bytes) -> None:
    text = read_text(data)
    if isinstance(text, Flaw):
        raise _hostile(path, text.words)
    version = newer_version(path, text)
    if version is not None:
        raise HostileTreeError(
            f"{path} on the sync branch has format version {version}, this lorefs knows"
            f" {FORMAT_VERSION}",
            path=path,
            hint="install a newer lorefs",
        )


def newer_version(path: str, text: str) -> int | None:
    """The format version of a document that is newer than what this lorefs knows, else None."""
    if path.rpartition("/")[2] != TEAM_NAME or not text.startswith(("---", "\ufeff---")):
        return None
    try:
        version = read_front_matter(parse(text)).get("lorefs")
    except FrontMatterError:
        return None  # a finding for `check`; the text is kept as it is
    return version if isinstance(version, int) and version > FORMAT_VERSION else None


def check_outgoing(changes: Mapping[str, bytes | None]) -> None:
    """Raise `RefusedError` for documents that others would refuse, whatever else they bring.

    `changes` are the bytes of documents by their paths in the worktree, None for none.
    """
    for path, data in changes.items():
        if data is None:
            continue
        if not path.isprintable():
            raise RefusedError(
                "a document whose name cannot be printed cannot go onto the sync branch",
                found=path,
                hint="rename its directory; until then nothing is sent",
            )
        version = newer_version(path, decode(data))
        if version is not None:
            raise RefusedError(
                f"{path} has format version {version}, this lorefs knows {FORMAT_VERSION}",
                path=path,
                hint="install a newer lorefs, or mend the front matter; until then nothing is sent",
            )


def _hostile(path: str, cause: str) -> HostileTreeError:
    return HostileTreeError(f"{path} on the sync branch {cause}", path=path, hint=_HINT)
