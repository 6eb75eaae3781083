"""The realms of a hub: whose they are, and which one is this project's.

Each commit in a realm names the first commit of the code that it is about (`Code-Root`). So two
projects that would take the same name are told apart on any machine, and by whoever looks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from lorefs.core.document import decode, parse
from lorefs.core.front_matter import FrontMatterError, read_front_matter
from lorefs.core.message import CODE_ROOT, values
from lorefs.core.model import TEAM_NAME
from lorefs.core.realm import check_realm, realm_from_address, realm_from_root, realm_of
from lorefs.errors import UsageError
from lorefs.repo import head_oid
from lorefs.repo.incomplete import shallow_commits
from lorefs.sync.branch.branch import realms

if TYPE_CHECKING:
    from lorefs.repo import Git
    from lorefs.sync.branch.branch import Branch
    from lorefs.sync.site import Site

Source = Literal["option", "document", "remote", "root"]

ROOT: Final = "sync.root"  # the first commit of the code, once it was asked for
LOOKED_AT: Final = 200  # commits of a realm, the newest, that are asked whose it is
_CODE: Final = "origin"


class Named(NamedTuple):
    """A realm's name, and where it came from."""

    name: str
    source: Source


def code_roots(git: Git) -> frozenset[str]:
    """The first commits of the code; none where they are not here, or there is no code yet."""
    if shallow_commits(git.paths) or not head_oid(git.paths):
        return frozenset()
    return frozenset(git.text("rev-list", "--max-parents=0", "HEAD").split())


def code_root(site: Site) -> str | None:
    """The first commit that stands for the code; asked for once. Needs a transaction."""
    known = site.store.state(ROOT)
    if known is None:
        known = min(code_roots(site.git), default=None)
        if known is not None:
            site.store.set_state(ROOT, known)
    return known


def name_realm(site: Site, wanted: str | None, hub: str) -> Named:
    """What this project's realm on a hub (an address) is called.

    That is the wanted name, `realm` in the front matter of the root document, the end of the
    code's address, or its first commit, in this order. Raises `RealmError` for a name that none
    can have, `UsageError` where nothing gives one.
    """
    if wanted is not None:
        return Named(check_realm(wanted), "option")
    written = _written(site)
    if written is not None:
        return Named(check_realm(written), "document")
    address = _code_address(site.git, hub)
    name = realm_from_address(address) if address else None
    if name is not None:
        return Named(name, "remote")
    name = realm_from_root(code_roots(site.git))
    if name is None:
        raise UsageError(
            "nothing here gives the realm a name: no remote elsewhere, and no first commit",
            hint="name it with --realm NAME",
        )
    return Named(name, "root")


def _written(site: Site) -> str | None:
    data = site.store.documents.current(TEAM_NAME)
    if data is None:
        return None
    try:
        found = read_front_matter(parse(decode(data))).get("realm")
    except FrontMatterError:
        return None  # a finding for `check`
    return found if isinstance(found, str) and found else None


def _code_address(git: Git, hub: str) -> str | None:
    """The address of the code: that of origin, or of the only remote that is not the hub."""
    found = {
        name: git.text("remote", "get-url", name) for name in git.text("remote").split("\n") if name
    }
    others = {name: address for name, address in found.items() if address != hub}
    if _CODE in others:
        return others[_CODE]
    return next(iter(others.values())) if len(others) == 1 else None


def documents_by_realm(branch: Branch, commit: str | None) -> dict[str, list[str]]:
    """The paths of the documents of each realm of a commit, by its name."""
    tree = branch.tree(commit)
    if tree is None:
        return {}
    found = {
        realm_of(prefix): paths for prefix, paths in realms(branch.objects.leaves(tree)).items()
    }
    return {name: paths for name, paths in sorted(found.items(), key=str) if name is not None}


def claims(git: Git, commit: str | None, prefix: str) -> frozenset[str]:
    """The first commits of the code that a realm's newest commits say it is about."""
    if commit is None:
        return frozenset()
    messages = git.text(
        "log", "-z", "--format=%B", f"--max-count={LOOKED_AT}", commit,
        "--", f":(top,literal){prefix}",
    )  # fmt: skip
    return frozenset(root for text in messages.split("\0") for root in values(text, CODE_ROOT))
