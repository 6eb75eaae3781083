"""What a filter hides: entries that are on the sync branch and no rows here.

They are put back before anything is merged with what the rows say, or a file of git's that holds
them would seem to add them.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from lorefs.core.document import decode
from lorefs.core.model import PERSONAL, scope_of
from lorefs.core.selection import EVERYTHING, Selection, unlike, with_hidden
from lorefs.sync.site import APPLIED, FILTER

if TYPE_CHECKING:
    from lorefs.sync.site import Site


def wanted(site: Site) -> Selection:
    """The filter of the settings."""
    return Selection(*site.config.filter)


def followed(site: Site) -> Selection:
    """The filter that the rows follow; that of the settings, where none was noted yet."""
    text = site.store.state(FILTER)
    if text is None:
        return wanted(site)
    paths, categories, tags, sensitivity = json.loads(text)
    return Selection(tuple(paths), tuple(categories), tuple(tags), sensitivity)


class Hidden:
    """What the rows do not show of the documents of the commit that is applied here."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.selection = followed(site) if site.config.sync.enabled else EVERYTHING
        self._known: dict[str, str] = {}

    def put_back(self, path: str, text: str) -> str:
        """A text that the rows gave, and what is hidden."""
        return with_hidden(text, path, self._there(path), self.selection)

    def taken_out(self, path: str, text: str) -> str:
        """A text without what is hidden; what says something else than the branch is not."""
        return unlike(text, path, self._there(path), self.selection)

    def _there(self, path: str) -> str:
        """The document on the branch, "" where nothing of it is hidden."""
        if self.selection.takes_all or scope_of(path) == PERSONAL:
            return ""
        if path not in self._known:
            prefix = self.site.config.sync.prefix
            name = f"{prefix}/{path}" if prefix else path
            applied = self.site.store.state(APPLIED) or ""
            self._known[path] = decode(self.site.git.blob(applied, name) or b"")
        return self._known[path]
