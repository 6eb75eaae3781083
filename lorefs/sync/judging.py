"""Reads from git what `core.judgement` judges: commits in order, their authors and entries.

Where no commit has ever declared a policy, nothing but root documents is looked at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lorefs.core.judgement import (
    ANYTHING,
    THE_POLICY,
    Change,
    Doubt,
    Meeting,
    Policies,
    Shift,
    Standing,
    in_force,
    judge,
    meet,
    meet_policies,
)
from lorefs.core.policy import FINGERPRINT, Author
from lorefs.repo.signing import fingerprints
from lorefs.sync.history import merge_bases
from lorefs.sync.values import Lore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from lorefs.core.judgement import Verdict
    from lorefs.repo import Git
    from lorefs.repo.objects import Commit, Objects

    # What merging the parents of a commit gives: a tree, or documents by their paths without the
    # prefix; None where that cannot be told.
    Merge = str | Mapping[str, str]
    Merged = Callable[[Commit], Merge | None]

PARENTS: Final = 2  # of a merge that can be made again


class Standings:
    """The standings of commits, each judged once.

    `merged` makes merges again. `known` are standings from before. `faults` says, for each
    commit that was judged here, what in it did not count.
    """

    def __init__(
        self,
        git: Git,
        objects: Objects,
        merged: Merged,
        *,
        prefix: str = "",
        whole: bool = True,
        known: Mapping[str, Standing] | None = None,
    ) -> None:
        self.git, self.objects, self.merged = git, objects, merged
        self.lore = Lore(objects, prefix, whole=whole)
        self.known: dict[str, Standing] = dict(known or {})
        self.faults: dict[str, tuple[Doubt, ...]] = {}
        self._keys: dict[str, str] = {}

    def of(self, oid: str) -> Standing:
        """The standing of a commit; all that it depends on is judged first."""
        if oid not in self.known:
            objects = self.objects
            behind = [each for each in self.known if self._is_behind(each, oid)]
            commits = objects.between(behind, [oid])
            self._fold(commits, self.known, (), self.faults)
        return self.known[oid]

    def _is_behind(self, older: str, newer: str) -> bool:
        return self.objects.has(older) and self.objects.is_ancestor(older, newer)

    def _fold(
        self,
        commits: list[Commit],
        known: dict[str, Standing],
        also: Policies,
        faults: dict[str, tuple[Doubt, ...]] | None,
    ) -> None:
        """Judge commits, each after its parents; `known` takes their standings."""
        todo = [commit.oid for commit in commits]
        for place, commit in enumerate(commits):
            if commit.oid in known:
                continue
            parents = [self._look_up(oid, known) for oid in commit.parents]
            if not also and all(each == ANYTHING for each in parents):
                policy = self.lore.policy(commit.tree)
                if policy is not None and not policy.is_manual:
                    known[commit.oid] = ANYTHING
                    continue
            verdict = self._judged(commit, parents, known, also, todo[place:])
            known[commit.oid] = verdict.standing
            if faults is not None and verdict.faults:
                faults[commit.oid] = verdict.faults

    def _look_up(self, oid: str, known: Mapping[str, Standing]) -> Standing:
        found = known.get(oid)
        return self.of(oid) if found is None else found

    def _judged(
        self,
        commit: Commit,
        parents: list[Standing],
        known: dict[str, Standing],
        also: Policies,
        todo: list[str],
    ) -> Verdict:
        others = [policy for each in parents for policy in each.policies]
        asked = in_force(*others, *also)
        author = self.author(commit, asked, todo)
        if len(commit.parents) == PARENTS:
            merge = self.merged(commit)
            if merge is not None:
                return self._merge(commit, author, merge, parents, known, also)
        before = self.objects.commit(commit.parents[0]).tree if parents else None
        change = self.change(commit, author, before, entries=bool(asked))
        return judge(parents[0] if parents else ANYTHING, change, asked)

    def author(self, commit: Commit, policies: Policies, todo: Iterable[str] = ()) -> Author:
        """Who made a commit; signatures are looked at where a policy lists keys.

        `todo` are commits that will be asked for next.
        """
        email = commit.author.email
        keyed = any(each.startswith(FINGERPRINT) for p in policies for each in p.approvers)
        if not keyed:
            return Author(email)
        if commit.oid not in self._keys:
            oids = [oid for oid in dict.fromkeys((commit.oid, *todo)) if oid not in self._keys]
            found = fingerprints(self.git, oids)
            self._keys.update((oid, found.get(oid, "")) for oid in oids)
        return Author(email, self._keys[commit.oid])

    def change(
        self, commit: Commit, author: Author, before: str | None, *, entries: bool = True
    ) -> Change:
        """What a commit changes against a tree, None for an empty one."""
        lore = self.lore
        values = lore.compared([before, commit.tree]) if entries else {}
        return Change(
            commit.oid,
            author,
            lore.policy(before),
            lore.policy(commit.tree),
            {key: Shift(*pair) for key, pair in values.items()},
            parents=commit.parents,
        )

    # ---------------------------------------------------------------- merges

    def _merge(
        self,
        commit: Commit,
        author: Author,
        merge: Merge,
        parents: list[Standing],
        known: dict[str, Standing],
        also: Policies,
    ) -> Verdict:
        one, other, policies = self._sides(commit, parents, known, also)
        lore = self.lore
        sides = [self.objects.commit(oid).tree for oid in commit.parents]
        declared = lore.policy(merge)
        values = lore.compared([*sides, merge, commit.tree])
        merging = Change(commit.oid, author, declared, declared, {}, parents=commit.parents)
        meetings = {key: Meeting(*each[:3]) for key, each in values.items()}
        met = meet(one, other, policies, meetings, merging, also)
        rest = {key: Shift(*each[2:]) for key, each in values.items() if each[2] != each[3]}
        change = merging._replace(after=lore.policy(commit.tree), entries=rest)
        return judge(met, change, in_force(*parents[0].policies, *parents[1].policies, *also))

    def _sides(
        self,
        commit: Commit,
        parents: list[Standing],
        known: dict[str, Standing],
        also: Policies,
    ) -> tuple[Standing, Standing, Policies]:
        """The parents' standings and the policies of a merge.

        What one side did is judged by a policy that the other has set meanwhile, too: nobody
        gets around a policy by starting from a commit before it.
        """
        one, other = parents
        base = self._base(commit, known)
        if base == one.policies == other.policies:
            return one, other, base
        again = [
            self._again(commit.parents, known, in_force(*other.policies, *also)),
            self._again(commit.parents[::-1], known, in_force(*one.policies, *also)),
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

    def _base(self, commit: Commit, known: Mapping[str, Standing]) -> Policies:
        """The policies where two parents parted; several that differ are no base at all."""
        bases = merge_bases(self.git, *commit.parents)
        found = {self._look_up(oid, known).policies for oid in bases}
        return found.pop() if len(found) == 1 else ()

    def _again(
        self, parents: tuple[str, ...], known: Mapping[str, Standing], also: Policies
    ) -> Standing:
        """The standing of the first parent, its own commits judged by more policies."""
        mine, others = parents
        commits = self.objects.between([others], [mine])
        inner: dict[str, Standing] = {}
        for commit in commits:
            for oid in commit.parents:
                inner.setdefault(oid, self._look_up(oid, known))
        for commit in commits:
            inner.pop(commit.oid, None)
        self._fold(commits, inner, also, None)
        return inner[mine] if mine in inner else self._look_up(mine, known)


def declares(standing: Standing) -> Doubt | None:
    """The doubt about what a root document declares, None where it counts."""
    return standing.doubts.get(THE_POLICY)
