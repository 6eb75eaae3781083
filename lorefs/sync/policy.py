"""Which policy counts in this clone, and who acts here."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from lorefs.core.document import FRONT_MATTER, Document, decode, parse
from lorefs.core.front_matter import FrontMatterError, read_front_matter
from lorefs.core.model import TEAM_NAME
from lorefs.core.policy import FINGERPRINT, OPEN, Author, Policy, PolicyError, read_policy
from lorefs.repo import head_oid, ref_oid
from lorefs.sync.corpus import EMPTY, Corpus
from lorefs.sync.site import APPLIED, JUDGED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lorefs.store import Store
    from lorefs.sync.site import Site

MENTIONED: Final = "policy.mentioned"  # "1" once the root document had one, "0" where it never had
KNOWN: Final = "policy.known"  # what commits say that were looked at, as JSON
_PLACES: Final = 2  # commits whose policies are kept: those applied here and checked out

_Known = dict[str, list[object] | None]


def policy_here(site: Site, corpus: Corpus | None = None, *, note: bool = False) -> Policy:
    """The policy that counts for a change that is made here.

    With sync on the one in force at the commit last applied here, which is not what the root
    document says where nobody entitled has changed it; else that of HEAD, else what the root
    document said before the change in `corpus`. With `note`, inside of a transaction, what git
    was asked is kept. Nothing is asked where no root document ever had a policy.
    """
    in_force = _in_force(site)
    if in_force is not None:
        return in_force
    if not _is_mentioned(site, corpus):
        return OPEN
    for commit, path in _places(site):
        found = _policy_at(site, commit, path, note=note)
        if found is not None:
            return found
    corpus = corpus or Corpus(site.store, site.known)
    corpus.document(TEAM_NAME)
    return _policy_of(corpus.before.get(TEAM_NAME, EMPTY)) or OPEN


def _in_force(site: Site) -> Policy | None:
    """The policy that the history of the sync branch leaves in force, None where none ever was."""
    judged = site.store.state(JUDGED) if site.config.sync.enabled else None
    if judged is None or site.store.standings.get(judged) is None:
        return None
    from lorefs.sync.judging.kept import policy_in_force

    return policy_in_force(site.store)


def author_here(site: Site, email: str, policy: Policy) -> Author:
    """Somebody who changes entries here, with the key that they sign with where that matters."""
    if not any(each.startswith(FINGERPRINT) for each in policy.approvers):
        return Author(email)
    from lorefs.repo.signing import own_fingerprint

    return Author(email, own_fingerprint(site.git))


def note_policy(store: Store, path: str, document: Document) -> None:
    """Note whether the root document has a policy, before its text is written."""
    if path != TEAM_NAME:
        return
    if _mentions(document):
        store.set_state(MENTIONED, "1")
    elif store.state(MENTIONED) is None:
        store.set_state(MENTIONED, "0")


def _mentions(document: Document) -> bool:
    first = document.blocks[:1]
    return bool(first) and first[0].kind == FRONT_MATTER and "policy" in first[0].text


def _is_mentioned(site: Site, corpus: Corpus | None) -> bool:
    store = site.store
    if corpus is not None and _mentions(corpus.after.get(TEAM_NAME, EMPTY)):
        return True  # it may be the first sight of what HEAD holds
    if site.config.sync.enabled and store.state(APPLIED) is None:
        return True  # a clone that has not met its team yet
    known = store.state(MENTIONED)
    if known is None:
        return b"policy" in (store.documents.current(TEAM_NAME) or b"")
    return known == "1"


def _places(site: Site) -> Iterator[tuple[str, str]]:
    """Commits that may hold a policy, with the path of the root document in them."""
    settings = site.config.sync
    if settings.enabled:
        prefix = f"{settings.prefix}/" if settings.prefix else ""
        yield tip_here(site), f"{prefix}{TEAM_NAME}"
    yield head_oid(site.git.paths), TEAM_NAME


def tip_here(site: Site) -> str:
    """The commit of the sync branch that was applied here, else the one that a clone brought."""
    applied = site.store.state(APPLIED)
    if applied is not None:
        return applied
    settings = site.config.sync
    cloned = (f"refs/remotes/{remote}/{settings.branch}" for remote in settings.remotes)
    tips = (ref_oid(site.git.paths, ref) for ref in (f"refs/heads/{settings.branch}", *cloned))
    return next(filter(None, tips), "")


def _policy_at(site: Site, commit: str, path: str, *, note: bool) -> Policy | None:
    """The policy of a commit, None where it names none."""
    if not commit:
        return None
    name = f"{commit}:{path}"
    known: _Known = json.loads(site.store.state(KNOWN) or "{}")
    if name not in known:
        data = site.git.blob(commit, path)
        policy = None if data is None else _policy_of(parse(decode(data)))
        known[name] = None if policy is None else [policy.approval, *policy.approvers]
        if note:
            kept = dict(list(known.items())[-_PLACES:])
            site.store.set_state(KNOWN, json.dumps(kept))
    found = known[name]
    return None if found is None else Policy(str(found[0]), tuple(map(str, found[1:])))


def _policy_of(document: Document) -> Policy | None:
    """The policy of a root document, None where it names none that can be read."""
    if not _mentions(document):
        return None
    try:
        named = "policy" in read_front_matter(document)
        return read_policy(document) if named else None
    except (FrontMatterError, PolicyError):
        return None
