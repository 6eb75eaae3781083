"""Rules about metadata: comments that are understood, where they belong, approved by who may."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from lorefs.check.finding import Hit
from lorefs.core.document import ENTRY, parse
from lorefs.core.front_matter import FrontMatterError, read_front_matter
from lorefs.core.lines import is_metadata
from lorefs.core.model import REVIEW, TEAM, TEAM_NAME, Entry, scope_of
from lorefs.core.source import cut, metadata_problem, read_entry

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from lorefs.check.corpus import Corpus
    from lorefs.check.source import Source

COMMENT: Final = "<!--"


def invalid(source: Source, _: Corpus) -> Iterator[Hit]:
    """Metadata that cannot be read, or a value that its field cannot have."""
    for offset, block in source.blocks:
        if block.kind != ENTRY or block.text.count(COMMENT) < 2:  # noqa: PLR2004
            continue
        problem = metadata_problem(block)
        if problem:
            found = f": {problem.found[:80]}" if problem.found else ""
            place = offset + len(cut(block).marker)
            yield Hit(place, f"{problem.message}{found}", problem.hint or "", block.id)


def stray(source: Source, _: Corpus) -> Iterator[Hit]:
    """A metadata comment that belongs to no entry."""
    for offset, line in source.prose_lines(COMMENT):
        if is_metadata(line):
            yield Hit(offset, "no marker stands above this metadata, so it belongs to no entry")


def approval(source: Source, corpus: Corpus) -> Iterator[Hit]:
    """An entry of the team that was approved by nobody whom the policy names.

    The policy is that of HEAD's root document; where that has none, anybody may set the first.
    """
    if source.scope != TEAM:
        return
    approvers = _approvers(corpus)
    if approvers is None:
        return
    for offset, entry in source.entries:
        if entry.status != "active":
            continue
        by = entry.approved_by.casefold()
        if by and by not in approvers:
            yield Hit(offset, f"the policy does not let {by} approve", entry=entry.id)
        elif not by and entry.id in _waiting(corpus):
            yield Hit(offset, "the entry waited for approval, and nobody gave it", entry=entry.id)


def _approvers(corpus: Corpus) -> frozenset[str] | None:
    """Who may approve, in one case; None where entries need no approval."""
    if not any("policy" in source.text for source in corpus.sources):
        return None  # so that HEAD is read only where there is a policy
    policy = _policy(corpus.base)
    if policy.get("approval") != "manual":
        return None
    names = policy.get("approvers")
    return frozenset(str(name).casefold() for name in names) if isinstance(names, list) else None


def _policy(base: Mapping[str, str]) -> dict[str, Any]:
    try:
        policy = read_front_matter(parse(base.get(TEAM_NAME, ""))).get("policy")
    except FrontMatterError:
        return {}
    return policy if isinstance(policy, dict) else {}


def _waiting(corpus: Corpus) -> frozenset[str]:
    """The ids of the entries of HEAD that wait for approval."""
    return frozenset(
        entry.id
        for path, text in corpus.base.items()
        for entry in _entries(path, text)
        if scope_of(path) == REVIEW or entry.status == "pending"
    )


def _entries(path: str, text: str) -> Iterator[Entry]:
    for block in parse(text).blocks:
        if block.kind == ENTRY:
            yield read_entry(block, path="", scope=scope_of(path) or TEAM)
