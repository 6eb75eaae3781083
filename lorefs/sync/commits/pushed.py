"""Which entries a remote holds already, so that its history keeps their texts; no network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lorefs.core.claim import identify
from lorefs.core.document import decode, parse
from lorefs.core.ids import version
from lorefs.core.model import REVIEW_NAME, TEAM, TEAM_NAME, document_path
from lorefs.remote import GitRemote

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from lorefs.store import Row
    from lorefs.sync.site import Site

TIPS: Final = 200  # branches of remotes that are looked at, the newest first
DERIVED: Final = 8  # the version of UUID of an entry that was written by hand
_DOCUMENTS: Final = tuple(f":(top,glob)**/{name}" for name in (TEAM_NAME, REVIEW_NAME))


def pushed(site: Site, rows: Sequence[Row]) -> frozenset[str]:
    """The ids of those entries that stand in what is known of the remotes' branches."""
    tips = _tips(site) if rows else []
    if not tips:
        return frozenset()
    git = site.git
    words = [word for row in rows for word in ("-e", f"lore:{row.entry.id}")]
    listing = git.text(
        "grep", "-h", "-o", "--text", "--fixed-strings", *words, *tips, "--", *_DOCUMENTS,
        allowed=(0, 1),
    )  # fmt: skip
    found = {line.removeprefix("lore:") for line in listing.split("\n")}
    return frozenset(
        row.entry.id
        for row in rows
        if row.entry.id in found
        or (version(row.entry.id) == DERIVED and _is_written(site, row, tips))
    )


def _is_written(site: Site, row: Row, tips: Iterable[str]) -> bool:
    """Whether an entry that was written by hand stands there without its marker."""
    if version(row.entry.id) != DERIVED:
        return False
    path = document_path(row.entry.path, TEAM)
    texts = {site.git.blob(tip, path) for tip in tips} - {None}
    documents = (identify(parse(decode(text)), path) for text in texts if text)
    return any(block.id == row.entry.id for document in documents for block in document.blocks)


def _tips(site: Site) -> list[str]:
    """The commits that remotes were last seen with, those of the sync branch among them."""
    settings, git = site.config.sync, site.git
    listing = git.text(
        "for-each-ref", "--sort=-committerdate", f"--count={TIPS}", "--format=%(objectname)",
        "refs/remotes", "refs/lorefs/fetched",
    )  # fmt: skip
    remotes = settings.remotes if settings.enabled else ()
    seen = (
        site.store.remotes.state(GitRemote(git, name, settings.branch).slug).seen
        for name in remotes
    )
    return list(_known(site, dict.fromkeys([*listing.split("\n"), *(tip or "" for tip in seen)])))


def _known(site: Site, tips: Iterable[str]) -> Iterator[str]:
    """Those that are commits here: a branch of a remote may be gone with what it led to."""
    names = "".join(f"{tip}^{{commit}}\n" for tip in tips if tip)
    listing = site.git.run("cat-file", "--batch-check", stdin=names.encode()).decode()
    for line in listing.split("\n"):
        oid, _, kind = line.partition(" ")
        if kind.startswith("commit "):
            yield oid
