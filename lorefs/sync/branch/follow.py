"""Makes the rows follow a filter that was changed.

What was changed here goes onto the branch first, on the terms of the filter that the rows
followed then; so a filter deletes nothing for others, and hides nothing that is nowhere else.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

from lorefs.core.claim import with_markers
from lorefs.core.document import parse, serialize
from lorefs.core.merge import Sides, merge_document
from lorefs.core.selection import ids_of, visible
from lorefs.sync.branch.news import ARRIVED
from lorefs.sync.branch.publish import following
from lorefs.sync.branch.terms import held
from lorefs.sync.hidden import followed, wanted
from lorefs.sync.reconcile.materialise import carry_lag
from lorefs.sync.reconcile.run import reconcile
from lorefs.sync.report import Report
from lorefs.sync.site import APPLIED, FILTER, Request, filter_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lorefs.core.selection import Selection
    from lorefs.store import Origin
    from lorefs.sync.branch.branch import Branch
    from lorefs.sync.corpus import Corpus
    from lorefs.sync.site import Site

AT: Final = "sync.filter.at"  # the commit up to which the rows follow the filter


class _Filters(NamedTuple):
    """The filter that the rows followed, and the one that they follow next."""

    before: Selection
    after: Selection


def prepare(site: Site) -> None:
    """Have all documents compared with the branch where another filter holds by now."""
    with site.store.write():
        if site.store.state(FILTER) is None:
            site.store.set_state(FILTER, filter_text(site))
        else:
            site.store.documents.forget_synced()


def follow(site: Site, branch: Branch, origin: Origin) -> Report:
    """Let in what the filter lets in, and leave out what it leaves out.

    What the branch lacks stays, whatever the filter says: it is nowhere else.
    """
    filters = _Filters(followed(site), wanted(site))
    applied, since = site.store.state(APPLIED), None
    if filters.before == filters.after:
        since = site.store.state(AT) or None
        if filters.after.takes_all or applied in {None, since}:
            return Report()
    there = branch.texts(applied, frozenset(branch.changed(since, applied)))
    kept = held(site, branch, there)
    change = partial(_apply, site, there, filters, kept, applied)
    request = Request(
        origin._replace(source=ARRIVED),
        change,
        arrives=True,
        publish=following(site, branch),
        paths=tuple(there),
    )
    return reconcile(site, request)


def _apply(
    site: Site,
    there: Mapping[str, str],
    filters: _Filters,
    kept: Mapping[str, str],
    applied: str | None,
    corpus: Corpus,
) -> None:
    for path, text in there.items():
        ours = serialize(with_markers(corpus.document(path), lambda _: True))
        known = visible(text, path, filters.before, ids_of(ours))
        shown = visible(text, path, filters.after, kept)
        if known != shown:
            merged = merge_document(Sides(known, ours, shown), path=path)
            corpus.put(path, parse(merged.text or ""))
            carry_lag(site, path, ours, corpus.text(path))
    site.step("sync follow")
    site.store.set_state(FILTER, filter_text(site))
    site.store.set_state(AT, applied or "")
