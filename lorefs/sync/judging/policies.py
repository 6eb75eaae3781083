"""The policies in force at commits, found out from the commits that touch the root document.

For histories of code, which are long, and of which few commits touch lore.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lorefs.core.document import decode
from lorefs.core.judgement import ANYTHING, Standing
from lorefs.core.merge import Settings, Sides, merge_corpus
from lorefs.core.model import TEAM_NAME
from lorefs.core.precedence import without_removed
from lorefs.core.realm import REALMS
from lorefs.errors import RefusedError
from lorefs.sync.commits.history import TreeHistories, base_text, merge_bases, merge_settings
from lorefs.sync.commits.trees import read_files, texts_of
from lorefs.sync.judging.lore import Lore, policy_of
from lorefs.sync.judging.standings import Standings, Step

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from lorefs.core.judgement import Value
    from lorefs.core.policy import Policy
    from lorefs.repo import Git
    from lorefs.repo.objects import Objects
    from lorefs.sync.judging.lore import Tree

Texts = dict[str, str]


class _RootDocuments(Lore):
    """The policies that trees declare, and nothing of what entries say."""

    def __init__(
        self, objects: Objects, prefix: str, declared: Mapping[str, Policy | None]
    ) -> None:
        super().__init__(objects, prefix)
        self.declared = declared

    def policy(self, tree: Tree | None) -> Policy | None:
        """The policy that a tree declares."""
        if isinstance(tree, str) and tree in self.declared:
            return self.declared[tree]
        return super().policy(tree)

    def compared(self, trees: Sequence[Tree | None]) -> dict[str, tuple[Value, ...]]:
        """No entries."""
        del trees
        return {}


class PolicyHistory(Standings):
    """The standings of commits as far as policies go: there are no doubts about entries."""

    def __init__(self, git: Git, objects: Objects, prefix: str = "") -> None:
        self.declared: dict[str, Policy | None] = {}
        super().__init__(git, _RootDocuments(objects, prefix, self.declared), self._merged_root)
        self.path = prefix + TEAM_NAME

    def of(self, oid: str) -> Standing:
        """The policies in force at a commit."""
        if oid not in self.known:
            steps = self._listed(oid)
            self._read_policies(steps)
            self._fold(steps, self.known, (), self.faults)
            self.known[oid] = self.known[steps[-1].oid] if steps else ANYTHING
        return self.known[oid]

    def _listed(self, oid: str) -> list[Step]:
        """The commits behind one that touch the root document, each after its parents.

        Those are parents in this list; see "history simplification" in git-log(1).
        """
        listing = self.git.run(
            "log", "--full-history", "--simplify-merges", "--parents", "--topo-order",
            "--reverse", "-z", "--format=%H%x09%T%x09%P%x09%ae", oid, "--",
            f":(top,literal){self.path}",
        )  # fmt: skip
        lines = listing.decode("utf-8", "surrogateescape").split("\0")
        found = (line.split("\t", 3) for line in lines if line)
        return [Step(name, tree, tuple(up.split()), who) for name, tree, up, who in found]

    def _read_policies(self, steps: list[Step]) -> None:
        """What all root documents declare, in one run of git."""
        texts = read_files(self.git, (f"{step.oid}:{self.path}" for step in steps))
        for step, text in zip(steps, texts, strict=True):
            self.declared[str(step.tree)] = policy_of(text)

    def _merged_root(self, step: Step) -> Texts | None:
        try:
            return merged_texts(self.git, step, self.lore.prefix, only=TEAM_NAME)
        except RefusedError:
            return None


def merged_texts(
    git: Git, step: Step, prefix: str, only: str = "", *, realms: bool = True
) -> Texts:
    """The documents below a prefix that merging the parents of a commit gives, by path.

    `only` is one document to merge alone. `realms` is as for `below`. Raises `RefusedError` for
    trees that hold what is no document.
    """
    ours, theirs = sorted(step.parents)
    bases = merge_bases(git, ours, theirs)

    def texts(oid: str) -> Texts:
        if not only:
            return below(texts_of(git, oid), prefix, realms=realms)
        data = git.blob(oid, prefix + only)
        return {} if data is None else {only: decode(data)}

    base = _base(git, bases, texts) if not only else _base_of_one(git, bases, prefix, only)
    sides = Sides(base, texts(ours), texts(theirs))
    settings = merge_settings(sides.base.get(TEAM_NAME, ""), Settings(on_clash="last-write"))
    history = TreeHistories(git, sides, ours, theirs, since=bases, prefix=prefix)
    if not bases and not only:
        alone = [TreeHistories(git, sides, tip, "", prefix=prefix) for tip in (ours, theirs)]
        sides = Sides(
            sides.base,
            without_removed(sides.ours, sides.theirs, alone[1]),
            without_removed(sides.theirs, sides.ours, alone[0]),
        )
    return merge_corpus(sides, settings=settings, history=history).documents


def _base_of_one(git: Git, bases: list[str], prefix: str, only: str) -> Texts:
    text = base_text(git, bases, prefix + only)
    return {} if text is None else {only: text}


def _base(git: Git, bases: list[str], texts: Callable[[str], Texts]) -> Texts:
    """The documents in the merge base; several are merged with each other first."""
    if not bases:
        return {}
    merged, so_far = texts(bases[0]), bases[0]
    for other in bases[1:]:
        older = merge_bases(git, so_far, other)
        base = texts(older[0]) if older else {}
        merged = merge_corpus(Sides(base, merged, texts(other))).documents
        so_far = other
    return merged


def below(texts: Mapping[str, str], prefix: str, *, realms: bool = True) -> Texts:
    """Those of some documents that stand below a prefix, by their paths without it.

    `realms` says that the directory of that name holds other projects, as on a sync branch.
    """
    return {
        path.removeprefix(prefix): text
        for path, text in texts.items()
        if path.startswith(prefix) and (prefix or not (realms and path.startswith(REALMS)))
    }
