"""Tells a renamed document from one that is gone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lorefs.core.document import parse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lorefs.core.plan import Facts
    from lorefs.sync.corpus import Corpus
    from lorefs.sync.reconcile.observe import Observation


def renamed(observation: Observation, corpus: Corpus) -> frozenset[str]:
    """The documents whose files are gone, while all their entries came to one in a new file.

    Only people rename: what git did when HEAD moved is not looked at.
    """
    missing = [facts for facts in observation.facts if _may_be_renamed(facts)]
    if not missing:
        return frozenset()
    new = {
        facts.document: (facts.scope, _ids(observation.texts[facts.document]))
        for facts in observation.facts
        if facts.document in observation.texts and facts.worktree_hash is None
    }
    return frozenset(facts.document for facts in missing if _went_to(facts, corpus, new))


def _may_be_renamed(facts: Facts) -> bool:
    return (
        facts.file == "missing"
        and facts.worktree_hash is not None
        and (facts.pending_hash, facts.moved_to, facts.busy) == (None, None, None)
        and (facts.tracked or facts.committed or not facts.was_tracked)
    )


def _went_to(facts: Facts, corpus: Corpus, new: Mapping[str, tuple[str, set[str]]]) -> bool:
    ids = {block.id for block in corpus.document(facts.document).blocks if block.id}
    return bool(ids) and any(facts.scope == scope and ids <= found for scope, found in new.values())


def _ids(text: str) -> set[str]:
    return {block.id for block in parse(text).blocks if block.id}
