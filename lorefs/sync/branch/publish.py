"""Writes what arrived from others into files that git tracks, ready to be committed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lorefs.config import ALWAYS
from lorefs.core.claim import with_markers
from lorefs.core.document import decode, encode, serialize
from lorefs.core.merge import Settings, Sides, merge_document
from lorefs.core.precedence import news_of
from lorefs.repo import head_oid
from lorefs.sync.branch.code import last_taken
from lorefs.sync.commits.history import TreeHistories, merge_bases
from lorefs.sync.corpus import Corpus
from lorefs.sync.hidden import Hidden
from lorefs.sync.known import Known
from lorefs.sync.site import APPLIED

if TYPE_CHECKING:
    from collections.abc import Collection

    from lorefs.sync.branch.branch import Branch
    from lorefs.sync.site import Site


class Publication:
    """Gives the text of a file of git's, with what the sync branch brought merged in.

    The base is the document where HEAD and the code that was taken in last part, so that a
    branch keeps entries of its own; what the sync branch has since changed gives way. A clash
    goes to what the rows say.
    """

    def __init__(self, site: Site, branch: Branch, paths: Collection[str] = ()) -> None:
        self.site = site
        self.branch = branch
        self.paths = paths
        head, taken = head_oid(site.git.paths), last_taken(site, branch)
        bases = (
            merge_bases(site.git, head, taken)
            if head and taken and branch.objects.has(taken)
            else []
        )
        self.base = bases[0] if bases else head

    def __call__(self, path: str, file: bytes) -> bytes | None:
        """The text for a file, None for one that was not asked for."""
        if self.paths and path not in self.paths:
            return None
        base = decode(self.site.git.blob(self.base, path) or b"")
        rows = serialize(with_markers(Corpus(self.site.store, Known()).document(path), bool))
        current = Hidden(self.site).put_back(path, rows)
        text = decode(file)
        applied = self.site.store.state(APPLIED) or ""
        history = TreeHistories(
            self.site.git, [{path: t} for t in (current, text, base)], applied, "",
            prefix=self.branch.prefix,
        )  # fmt: skip
        news = news_of(path, text, base, current, history)
        sides: Sides[str | None] = Sides(base, news, current)
        merged = merge_document(sides, path=path, settings=Settings(on_clash="theirs"))
        return encode(merged.text or "")


class Following(Publication):
    """The same at once, for files in which nobody has changed anything (`sync.materialise`)."""

    def __call__(self, path: str, file: bytes) -> bytes | None:
        """The text for a file that has HEAD's bytes or those that lorefs wrote last."""
        written = self.site.store.documents.replaced(path) is not None
        head = head_oid(self.site.git.paths)
        if not written and self.site.git.blob(head, path) != file:
            return None
        return super().__call__(path, file)


def following(site: Site, branch: Branch) -> Following | None:
    """What arrives is written at once where the settings say so."""
    return Following(site, branch) if site.config.sync.materialise == ALWAYS else None
