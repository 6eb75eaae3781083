"""What trees say of entries and of the policy, as values to be judged; texts are read once."""

from __future__ import annotations

import re
import sys
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from lorefs.core.claim import identify
from lorefs.core.document import decode, parse
from lorefs.core.ids import normal_id
from lorefs.core.judgement import NO_VALUE, value_of
from lorefs.core.model import TEAM, TEAM_NAME, directory_of, scope_of
from lorefs.core.policy import OPEN, Policy, PolicyError, read_policy
from lorefs.core.realm import REALMS
from lorefs.core.source import read_entry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from lorefs.core.document import Block, Document
    from lorefs.core.judgement import Value
    from lorefs.core.model import Entry
    from lorefs.repo.objects import Leaf, Objects

    Texts = Mapping[str, str]
    Tree = str | Texts  # the oid of a tree, or documents by their paths without the prefix
    Blocks = Mapping[str, tuple[Block, ...]]
    Copies = tuple[tuple[str, tuple[Block, ...]], ...]
    Holders = Callable[[set[str], set[str]], Texts]

_MARKER: Final = re.compile(r"<!-- lore:([^ >]+) -->")
_DOCUMENTS: Final = 64  # that are kept parsed
_TEXTS: Final = 256


@lru_cache(maxsize=_DOCUMENTS)
def _parsed(text: str) -> Document:
    return parse(text)


@lru_cache(maxsize=_DOCUMENTS)
def blocks_of(path: str, text: str) -> Blocks:
    """The entries of a document by id, each with all of its copies."""
    found: dict[str, tuple[Block, ...]] = {}
    for block in identify(_parsed(text), path).blocks:
        if block.id:
            found[block.id] = (*found.get(block.id, ()), block._replace(lead=""))
    return found


def policy_of(text: str) -> Policy | None:
    """The policy that a root document declares, None for one that cannot be read."""
    if "policy" not in text:
        return OPEN
    document = _parsed(text)
    return _policy_in(document._replace(blocks=document.blocks[:1]))


@lru_cache(maxsize=_DOCUMENTS)
def _policy_in(front_matter: Document) -> Policy | None:
    """The policy of a document's first block; reading YAML takes longer than all of the rest."""
    try:
        return read_policy(front_matter)
    except PolicyError:
        return None


def compare(sides: Sequence[Texts], beside: Holders) -> dict[str, tuple[Value, ...]]:
    """The entries that differ between sets of team documents, with their value in each.

    `beside` gives the documents that are alike on all sides and hold one of some entries, too.
    """
    paths = sorted({path for texts in sides for path in texts if scope_of(path) == TEAM})
    paths = [path for path in paths if len({texts.get(path) for texts in sides}) > 1]
    parsed = [
        {path: blocks_of(path, texts[path]) for path in paths if path in texts} for texts in sides
    ]
    idents = {
        ident
        for path in paths
        for ident in _differing([documents.get(path, {}) for documents in parsed])
    }
    found: dict[str, tuple[Copies, ...]] = {}
    for ident in sorted(idents):
        copies = tuple(_copies(ident, documents) for documents in parsed)
        if len(set(copies)) > 1:
            found[ident] = copies
    others = {path: blocks_of(path, text) for path, text in beside(set(found), set(paths)).items()}
    values: dict[str, tuple[Value, ...]] = {}
    for ident, copies in found.items():
        more = _copies(ident, others)
        values[ident] = tuple(_value(each + more) for each in copies)
    return {ident: each for ident, each in values.items() if len(set(each)) > 1}


def _differing(documents: Sequence[Blocks]) -> set[str]:
    """The entries that are not alike in all versions of a document."""
    first, *others = documents
    idents = {ident for blocks in documents for ident in blocks}
    return {
        ident for ident in idents if any(blocks.get(ident) != first.get(ident) for blocks in others)
    }


def _copies(ident: str, documents: Mapping[str, Blocks]) -> Copies:
    return tuple((path, blocks[ident]) for path, blocks in documents.items() if ident in blocks)


def _value(copies: Copies) -> Value:
    entries = [_entry(path, block) for path, blocks in copies for block in blocks]
    return value_of(entries) if entries else NO_VALUE


def _entry(path: str, block: Block) -> Entry:
    return read_entry(block, path=directory_of(path), scope=TEAM)


