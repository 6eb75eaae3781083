"""Objects and refs through libgit2, in process."""

from __future__ import annotations

import time
from contextlib import contextmanager
from itertools import count
from typing import TYPE_CHECKING, Any, Final

import pygit2
from pygit2.enums import ObjectType, SortMode

from lorefs.repo.objects import (
    EXECUTABLE,
    FILE,
    Commit,
    Leaf,
    Signature,
    missing,
    moved,
    split,
    stuck,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from lorefs.repo.git import Git

_TRIES: Final = 6  # at a ref that another program has locked
_PAUSE: Final = 0.02  # seconds before the second try, doubled for each further one
_DIRECTORY: Final = 0o040000
MOST_DIRECTORIES: Final = 200_000  # that a tree may have
DEEPEST: Final = 200  # and in each other

# What libgit2 raises: its own error, and Python's where it maps one.
_ERRORS: Final = (pygit2.GitError, KeyError, OSError, ValueError, TypeError)


def open_libgit(git: Git) -> LibgitObjects | None:
    """The repository, None if libgit2 cannot work with it (SHA-256, unknown extensions)."""
    # the commits on the sync branch are all that another machine will ever see of an edit
    pygit2.settings.enable_fsync_gitdir(True)  # noqa: FBT003 (its only argument)
    try:
        repository = pygit2.Repository(str(git.paths.git_dir))
    except _ERRORS:
        return None
    return LibgitObjects(repository)


class LibgitObjects:
    """The object database of an opened repository."""

    def __init__(self, repository: pygit2.Repository) -> None:
        self.repository = repository

    def close(self) -> None:
        """Close its files."""
        self.repository.free()

    # ---- refs

    def tip(self, ref: str) -> str | None:
        """The commit that a ref leads to."""
        try:
            found = self.repository.references.get(ref)
            return None if found is None else str(found.resolve().target)
        except (KeyError, ValueError):
            return None  # a symbolic ref that leads nowhere, or no name of a ref

    def move(self, ref: str, oid: str, expected: str | None, reason: str) -> None:
        """Point a ref at a commit, unless somebody else moved it."""
        pause = _PAUSE
        for attempt in range(_TRIES):
            if self.tip(ref) != expected:
                raise moved(ref)
            try:
                return self._move(ref, oid, expected, reason)
            except (pygit2.GitError, OSError, ValueError) as error:
                # libgit2 gives up at once on a locked ref, and says so in several ways
                if attempt == _TRIES - 1:
                    is_moved = self.tip(ref) != expected
                    raise (moved(ref) if is_moved else stuck(ref, str(error))) from error
            time.sleep(pause)
            pause *= 2
        return None

    def _move(self, ref: str, oid: str, expected: str | None, reason: str) -> None:
        if expected is None:
            self.repository.create_reference_direct(ref, pygit2.Oid(hex=oid), False, reason)  # noqa: FBT003
        else:
            # fails if the ref moved since it was looked up
            found = self.repository.references[ref]
            if str(found.target) != expected:
                raise moved(ref)
            found.set_target(oid, message=reason)

    def drop(self, ref: str) -> None:
        """Delete a ref."""
        if self.repository.references.get(ref) is not None:
            self.repository.references.delete(ref)

    # ---- reading

    def commit(self, oid: str) -> Commit:
        """A commit."""
        with _reading(oid):
            return _commit(self.repository[oid].peel(pygit2.Commit))

    def has(self, oid: str) -> bool:
        """Whether a commit is here."""
        return oid in self.repository

    def leaves(self, tree: str, but: str | None = None) -> dict[str, Leaf]:
        """What stands in a tree; directories that are equal in `but` are not even opened."""
        found: dict[str, Leaf] = {}
        self._walk("", tree, but, found, count())
        return found

    def leaves_at(self, tree: str, paths: Collection[str]) -> dict[str, Leaf]:
        """What stands at some paths; only the directories on the way are opened."""
        found: dict[str, Leaf] = {}
        self._pick("", tree, dict.fromkeys(paths), found)
        return {path: found[path] for path in paths if path in found}

    def _pick(
        self, prefix: str, tree: str, paths: Mapping[str, None], found: dict[str, Leaf]
    ) -> None:
        entries = self._entries(tree)
        here, below = split(paths)
        for name in here:
            mode, oid = entries.get(name, (_DIRECTORY, ""))
            if mode != _DIRECTORY:
                found[prefix + name] = Leaf(mode, oid)
        for name, inner in below.items():
            mode, oid = entries.get(name, (FILE, ""))
            if mode == _DIRECTORY:
                self._pick(f"{prefix}{name}/", oid, inner, found)

    def _walk(
        self, prefix: str, tree: str, but: str | None, found: dict[str, Leaf], walked: count[int]
    ) -> None:
        # a tree of a few objects that name each other may be endless to all practical purposes
        if next(walked) >= MOST_DIRECTORIES or prefix.count("/") > DEEPEST:
            raise missing("a tree", "it has too many directories")
        entries, others = self._entries(tree), self._entries(but) if but else {}
        for name, (mode, oid) in entries.items():
            other = others.get(name)
            if other == (mode, oid):
                continue
            if mode == _DIRECTORY:
                beside = other[1] if other and other[0] == _DIRECTORY else None
                self._walk(f"{prefix}{name}/", oid, beside, found, walked)
            else:
                found[prefix + name] = Leaf(mode, oid)

    def _entries(self, tree: str) -> dict[str, tuple[int, str]]:
        with _reading(tree):
            opened: Any = self.repository[tree]
            return {
                each.raw_name.decode("utf-8", "surrogateescape"): (
                    int(each.filemode),
                    str(each.id),
                )
                for each in opened
            }

    def sizes(self, oids: Collection[str]) -> dict[str, int]:
        """The sizes of blobs."""
        found: dict[str, int] = {}
        for oid in oids:
            with _reading(oid):
                found[oid] = self.repository.odb.read_header(oid)[1]
        return found

    def blobs(self, oids: Collection[str]) -> dict[str, bytes]:
        """The bytes of blobs."""
        found: dict[str, bytes] = {}
        for oid in oids:
            with _reading(oid):
                kind, data = self.repository.odb.read(oid)
            found[oid] = data if kind == ObjectType.BLOB else b""
        return found

    def is_ancestor(self, older: str, newer: str) -> bool:
        """Whether a commit is another, or stands behind it."""
        with _reading(newer):
            return older == newer or self.repository.descendant_of(newer, older)

    def between(self, hidden: Iterable[str], tips: Iterable[str]) -> list[Commit]:
        """The commits behind some and not behind others, each after its parents."""
        sorting = SortMode.TOPOLOGICAL | SortMode.REVERSE
        first, *others = tips
        with _reading(first):
            walker = self.repository.walk(first, sorting)
            for tip in others:
                walker.push(tip)
            for tip in hidden:
                walker.hide(tip)
            return [_commit(each) for each in walker]

    # ---- writing

    def write_tree(self, base: str | None, changes: Mapping[str, bytes | str | None]) -> str:
        """A tree with changes made to another."""
        blobs = {
            path: str(self.repository.create_blob(data)) if isinstance(data, bytes) else data
            for path, data in changes.items()
        }
        return self._write(base, blobs) or str(self.repository.TreeBuilder().write())

    def _write(self, base: str | None, blobs: Mapping[str, str | None]) -> str | None:
        """The oid of a directory, None for an empty one, which git does not have."""
        known = self._entries(base) if base else {}
        here, below = split(blobs)
        changed: dict[str, tuple[int, str] | None] = {}
        for name, inner in below.items():
            mode, oid = known.get(name, (0, ""))
            tree = self._write(oid if mode == _DIRECTORY else None, inner)
            changed[name] = None if tree is None else (_DIRECTORY, tree)
        for name, blob in here.items():
            mode = known.get(name, (FILE, ""))[0]
            kept = EXECUTABLE if mode == EXECUTABLE else FILE
            changed[name] = None if blob is None else (kept, blob)
        if not all(map(_is_utf8, changed)):
            return self._write_raw({**known, **changed})
        opened: Any = self.repository[base] if base else None
        builder = self.repository.TreeBuilder(opened) if base else self.repository.TreeBuilder()
        for name, each in changed.items():
            if each is not None:
                builder.insert(name, each[1], each[0])
            elif name in known:
                builder.remove(name)
        return str(builder.write()) if len(builder) else None

    def _write_raw(self, entries: Mapping[str, tuple[int, str] | None]) -> str | None:
        """A directory in git's own form: pygit2 takes no names that are not UTF-8."""
        rows = [
            (name.encode("utf-8", "surrogateescape"), *each)
            for name, each in entries.items()
            if each is not None
        ]
        # git sorts directories as if their names ended with a slash
        rows.sort(key=lambda row: row[0] + (b"/" if row[1] == _DIRECTORY else b""))
        data = b"".join(b"%o %s\0" % (mode, name) + bytes.fromhex(oid) for name, mode, oid in rows)
        return str(self.repository.odb.write(ObjectType.TREE, data)) if rows else None

    def write_commit(
        self,
        tree: str,
        parents: Sequence[str],
        message: str,
        author: Signature,
        committer: Signature,
    ) -> str:
        """A commit without a ref."""
        who, by = pygit2.Signature(*author), pygit2.Signature(*committer)
        return str(self.repository.create_commit(None, who, by, message, tree, list(parents)))


def _is_utf8(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _commit(found: pygit2.Commit) -> Commit:
    return Commit(
        str(found.id),
        str(found.tree_id),
        tuple(map(str, found.parent_ids)),
        found.raw_message.decode("utf-8", "replace"),
        _signature(found.author),
        _signature(found.committer),
    )


def _signature(found: pygit2.Signature) -> Signature:
    name, email = (raw.decode("utf-8", "replace") for raw in (found.raw_name, found.raw_email))
    return Signature(name, email, found.time, found.offset)


@contextmanager
def _reading(oid: str) -> Iterator[None]:
    try:
        yield
    except _ERRORS as error:
        raise missing(oid[:12], error) from error
