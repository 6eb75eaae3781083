"""Objects and refs through the `git` executable, for what libgit2 cannot open."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lorefs.errors import GitError
from lorefs.repo.kinds import Commit, Leaf, Signature, missing, moved, split, stuck

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from lorefs.repo.git import Git

_FORMAT: Final = "%H%x00%T%x00%P%x00%an%x00%ae%x00%ad%x00%cn%x00%ce%x00%cd%x00%B%x00"
_FIELDS: Final = 10
_DIRECTORY: Final = "040000"
_ARGUMENTS: Final = 100  # paths that are given on a command line


class PlumbingObjects:
    """The object database as git's plumbing commands show it."""

    def __init__(self, git: Git) -> None:
        self.git = git

    def close(self) -> None:
        """Nothing is kept open."""

    # ---- refs

    def tip(self, ref: str) -> str | None:
        """The commit that a ref leads to."""
        found = self.git.text("rev-parse", "--verify", "--quiet", ref, allowed=(0, 1, 128))
        return found or None

    def move(self, ref: str, oid: str, expected: str | None, reason: str) -> None:
        """Point a ref at a commit, unless somebody else moved it."""
        if self.tip(ref) != expected:
            raise moved(ref)
        try:
            # an empty old value says that there must be no such ref
            self.git.run("update-ref", "--create-reflog", "-m", reason, ref, oid, expected or "")
        except GitError as error:
            is_moved = self.tip(ref) != expected
            words = error.words.strip().partition("\n")[0]
            raise (moved(ref) if is_moved else stuck(ref, words)) from error

    def drop(self, ref: str) -> None:
        """Delete a ref."""
        if self.tip(ref) is not None:
            self.git.run("update-ref", "-d", ref)

    # ---- reading

    def commit(self, oid: str) -> Commit:
        """A commit."""
        return self._log("--no-walk", oid)[0]

    def has(self, oid: str) -> bool:
        """Whether a commit is here."""
        return self.git.status_and_output("cat-file", "-e", oid, allowed=(0, 1, 128))[0] == 0

    def leaves(self, tree: str, but: str | None = None) -> dict[str, Leaf]:
        """What stands in a tree, without what stands in `but` too."""
        if but is None:
            return dict(map(_leaf, _lines(self.git.run("ls-tree", "-r", "-z", tree))))
        listing = _lines(self.git.run("diff-tree", "-r", "-z", "--no-renames", but, tree))
        found: dict[str, Leaf] = {}
        for about, path in zip(listing[::2], listing[1::2], strict=True):
            _, mode, _, oid, _ = about.lstrip(":").split(" ")
            if int(mode, 8):
                found[path] = Leaf(int(mode, 8), oid)
        return found

    def leaves_at(self, tree: str, paths: Collection[str]) -> dict[str, Leaf]:
        """What stands at some paths of a tree."""
        wanted = list(paths)
        if len(wanted) > _ARGUMENTS:
            leaves = self.leaves(tree)
        else:
            listing = self.git.run(
                "--literal-pathspecs", "ls-tree", "-z", "--full-tree", tree, "--", *wanted
            )
            leaves = dict(map(_leaf, _lines(listing))) if wanted else {}
        return {
            path: leaves[path]
            for path in wanted
            if path in leaves and leaves[path].mode != int(_DIRECTORY, 8)
        }

    def sizes(self, oids: Collection[str]) -> dict[str, int]:
        """The sizes of blobs."""
        stdin = "".join(f"{oid}\n" for oid in oids).encode()
        lines = self.git.run("cat-file", "--batch-check", stdin=stdin).decode().splitlines()
        found: dict[str, int] = {}
        for oid, line in zip(oids, lines, strict=True):
            if line.endswith(" missing"):
                raise missing(oid[:12], "it is missing")
            found[oid] = int(line.split(" ")[2])
        return found

    def blobs(self, oids: Collection[str]) -> dict[str, bytes]:
        """The bytes of blobs."""
        stdin = "".join(f"{oid}\n" for oid in oids).encode()
        data = self.git.run("cat-file", "--batch", stdin=stdin)
        found: dict[str, bytes] = {}
        place = 0
        for oid in oids:
            end = data.index(b"\n", place)
            header = data[place:end].split(b" ")
            if header[-1] == b"missing":
                raise missing(oid[:12], "it is missing")
            size = int(header[2])
            found[oid] = data[end + 1 : end + 1 + size] if header[1] == b"blob" else b""
            place = end + 1 + size + 1
        return found

    def is_ancestor(self, older: str, newer: str) -> bool:
        """Whether a commit is another, or stands behind it."""
        status, _ = self.git.status_and_output(
            "merge-base", "--is-ancestor", older, newer, allowed=(0, 1)
        )
        return status == 0

    def between(self, hidden: Iterable[str], tips: Iterable[str]) -> list[Commit]:
        """The commits behind some and not behind others, each after its parents."""
        return self._log("--topo-order", "--reverse", *tips, *(f"^{oid}" for oid in hidden))

    def _log(self, *arguments: str) -> list[Commit]:
        data = self.git.run("log", "-z", "--date=raw", f"--format=tformat:{_FORMAT}", *arguments)
        parts = data.decode("utf-8", "replace").split("\0")
        # each record ends with an empty part of its own, from -z
        size = _FIELDS + 1
        return [_commit(parts[n : n + _FIELDS]) for n in range(0, len(parts) - size + 1, size)]

    # ---- writing

    def write_tree(self, base: str | None, changes: Mapping[str, bytes | str | None]) -> str:
        """A tree with changes made to another."""
        blobs = {
            path: self._write_blob(data) if isinstance(data, bytes) else data
            for path, data in changes.items()
        }
        return self._write(base, blobs) or self._make_tree({})

    def _write_blob(self, data: bytes) -> str:
        written = self.git.run("hash-object", "-w", "--stdin", stdin=data)
        return written.decode("ascii").strip()

    def _write(self, base: str | None, blobs: Mapping[str, str | None]) -> str | None:
        """The oid of a directory, None for an empty one, which git does not have."""
        entries = self._entries(base)
        here, below = split(blobs)
        for name, inner in below.items():
            mode, _, oid = entries.pop(name, ("", "", ""))
            tree = self._write(oid if mode == _DIRECTORY else None, inner)
            if tree is not None:
                entries[name] = (_DIRECTORY, "tree", tree)
        for name, blob in here.items():
            mode, *_ = entries.pop(name, ("100644",))
            if blob is not None:
                entries[name] = ("100755" if mode == "100755" else "100644", "blob", blob)
        return self._make_tree(entries) if entries else None

    def _entries(self, tree: str | None) -> dict[str, tuple[str, str, str]]:
        found: dict[str, tuple[str, str, str]] = {}
        for line in _lines(self.git.run("ls-tree", "-z", tree)) if tree else ():
            about, _, name = line.partition("\t")
            mode, kind, oid = about.split(" ")
            found[name] = (mode, kind, oid)
        return found

    def _make_tree(self, entries: Mapping[str, tuple[str, str, str]]) -> str:
        listing = "".join(
            f"{mode} {kind} {oid}\t{name}\0" for name, (mode, kind, oid) in entries.items()
        )
        stdin = listing.encode("utf-8", "surrogateescape")
        return self.git.run("mktree", "-z", "--missing", stdin=stdin).decode("ascii").strip()

    def write_commit(
        self,
        tree: str,
        parents: Sequence[str],
        message: str,
        author: Signature,
        committer: Signature,
    ) -> str:
        """A commit without a ref."""
        lines = [f"tree {tree}", *(f"parent {parent}" for parent in parents)]
        lines += [f"author {_written(author)}", f"committer {_written(committer)}"]
        data = ("\n".join(lines) + f"\n\n{message}").encode()
        written = self.git.run("hash-object", "-w", "-t", "commit", "--stdin", stdin=data)
        return written.decode("ascii").strip()


def _lines(data: bytes) -> list[str]:
    return [line for line in data.decode("utf-8", "surrogateescape").split("\0") if line]


def _leaf(line: str) -> tuple[str, Leaf]:
    about, _, path = line.partition("\t")
    mode, _, oid = about.split(" ")
    return path, Leaf(int(mode, 8), oid)


def _commit(parts: Sequence[str]) -> Commit:
    oid, tree, parents = (part.lstrip("\n") for part in parts[:3])
    author, committer = _read(parts[3:6]), _read(parts[6:9])
    return Commit(oid, tree, tuple(parents.split()), parts[9], author, committer)


def _read(parts: Sequence[str]) -> Signature:
    name, email, raw = parts
    time, zone = raw.split(" ")
    minutes = int(zone[1:3]) * 60 + int(zone[3:5])
    return Signature(name, email, int(time), -minutes if zone[0] == "-" else minutes)


def _written(who: Signature) -> str:
    sign, minutes = "-" if who.offset < 0 else "+", abs(who.offset)
    zone = f"{sign}{minutes // 60:02}{minutes % 60:02}"
    return f"{who.name} <{who.email}> {who.time} {zone}"
