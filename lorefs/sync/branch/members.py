"""Who takes part in a realm, as the history of its commits tells."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from zlib import crc32

from lorefs.core.document import decode, parse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lorefs.repo.objects import Leaf, Signature
    from lorefs.sync.branch.branch import Branch

MACHINES: Final = "@lorefs.invalid"  # the end of the addresses by which lorefs itself commits
_Digest = dict[str, int]


@dataclass(frozen=True, slots=True)
class Member:
    """One author, by their email: first and last commit in seconds since 1970.

    `entries` counts those that they added, changed or deleted, each once.
    """

    name: str
    email: str
    first: int
    last: int
    commits: int
    entries: int


@dataclass(slots=True)
class _Sum:
    who: Signature
    first: int
    last: int
    commits: int = 0
    touched: set[str] = field(default_factory=set)


def commits_of(branch: Branch, tip: str) -> list[str]:
    """The commits of people in the realm of a branch, oldest first: merges are left out."""
    listing = branch.git.text(
        "log", "--full-history", "--no-merges", "--reverse", "--topo-order", "--format=%H %ae",
        tip, "--", *([f":(top,literal){branch.prefix}"] if branch.prefix else []),
    )  # fmt: skip
    lines = (line.partition(" ") for line in listing.split("\n") if line)
    return [oid for oid, _, email in lines if not email.endswith(MACHINES)]


def count_members(branch: Branch, tip: str | None) -> int:
    """How many people have committed to the realm; reads no document."""
    if tip is None:
        return 0
    emails = (branch.objects.commit(oid).author.email for oid in commits_of(branch, tip))
    return len({email.casefold() for email in emails})


def members(
    branch: Branch, tip: str | None, tell: Callable[[int, int], None] = lambda *_: None
) -> list[Member]:
    """The people behind the commits of a realm, the last active one first.

    `tell` hears how many commits are done, and of how many.
    """
    sums: dict[str, _Sum] = {}
    texts = _Texts(branch)
    oids = commits_of(branch, tip) if tip is not None else []
    for number, oid in enumerate(oids):
        tell(number, len(oids))
        commit = branch.objects.commit(oid)
        who = commit.author
        found = sums.setdefault(who.email.casefold(), _Sum(who, who.time, who.time))
        found.first, found.last = min(found.first, who.time), max(found.last, who.time)
        if who.time >= found.who.time:
            found.who = who
        found.commits += 1
        found.touched.update(texts.touched(next(iter(commit.parents), None), oid))
    people = [
        Member(each.who.name, each.who.email, each.first, each.last, each.commits,
               len(each.touched))
        for each in sums.values()
    ]  # fmt: skip
    return sorted(people, key=lambda each: (-each.last, each.email))


class _Texts:
    """What the entries of documents say, as digests; the last version of each is kept."""

    def __init__(self, branch: Branch) -> None:
        self._branch = branch
        self._known: dict[str, tuple[str, _Digest]] = {}

    def touched(self, before: str | None, after: str) -> Iterator[str]:
        """The ids of the entries that a commit added, changed, moved or deleted."""
        branch = self._branch
        old, new = branch.tree(before), branch.tree(after) or ""
        came = branch.own(branch.objects.leaves(new, old))
        went = branch.own(branch.objects.leaves(old, new)) if old is not None else {}
        for path in {**went, **came}:
            was, is_ = (self._digest(path, side.get(path)) for side in (went, came))
            yield from (ident for ident in {**was, **is_} if was.get(ident) != is_.get(ident))

    def _digest(self, path: str, leaf: Leaf | None) -> _Digest:
        if leaf is None:
            return {}
        oid, digest = self._known.get(path, ("", {}))
        if oid != leaf.oid:
            text = decode(self._branch.objects.blobs([leaf.oid])[leaf.oid])
            digest = {
                block.id: crc32(f"{block.category}\0{block.text}".encode("utf-8", "replace"))
                for block in parse(text).blocks
                if block.id
            }
            self._known[path] = leaf.oid, digest
        return digest
