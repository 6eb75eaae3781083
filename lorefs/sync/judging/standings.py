"""Reads from git what `core.judgement` judges: commits in order, their authors and entries.

Where no commit has ever declared a policy, nothing but root documents is looked at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from lorefs.core.judgement import (
    ANYTHING,
    Change,
    Doubt,
    Meeting,
    Policies,
    Shift,
    Standing,
    in_force,
    judge,
    judge_against_all,
    meet,
    meet_policies,
)
from lorefs.core.message import INGESTED, trailer
from lorefs.core.policy import FINGERPRINT, Author
from lorefs.repo.signing import fingerprints
from lorefs.sync.commits.history import merge_bases

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from lorefs.core.judgement import Verdict
    from lorefs.repo import Git
    from lorefs.repo.objects import Commit
    from lorefs.sync.judging.lore import Lore, Tree

    # What merging the parents of a commit gives: a tree, or documents by their paths without the
    # prefix; None where that cannot be told.
    Merge = str | Mapping[str, str]
    Merged = Callable[["Step"], Merge | None]


class Step(NamedTuple):
    """A commit as it is judged, or one that is still to be made: its tree, or its documents.

    `key` is the SSH key that signs it, None where git is to be asked. What `ingests` brings lore
    of the code branch.
    """

    oid: str
    tree: Tree
    parents: tuple[str, ...]
    email: str
    key: str | None = None
    ingests: bool = False


PARENTS: Final = 2  # of a merge that can be made again


class Standings:
    """The standings of commits, each judged once.

    `merged` makes merges again. `known` are standings from before, `older` answers for all other
    commits that those to be judged stand on. `faults` says, for each commit that was judged
    here, what in it did not count.
    """

    def __init__(
        self,
        git: Git,
        lore: Lore,
        merged: Merged,
        *,
        known: Mapping[str, Standing] | None = None,
        older: Callable[[str], Standing] | None = None,
    ) -> None:
        self.git, self.lore, self.objects, self.merged = git, lore, lore.objects, merged
        self.known: dict[str, Standing] = dict(known or {})
        self.faults: dict[str, tuple[Doubt, ...]] = {}
        self.older = older
        self._keys: dict[str, str] = {}

    def of(self, oid: str) -> Standing:
        """The standing of a commit; all that it depends on is judged first."""
        if oid not in self.known:
            objects = self.objects
            behind = [each for each in self.known if self._is_behind(each, oid)]
            self.fold(objects.between(behind, [oid]))
        return self.known[oid]

    def fold(self, commits: Iterable[Commit]) -> None:
        """Judge commits, each after its parents."""
        self._fold(steps_of(commits), self.known, (), self.faults)

    def judged(self, step: Step) -> Verdict:
        """Judge what may become a commit; what stands behind it is judged first."""
        parents = [self._look_up(oid, self.known) for oid in step.parents]
        return self._judged(step, parents, self.known, (), [])

    def _is_behind(self, older: str, newer: str) -> bool:
        return self.objects.has(older) and self.objects.is_ancestor(older, newer)

    def _fold(
        self,
        steps: list[Step],
        known: dict[str, Standing],
        also: Policies,
        faults: dict[str, tuple[Doubt, ...]] | None,
    ) -> None:
        """Judge steps, each after its parents; `known` takes their standings."""
        todo = [step.oid for step in steps]
        for place, step in enumerate(steps):
            if step.oid in known:
                continue
            parents = [self._look_up(oid, known) for oid in step.parents]
            if not also and all(each == ANYTHING for each in parents):
                policy = self.lore.policy(step.tree)
                if policy is not None and not policy.is_manual:
                    known[step.oid] = ANYTHING
                    continue
            verdict = self._judged(step, parents, known, also, todo[place:])
            known[step.oid] = verdict.standing
            if faults is not None and verdict.faults:
                faults[step.oid] = verdict.faults

    def _look_up(self, oid: str, known: Mapping[str, Standing]) -> Standing:
        for found in (known.get(oid), self.known.get(oid)):
            if found is not None:
                return found
        if self.older is None:
            return self.of(oid)
        self.known[oid] = self.older(oid)
        return self.known[oid]

    def _judged(
        self,
        step: Step,
        parents: list[Standing],
        known: dict[str, Standing],
        also: Policies,
        todo: list[str],
    ) -> Verdict:
        others = [policy for each in parents for policy in each.policies]
        asked = in_force(*others, *also)
        author = self.author(step, asked, todo)
        if len(step.parents) == PARENTS:
            merge = self.merged(step)
            if merge is not None:
                return self._merge(step, author, merge, parents, known, also)
        entries = bool(asked)
        if not parents:
            return judge(ANYTHING, self.change(step, author, None, entries=entries), asked)
        trees = [self.objects.commit(oid).tree for oid in step.parents]
        changes = [self.change(step, author, each, entries=entries) for each in trees]
        if len(parents) == 1:
            return judge(parents[0], changes[0], asked)
        more = [each._replace(policies=in_force(*each.policies, *also)) for each in parents]
        return judge_against_all(more, changes)

    def author(self, step: Step, policies: Policies, todo: Iterable[str] = ()) -> Author:
        """Who made a commit; signatures are looked at where a policy lists keys.

        `todo` are steps that will be asked for next.
        """
        email = step.email
        keyed = any(each.startswith(FINGERPRINT) for p in policies for each in p.approvers)
        if not keyed:
            return Author(email)
        if step.key is not None:
            return Author(email, step.key)
        if step.oid not in self._keys:
            oids = [oid for oid in dict.fromkeys((step.oid, *todo)) if oid not in self._keys]
            found = fingerprints(self.git, oids)
            self._keys.update((oid, found.get(oid, "")) for oid in oids)
        return Author(email, self._keys[step.oid])

    def change(
        self, step: Step, author: Author, before: str | None, *, entries: bool = True
    ) -> Change:
        """What a commit changes against a tree, None for an empty one."""
        lore = self.lore
        values = lore.compared([before, step.tree]) if entries else {}
        return Change(
            step.oid,
            author,
            lore.policy(before),
            lore.policy(step.tree),
            {key: Shift(*pair) for key, pair in values.items()},
            parents=step.parents,
            ingests=step.ingests,
        )

    # ---------------------------------------------------------------- merges

    def _merge(
        self,
        step: Step,
        author: Author,
        merge: Merge,
        parents: list[Standing],
        known: dict[str, Standing],
        also: Policies,
    ) -> Verdict:
        one, other, policies = self._sides(step, parents, known, also)
        lore = self.lore
        sides = [self.objects.commit(oid).tree for oid in step.parents]
        declared = lore.policy(merge)
        values = lore.compared([*sides, merge, step.tree])
        merging = Change(step.oid, author, declared, declared, {}, parents=step.parents)
        meetings = {key: Meeting(*each[:3]) for key, each in values.items()}
        met = meet(one, other, policies, meetings, merging, also)
        rest = {key: Shift(*each[2:]) for key, each in values.items() if each[2] != each[3]}
        change = merging._replace(after=lore.policy(step.tree), entries=rest)
        return judge(met, change, in_force(*parents[0].policies, *parents[1].policies, *also))

    def _sides(
        self,
        step: Step,
        parents: list[Standing],
        known: dict[str, Standing],
        also: Policies,
    ) -> tuple[Standing, Standing, Policies]:
        """The parents' standings and the policies of a merge.

        What one side did is judged by a policy that the other has set meanwhile, too: nobody
        gets around a policy by starting from a commit before it.
        """
        one, other = parents
        base = self._base(step, known)
        if base == one.policies == other.policies:
            return one, other, base
        again = [
            self._again(step.parents, known, in_force(*other.policies, *also)),
            self._again(step.parents[::-1], known, in_force(*one.policies, *also)),
        ]
        sides = meet_policies(
            base,
            one.policies,
            other.policies,
            one_holds=again[0].policies == one.policies,
            other_holds=again[1].policies == other.policies,
        )
        return (
            again[0] if sides.one else one,
            again[1] if sides.other else other,
            sides.policies,
        )

    def _base(self, step: Step, known: Mapping[str, Standing]) -> Policies:
        """The policies where two parents parted; several that differ are no base at all."""
        bases = merge_bases(self.git, *step.parents)
        found = {self._look_up(oid, known).policies for oid in bases}
        return found.pop() if len(found) == 1 else ()

    def _again(
        self, parents: tuple[str, ...], known: Mapping[str, Standing], also: Policies
    ) -> Standing:
        """The standing of the first parent, its own steps judged by more policies."""
        mine, others = parents
        steps = steps_of(self.objects.between([others], [mine]))
        inner: dict[str, Standing] = {}
        for step in steps:
            for oid in step.parents:
                inner.setdefault(oid, self._look_up(oid, known))
        for step in steps:
            inner.pop(step.oid, None)
        self._fold(steps, inner, also, None)
        return inner[mine] if mine in inner else self._look_up(mine, known)


def steps_of(commits: Iterable[Commit]) -> list[Step]:
    """Commits as they are judged."""
    return [
        Step(
            each.oid,
            each.tree,
            each.parents,
            each.author.email,
            ingests=trailer(each.message, INGESTED) is not None,
        )
        for each in commits
    ]
