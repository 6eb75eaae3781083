"""Asks who was entitled to what is about to be committed, was committed, or is being pushed.

Each realm of a hub has a policy of its own, in the root document of its directory. On a branch
of code a directory called `realms` is one like all others.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

from lorefs.check.corpus import Unentitled
from lorefs.core.judgement import (
    APPROVAL,
    ENTRY,
    INGESTED,
    POLICY,
    REMOVAL,
    UNREADABLE,
    approvers,
    in_force,
)
from lorefs.core.model import REVIEW, TEAM, TEAM_NAME, document_path, scope_of
from lorefs.core.policy import FINGERPRINT
from lorefs.core.realm import REALMS
from lorefs.errors import RefusedError
from lorefs.repo.plumbing import PlumbingObjects
from lorefs.repo.signing import signing_key
from lorefs.sync.commits.trees import commit_oid, read_files
from lorefs.sync.judging.lore import Lore
from lorefs.sync.judging.policies import PolicyHistory, below, merged_texts
from lorefs.sync.judging.standings import Standings, Step

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from lorefs.core.judgement import Doubt, Policies
    from lorefs.repo import Git

_PARTS: Final = 2  # of a path in a realm, before the rest


class Objection(NamedTuple):
    """What does not count, the directory of its realm, and who may, in words."""

    doubt: Doubt
    prefix: str
    who: str


def of_next_commit(git: Git, texts: Mapping[str, str], *, staged: bool) -> list[Objection]:
    """What would not count if documents were committed on HEAD by whoever git says is here.

    Where no root document in what it would stand on names a policy, nothing more is asked: a
    hook must not take long.
    """
    refs = ("HEAD", "MERGE_HEAD") if staged else ("HEAD",)
    prefixes = _with_policy(git, _prefixes([TEAM_NAME, *texts]), refs)
    parents = _parents(git, staged=staged) if prefixes else ()
    found: list[Objection] = []
    for part in _parts(git, prefixes, parents):
        standings = _Standings(git, part)
        asked = standings.policies(parents)
        keys = any(name.startswith(FINGERPRINT) for each in asked for name in each.approvers)
        mine = below(texts, part.prefix, realms=part.realms)
        step = Step("", mine, parents, _author(git), signing_key(git) if keys else "")
        verdict = standings.judged(step)
        made = [each for each in verdict.standing.doubts.values() if not each.commit]
        found += standings.objections([*made, *verdict.faults], parents)
    return found


def of_commits(git: Git, tip: str, since: str | None) -> list[Objection]:
    """What does not count of a commit; with `since`, of all behind it and not behind that one."""
    oid = commit_oid(git, tip)
    if since is None:
        return of_new(git, oid, [oid])
    return of_new(git, oid, git.text("rev-list", oid, f"^{commit_oid(git, since)}").split())


def of_new(git: Git, tip: str, new: Sequence[str]) -> list[Objection]:
    """What does not count of new commits, the one that all others stand behind being `tip`.

    What somebody entitled has settled in a later one of them is settled; an approval by
    somebody else is told all the same.
    """
    if not new:
        return []
    behind = _behind(git, new)
    found: list[Objection] = []
    around = (tip, *behind)
    for part in _parts(git, _with_policy(git, _realms(git, around), around), around):
        standings = _Standings(git, part)
        commits = standings.objects.between(behind, [tip])
        standings.fold(commits)
        remaining = standings.of(tip).doubts
        forged = [each for oid in new for each in standings.faults.get(oid, ())
                  if each.kind == APPROVAL and each.entry not in remaining]  # fmt: skip
        doubts = [each for each in remaining.values() if each.commit in set(new)]
        found += standings.objections([*doubts, *forged], behind)
    return found


def _behind(git: Git, new: Sequence[str]) -> list[str]:
    """The commits that new ones stand on."""
    oids = "".join(f"{oid}\n" for oid in new)
    parents = git.run("log", "--no-walk=unsorted", "--stdin", "--format=%P", stdin=oids.encode())
    return sorted(set(parents.decode("ascii").split()) - set(new))


class _Part(NamedTuple):
    """The documents that one policy is for: those below a prefix, "" or with a slash.

    Where that is "", `realms` says that the directory of that name holds other projects.
    """

    prefix: str
    realms: bool = True


def _parts(git: Git, prefixes: Sequence[str], commits: Sequence[str]) -> list[_Part]:
    """What is judged alone, of directories that may be realms and name a policy.

    Whether they are realms, what stands in the trees tells: a sync branch has nothing but lore.
    Where one has something else all the same, it goes on to be a hub, or a file that does not
    belong there would open all its realms to everybody; then both ways of reading have to agree.
    """
    trees = [_is_lore_alone(git, oid) for oid in commits] if prefixes else []
    is_code = not all(trees)
    is_hub = any(trees) or (any(prefixes) and _began_as_hub(git, commits))
    found = [_Part(prefix, realms=not is_code) for prefix in prefixes]
    return [part for part in found if is_hub or not part.prefix]


def _is_lore_alone(git: Git, commit: str) -> bool:
    """Whether the tree of a commit could be that of a sync branch."""
    listing = git.text("ls-tree", "-r", "-z", "--name-only", "--full-tree", commit)
    return all(scope_of(path) in {TEAM, REVIEW} for path in listing.split("\0") if path)


def _began_as_hub(git: Git, commits: Sequence[str]) -> bool:
    """Whether one of the first commits behind some holds nothing outside of realms."""
    first = git.text("rev-list", "--max-parents=0", *commits).split()
    trees = (git.text("ls-tree", "-z", "--name-only", "--full-tree", oid) for oid in first)
    return any(set(tree.split("\0")) <= {"", REALMS.rstrip("/")} for tree in trees)


def _with_policy(git: Git, prefixes: Sequence[str], commits: Sequence[str]) -> list[str]:
    """The directories whose root document names a policy in one of some commits."""
    names = [f"{oid}:{prefix}{TEAM_NAME}" for prefix in prefixes for oid in commits]
    texts = dict(zip(names, read_files(git, names), strict=True))
    return [
        prefix
        for prefix in prefixes
        if any("policy" in texts[f"{oid}:{prefix}{TEAM_NAME}"] for oid in commits)
    ]


def _realms(git: Git, commits: Sequence[str]) -> list[str]:
    """The directories of what may be realms in some commits, with "" for all else."""
    names: set[str] = set()
    for oid in commits:
        listing = git.text("ls-tree", "-d", "-z", "--name-only", "--full-tree", oid, REALMS)
        names |= {f"{name}/" for name in listing.split("\0") if name}
    return ["", *sorted(names)]


class _Standings(Standings):
    """Judges some commits by what the policy was in those that they stand on."""

    def __init__(self, git: Git, part: _Part) -> None:
        objects = PlumbingObjects(git)
        self.history = PolicyHistory(git, objects, part.prefix)
        self.prefix = part.prefix
        lore = Lore(objects, part.prefix, whole=False, realms=part.realms)
        super().__init__(git, lore, partial(_merged, git, part), older=self.history.of)

    def policies(self, parents: Iterable[str]) -> Policies:
        """All that somebody has to be entitled by, whose commit stands on some others."""
        return in_force(*(each for oid in parents for each in self.history.of(oid).policies))

    def objections(self, doubts: Iterable[Doubt], parents: Iterable[str]) -> list[Objection]:
        """Doubts, with whom to turn to."""
        who = approvers(self.policies(parents))
        return [Objection(each, self.prefix, who) for each in dict.fromkeys(doubts)]


def _merged(git: Git, part: _Part, step: Step) -> dict[str, str] | None:
    try:
        return merged_texts(git, step, part.prefix, realms=part.realms)
    except RefusedError:
        return None


def _prefixes(paths: Iterable[str]) -> list[str]:
    """The directories of what may be realms that hold some documents, "" for all others."""
    found: set[str] = set()
    for path in paths:
        parts = path.split("/", _PARTS)
        in_realm = path.startswith(REALMS) and len(parts) > _PARTS
        found.add(f"{REALMS}{parts[1]}/" if in_realm else "")
    return sorted(found)


def _parents(git: Git, *, staged: bool) -> tuple[str, ...]:
    """What the next commit will stand on."""
    found = git.text("rev-parse", "--verify", "--quiet", "HEAD^{commit}", allowed=(0, 1, 128))
    if not (found and staged):
        return (found,) if found else ()
    merging = git.text("rev-parse", "--verify", "--quiet", "MERGE_HEAD", allowed=(0, 1, 128))
    return (found, merging) if merging else (found,)


def _author(git: Git) -> str:
    """The email that git would name as the author."""
    ident = git.text("var", "GIT_AUTHOR_IDENT", allowed=(0, 128))
    return ident.rpartition(" <")[2].partition(">")[0]


_WORDS: Final = {
    ENTRY: "the policy does not let {who} change or add it",
    INGESTED: "it was taken in from the code branch, where nobody is asked",
    APPROVAL: "an approval by {who} that the policy does not allow, or of another text",
    REMOVAL: "the policy does not let {who} take away “{title}”",
    POLICY: "the policy in force does not let {who} change the policy",
    UNREADABLE: "the policy cannot be read, so the one before goes on to count",
}
_REMEDIES: Final = {
    REMOVAL: "bring the entry back, and ask one of the approvers",
    POLICY: "leave the policy as it was, and ask one of the approvers",
    UNREADABLE: "write it as `policy: {approval: manual, approvers: [someone@example.com]}`",
}


def in_words(objections: Iterable[Objection]) -> list[Unentitled]:
    """Objections as the rule tells them."""
    found: list[Unentitled] = []
    for doubt, prefix, who in objections:
        by = doubt.email or doubt.key or "somebody unnamed"
        words = _WORDS[doubt.kind].format(who=by, title=doubt.title)
        commit = f" (in commit {doubt.commit[:12]})" if doubt.commit else ""
        document = prefix + document_path(doubt.directory, TEAM)
        remedy = _REMEDIES.get(doubt.kind, "")
        found.append(Unentitled(doubt.entry, document, f"{words}{commit}", who, remedy))
    return list(dict.fromkeys(found))
