"""Who was entitled: what each commit's changes count for, judged by the policy of its parent.

A fold over commits, each after its parents. The `Standing` of a commit is what it hands on to
its children: the policies in force, which is not always what the root document says, and what
nobody entitled has put or approved there. Where nobody has set a policy everything counts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from lorefs.core.model import TEAM
from lorefs.core.policy import MANUAL, OPEN, Author, Policy, approval_hash, folded
from lorefs.core.proposal import APPROVED_AGAIN, key_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from lorefs.core.model import Entry

ENTRY: Final = "entry"  # a text that nobody entitled has put or approved
INGESTED: Final = "ingested"  # one that a machine took in, whoever has put it where it was
APPROVAL: Final = "approval"  # an approval by somebody who may not, or of another text
REMOVAL: Final = "removal"  # an approved entry that somebody took away who may not
POLICY: Final = "policy"  # a policy set by somebody who may not; the one before counts
UNREADABLE: Final = "unreadable"  # a policy that cannot be read; the one before counts
UNAPPROVED: Final = frozenset({ENTRY, INGESTED, APPROVAL})
THE_POLICY: Final = ""  # where doubts about the policy stand among those about entries

# All of them must entitle; () where everything counts. Two stand here where both sides of a
# merge have changed the policy.
Policies = tuple[Policy, ...]


class Claim(NamedTuple):
    """An approval that an entry carries: by whom, and the hash that it is bound to, or "".

    `again` tells it from an earlier one of the same person and text, which did not count.
    """

    by: str
    mark: str
    again: str = ""


class Value(NamedTuple):
    """What a commit says of an entry that readers rely on; `text` is "" where they have none.

    `text` is the `approval_hash`, or several where copies of an id differ.
    """

    text: str = ""
    claims: frozenset[Claim] = frozenset()
    title: str = ""
    directory: str = ""


NO_VALUE: Final = Value()


class Shift(NamedTuple):
    """An entry before and after a commit."""

    before: Value
    after: Value


class Meeting(NamedTuple):
    """An entry in both parents of a merge, and in what merging them gives."""

    one: Value
    other: Value
    merged: Value


class Change(NamedTuple):
    """What a commit does: the policies that root documents declare (None: unreadable), entries.

    `vouched` are texts that somebody else has answered for, by entry. `parents` are commits.
    One that `ingests` was made by a machine, and its author has not looked at what it holds.
    """

    commit: str
    author: Author
    before: Policy | None
    after: Policy | None
    entries: Mapping[str, Shift]
    vouched: Mapping[str, frozenset[str]] = {}
    parents: tuple[str, ...] = ()
    ingests: bool = False


class Doubt(NamedTuple):
    """Something that does not count, with the commit and the author it comes from.

    `approved` are the texts of the entry that count still, should somebody put one back, and
    `held_by` is a commit that has one, "" where there is none.
    """

    kind: str
    entry: str
    commit: str
    email: str
    key: str = ""
    title: str = ""
    directory: str = ""
    text: str = ""
    held_by: str = ""
    approved: tuple[str, ...] = ()


class Standing(NamedTuple):
    """What a commit hands on: policies in force, and what does not count, by entry."""

    policies: Policies = ()
    doubts: Mapping[str, Doubt] = {}

    @property
    def unapproved(self) -> dict[str, Doubt]:
        """The doubts about what entries say now."""
        return {key: each for key, each in self.doubts.items() if each.kind in UNAPPROVED}

    def entitles(self, author: Author) -> bool:
        """Whether an author may approve, and change the policy, in the next commit."""
        return entitled(self.policies, author)


ANYTHING: Final = Standing()  # where everything counts


class Verdict(NamedTuple):
    """The standing of a commit, and what in it did not count."""

    standing: Standing
    faults: tuple[Doubt, ...] = ()


def entitled(policies: Policies, author: Author) -> bool:
    """Whether all of some policies let an author approve."""
    return all(policy.entitles(author) for policy in policies)


def approvers(policies: Policies) -> str:
    """Whom all of some policies name, in words."""
    return ", ".join(combined(policies).approvers) or "nobody" if policies else "everybody"


def combined(policies: Policies) -> Policy:
    """Policies as one, whose approvers all of them name."""
    if not policies:
        return OPEN
    names = set.intersection(*(set(policy.approvers) for policy in policies))
    return Policy(MANUAL, tuple(sorted(names)))


def in_force(*policies: Policy) -> Policies:
    """Policies as a standing has them: each once, and only those that ask for anything."""
    return tuple(sorted({policy for policy in policies if policy.is_manual}))


def value_of(copies: Iterable[Entry]) -> Value:
    """What all copies of an entry in one commit come to; proposals and archived ones are none."""
    live = [entry for entry in copies if entry.scope == TEAM and entry.status == "active"]
    if not live:
        return NO_VALUE
    texts = {approval_hash(entry): entry for entry in live}
    claims = frozenset(
        Claim(folded(entry.approved_by), entry.approved_hash, key_of(entry, APPROVED_AGAIN))
        for entry in live
        if entry.approved_by or entry.approved_hash
    )
    return Value("+".join(sorted(texts)), claims, live[0].title, live[0].path)


def judge(before: Standing, change: Change, also: Policies = ()) -> Verdict:
    """Judge what a commit changes against one parent, by what is in force there.

    `also` are policies that must entitle the author, too.
    """
    bench = _Bench(change, in_force(*before.policies, *also))
    doubts = dict(before.doubts)
    for ident, shift in change.entries.items():
        doubt = bench.entry(ident, shift, doubts.pop(ident, None))
        if doubt is not None:
            doubts[ident] = doubt
    policies, doubt = bench.policy(before.policies, doubts.pop(THE_POLICY, None))
    if not policies and before.policies:
        doubts.clear()  # somebody who may has said that everything counts
    if doubt is not None:
        doubts[THE_POLICY] = doubt
    return Verdict(Standing(policies, doubts), tuple(bench.faults))


def judge_against_all(parents: Sequence[Standing], changes: Sequence[Change]) -> Verdict:
    """Judge a merge that cannot be made again: what it changes against each of its parents.

    The policies of all of them judge, and stay in force unless somebody whom all entitle has set
    another one. What counts has to count against every parent, in whatever order they stand.
    """
    asked = in_force(*(policy for each in parents for policy in each.policies))
    verdicts = [
        judge(each._replace(policies=asked), change)
        for each, change in zip(parents, changes, strict=True)
    ]
    doubts: dict[str, Doubt] = {}
    for verdict in verdicts:
        for ident, doubt in verdict.standing.doubts.items():
            doubts[ident] = min(doubt, doubts.get(ident, doubt))
    faults = tuple(dict.fromkeys(each for verdict in verdicts for each in verdict.faults))
    last = changes[0]
    if last.after is not None and entitled(asked, last.author) and not last.ingests:
        policies = in_force(last.after)
        doubts.pop(THE_POLICY, None)
        return Verdict(Standing(policies, doubts if policies else {}), faults)
    return Verdict(Standing(asked, doubts), faults)


class _Bench:
    """One commit under judgement, and what was found in it."""

    def __init__(self, change: Change, policies: Policies) -> None:
        self.change = change
        self.policies = policies
        ingests = change.ingests and bool(policies)
        self.entitled = entitled(policies, change.author) and not ingests
        self.faults: list[Doubt] = []

    def entry(self, ident: str, shift: Shift, was: Doubt | None) -> Doubt | None:
        """The doubt that remains about an entry."""
        before, after = shift
        if after.text == before.text:
            return self._marked(ident, shift, was)
        approved = was.approved if was else (before.text,) if before.text else ()
        if not after.text:
            missed = approved and not self._answered_for(ident, after)
            return self._fault(REMOVAL, ident, before, approved, was) if missed else None
        forged = not all(self._counts(claim, after) for claim in after.claims - before.claims)
        if self._answered_for(ident, after) and not (self.entitled and forged):
            return None
        if after.text in approved and not self.entitled:
            if forged:
                self._fault(APPROVAL, ident, after, approved, was)
            return None
        kind = INGESTED if self.change.ingests else APPROVAL if forged else ENTRY
        return self._fault(kind, ident, after, approved, was)

    def _answered_for(self, ident: str, after: Value) -> bool:
        return self.entitled or after.text in self.change.vouched.get(ident, ())

    def _marked(self, ident: str, shift: Shift, was: Doubt | None) -> Doubt | None:
        """An approval that is given or taken, of a text that stays."""
        before, after = shift
        claims = after.claims - before.claims
        if not after.text or not claims:
            return was
        if all(self._counts(claim, after) for claim in claims):
            return None
        fault = self._fault(APPROVAL, ident, after, was.approved if was else (after.text,), was)
        return was and fault

    def _counts(self, claim: Claim, value: Value) -> bool:
        author = self.change.author
        if not self.entitled or (claim.mark and claim.mark not in value.text.split("+")):
            return False
        return claim.by in {"", folded(author.email), folded(author.key)} or all(
            claim.by in map(folded, policy.approvers) for policy in self.policies
        )

    def policy(self, policies: Policies, was: Doubt | None) -> tuple[Policies, Doubt | None]:
        """The policies in force afterwards, and the doubt about what the root document says."""
        before, after = self.change.before, self.change.after
        if before == after:
            return policies, was
        if after is not None and (self.entitled or in_force(after) == policies):
            return in_force(after), None
        kind = UNREADABLE if after is None and self.entitled else POLICY
        return policies, self._fault(kind, THE_POLICY, NO_VALUE, (), was)

    def _fault(
        self, kind: str, ident: str, value: Value, approved: tuple[str, ...], was: Doubt | None
    ) -> Doubt:
        author, parents = self.change.author, self.change.parents
        held_by = was.held_by if was else parents[0] if approved and parents else ""
        fault = Doubt(
            kind, ident, self.change.commit, author.email, author.key, value.title,
            value.directory, "" if kind == REMOVAL else value.text, held_by, approved,
        )  # fmt: skip
        self.faults.append(fault)
        return fault


# ---------------------------------------------------------------- merges


class Sides(NamedTuple):
    """How to go on from both parents of a merge.

    `policies` are in force after it; `one` and `other` tell whether that parent's own commits
    have to be judged by the other's policies, too, which they did not know of.
    """

    policies: Policies
    one: bool
    other: bool


def meet_policies(
    base: Policies, one: Policies, other: Policies, *, one_holds: bool, other_holds: bool
) -> Sides:
    """The policies that two parents come to, three-way.

    Where both changed, `one_holds` and `other_holds` tell whether each change was made by
    somebody whom the other's policies entitle: then the one that holds alone counts, else both.
    """
    if one == base or other == base:
        return Sides(one if other == base else other, one=other != base, other=one != base)
    if one_holds != other_holds:
        return Sides(one if one_holds else other, one=other_holds, other=one_holds)
    return Sides(in_force(*one, *other), one=True, other=True)


def meet(
    one: Standing,
    other: Standing,
    policies: Policies,
    meetings: Mapping[str, Meeting],
    merge: Change,
    also: Policies = (),
) -> Standing:
    """The standing of what merging two commits gives, before anybody touched it.

    `meetings` are the entries that are not the same in both and in the merge; `merge` names the
    commit, and what its merged root document declares as the policy `before`. The order of the
    parents does not matter.
    """
    doubts: dict[str, Doubt] = {}
    for ident in {**one.doubts, **other.doubts, **meetings}:
        pair = one.doubts.get(ident), other.doubts.get(ident)
        if ident == THE_POLICY:
            continue
        if ident in meetings:
            doubt = _met(ident, meetings[ident], pair, merge)
        else:
            doubt = min(pair) if pair[0] and pair[1] else None  # type: ignore[type-var]
        if doubt is not None:
            doubts[ident] = doubt
    declared = merge.before
    if declared is None or in_force(declared) != policies:
        known = [each.doubts[THE_POLICY] for each in (one, other) if THE_POLICY in each.doubts]
        unknown = Doubt(POLICY, THE_POLICY, merge.commit, merge.author.email, merge.author.key)
        doubts[THE_POLICY] = min(known, default=unknown)
    return Standing(policies, doubts if policies or also else {})


def _met(
    ident: str, meeting: Meeting, pair: tuple[Doubt | None, Doubt | None], merge: Change
) -> Doubt | None:
    """The doubt about one entry of a merge: what either parent holds approved is approved."""
    text = meeting.merged.text
    sides = list(zip((meeting.one.text, meeting.other.text), pair, strict=True))
    holders = [doubt for held, doubt in sides if held == text]
    # a merged text of two approved ones is approved
    mixed = text and not holders and not all(held and doubt is None for held, doubt in sides)
    doubtful = mixed or (holders and all(holders))
    if not doubtful:
        return None
    known = [each for each in (holders or pair) if each is not None]
    approving = [oid for oid, (held, doubt) in zip(merge.parents, sides, strict=True)
                 if held and doubt is None]  # fmt: skip
    mine = Doubt(ENTRY, ident, merge.commit, merge.author.email, merge.author.key)
    return min(known, default=mine)._replace(
        kind=ENTRY if mixed else min(known).kind,
        title=meeting.merged.title or max(meeting.one.title, meeting.other.title),
        text=text,
        held_by=min(approving, default=min(known).held_by if known else ""),
        approved=_last(sides),
    )


def _last(sides: list[tuple[str, Doubt | None]]) -> tuple[str, ...]:
    """The texts that still count where two parents differ: what stands approved in either.

    Where it stands so in neither, only what both would take back: the other's may be outdated.
    """
    standing = {held for held, doubt in sides if held and doubt is None}
    if standing:
        return tuple(sorted(standing))
    one, other = (set(doubt.approved) if doubt else set[str]() for _, doubt in sides)
    return tuple(sorted(one & other))