class Lore:
    """The shared documents below a prefix of trees.

    `whole` says that copies of an entry are looked for in all documents of a tree, not only in
    those that a commit changes; it is for trees that hold nothing but lore. `realms` says that
    the directory of that name holds other projects, as on a sync branch.
    """

    def __init__(
        self, objects: Objects, prefix: str = "", *, whole: bool = True, realms: bool = True
    ) -> None:
        self.objects = objects
        self.prefix = prefix
        self.whole = whole
        self.realms = realms
        self._texts: dict[str, str] = {}
        self._idents: dict[str, frozenset[str]] = {}
        self._policies: dict[str, Policy | None] = {}

    def policy(self, tree: Tree | None) -> Policy | None:
        """The policy that a tree declares, None for one that cannot be read."""
        if tree is None:
            return OPEN
        if not isinstance(tree, str):
            return policy_of(tree.get(TEAM_NAME, ""))
        leaf = self.objects.leaves_at(tree, [self.prefix + TEAM_NAME]).get(self.prefix + TEAM_NAME)
        if leaf is None:
            return OPEN
        if leaf.oid not in self._policies:
            self._policies[leaf.oid] = policy_of(self._read({leaf.oid})[leaf.oid])
        return self._policies[leaf.oid]

    def compared(self, trees: Sequence[Tree | None]) -> dict[str, tuple[Value, ...]]:
        """The entries that differ between trees; all others are compared to the last."""
        last = trees[-1]
        paths: set[str] = set()
        for tree in trees[:-1]:
            paths |= self._changed(tree, last)
        sides = [self.texts(tree, paths) for tree in trees]
        return compare(sides, lambda idents, but: self._holders(last, idents, but))

    def texts(self, tree: Tree | None, paths: Iterable[str] | None = None) -> dict[str, str]:
        """The team documents of a tree, without the prefix: all, or those at some paths."""
        if tree is None:
            return {}
        if not isinstance(tree, str):
            return {path: tree[path] for path in (tree if paths is None else paths) if path in tree}
        if paths is None:
            leaves = self.objects.leaves(tree)
        else:
            leaves = self.objects.leaves_at(tree, [self.prefix + path for path in sorted(paths)])
        own = self._own(leaves)
        texts = self._read({leaf.oid for leaf in own.values()})
        return {path: texts[leaf.oid] for path, leaf in own.items()}

    def _changed(self, tree: Tree | None, last: Tree | None) -> set[str]:
        """The documents at which two trees differ."""
        if tree == last:
            return set()
        if isinstance(tree, str) and isinstance(last, str):
            leaves = self.objects.leaves
            return set(self._own({**leaves(last, tree), **leaves(tree, last)}))
        if tree is None and isinstance(last, str):
            return set(self._own(self.objects.leaves(last)))
        now, then = self.texts(last), self.texts(tree)
        return {path for path in {*now, *then} if now.get(path) != then.get(path)}

    def _own(self, leaves: Mapping[str, Leaf]) -> dict[str, Leaf]:
        size = len(self.prefix)
        return {
            path[size:]: leaf
            for path, leaf in leaves.items()
            if path.startswith(self.prefix)
            and scope_of(path) == TEAM
            and (self.prefix or not (self.realms and path.startswith(REALMS)))
        }

    def _holders(self, tree: Tree | None, idents: set[str], but: set[str]) -> dict[str, str]:
        """The documents of a tree, but some, that hold one of some entries."""
        if not isinstance(tree, str) or not (self.whole and idents):
            return {}
        own = self._own(self.objects.leaves(tree))
        own = {path: leaf for path, leaf in own.items() if path not in but}
        unknown = {leaf.oid for leaf in own.values()} - self._idents.keys()
        for oid, text in self._read(unknown).items():
            self._idents[oid] = frozenset(
                sys.intern(normal_id(name)) for name in _MARKER.findall(text)
            )
        paths = {path for path, leaf in own.items() if idents & self._idents[leaf.oid]}
        return self.texts(tree, paths) if paths else {}

    def _read(self, oids: set[str]) -> dict[str, str]:
        """The texts of blobs; some that were read last are kept."""
        found = {oid: self._texts[oid] for oid in oids if oid in self._texts}
        missing = oids - found.keys()
        if missing:
            found |= {oid: decode(data) for oid, data in self.objects.blobs(missing).items()}
            if len(self._texts) > _TEXTS:
                self._texts.clear()
            self._texts |= found
        return found
