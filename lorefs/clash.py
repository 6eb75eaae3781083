"""What the driver does once the three texts alone leave a clash: it asks git."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from lorefs.core.document import decode, parse
from lorefs.core.front_matter import FrontMatterError, read_front_matter
from lorefs.core.history import DocumentHistory, Version
from lorefs.core.merge import MergedDocument, NoHistory, Settings, Sides, merge_document
from lorefs.core.model import TEAM_NAME
from lorefs.repo.git import Git
from lorefs.repo.head import operation
from lorefs.repo.locate import locate

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lorefs.core.merge import History

VERSION_LIMIT: Final = 2000  # commits of a document that are looked at
BASE_LIMIT: Final = 16  # merge bases of a criss-cross history
STRATEGIES: Final = frozenset({"merge", "lww", "union", "conflict", "hold"})


def settle(
    sides: Sides[str], path: str, settings: Settings, env: Mapping[str, str]
) -> MergedDocument:
    """Merge with what git knows. `git merge` alone asks the history.

    A cherry-pick, a revert or a rebase says which change to apply; that the other value is
    the newer one is no reason against it.
    """
    git = Git(locate(Path()), env)
    theirs = _merging(git, env)
    if theirs is None:
        settings = with_style(git, settings, None)
        return merge_document(Sides(*sides), path=path, settings=settings)
    bases = git.text("merge-base", "--all", "HEAD", theirs, allowed=(0, 1)).split()
    if len(bases) > 1:
        sides = sides._replace(base=virtual_base(git, bases[:BASE_LIMIT], path))
    settings = with_style(git, _settings(git, bases, settings), theirs)
    history = read_history(git, path, "HEAD", theirs)
    return merge_document(Sides(*sides), path=path, settings=settings, history=history)


def _merging(git: Git, env: Mapping[str, str]) -> str | None:
    """The commit that `git merge` merges, None in all other operations."""
    heads = [name.removeprefix("GITHEAD_") for name in env if name.startswith("GITHEAD_")]
    if len(heads) != 1 or operation(git.paths) not in {None, "merge", "squash"}:
        return None
    return heads[0]


def virtual_base(git: Git, bases: list[str], path: str) -> str:
    """Several merge bases as one text: merged with each other, in the order of their ids."""
    first, *others = sorted(bases)
    text = decode(git.blob(first, path) or b"")
    merged_so_far = first
    for other in others:
        older = git.text("merge-base", merged_so_far, other, allowed=(0, 1)).split()
        base = decode(git.blob(older[0], path) or b"") if older else ""
        theirs = decode(git.blob(other, path) or b"")
        text = merge_document(Sides(base, text, theirs), path=path).text or ""
        merged_so_far = other
    return text


def read_history(git: Git, path: str, ours: str, theirs: str) -> History:
    """The versions of a document behind two commits."""
    versions: dict[str, Version] = {}
    tips: dict[Any, str] = {}
    for side, commit in (("ours", ours), ("theirs", theirs)):
        listing = git.text(
            "rev-list", "--full-history", "--topo-order", "--parents", "--timestamp",
            f"--max-count={VERSION_LIMIT}", commit, "--", f":(top,literal){path}",
        )  # fmt: skip
        for line in listing.split("\n"):
            if line:
                time, oid, *parents = line.split()
                tips.setdefault(side, oid)
                versions.setdefault(oid, Version(oid, tuple(parents), int(time)))
    if not versions:
        return NoHistory()
    texts: dict[str, str] = {}

    def load(commit: str) -> str:
        if not texts:
            texts.update(_load_all(git, list(versions), path))
        return texts[commit]

    return DocumentHistory(path, _topological(versions), tips, load)


def _topological(versions: Mapping[str, Version]) -> list[Version]:
    """The versions of both sides with each before all its ancestors."""
    done: dict[str, None] = {}
    pending = [(oid, False) for oid in versions]
    while pending:
        oid, parents_done = pending.pop()
        if oid in done or oid not in versions:
            continue
        if parents_done:
            done[oid] = None
        else:
            pending.append((oid, True))
            pending += [(parent, False) for parent in versions[oid].parents]
    return [versions[oid] for oid in reversed(done)]


def _load_all(git: Git, commits: list[str], path: str) -> dict[str, str]:
    """The document's text in each commit, in one run of `git cat-file`."""
    names = "".join(f"{commit}:{path}\n" for commit in commits)
    data = git.run("cat-file", "--batch", stdin=names.encode("utf-8", "surrogateescape"))
    texts: dict[str, str] = {}
    position = 0
    for commit in commits:
        line_end = data.index(b"\n", position)
        header = data[position:line_end].rsplit(b" ", 2)
        position = line_end + 1
        if header[-1] == b"missing" or header[-2] != b"blob":
            texts[commit] = ""
            continue
        size = int(header[-1])
        texts[commit] = decode(data[position : position + size])
        position += size + 1
    return texts


def _settings(git: Git, bases: list[str], settings: Settings) -> Settings:
    """The settings under `merge:` in the root document of the merge base."""
    text = decode(git.blob(bases[0], TEAM_NAME) or b"") if bases else ""
    return merge_settings(text, settings)


def merge_settings(root_document: str, settings: Settings) -> Settings:
    """Settings with what the front matter of the root document says; nonsense is left out."""
    try:
        front = read_front_matter(parse(root_document))
    except FrontMatterError:
        return settings
    wanted = front.get("merge")
    if not isinstance(wanted, dict):
        return settings
    strategies: dict[str, Any] = {
        str(field): word for field, word in wanted.items() if word in STRATEGIES
    }
    delete_edit = wanted.get("delete_edit", settings.delete_edit)
    if delete_edit not in {"keep", "delete", "conflict"}:
        delete_edit = settings.delete_edit
    return settings._replace(strategies=strategies, delete_edit=delete_edit)


def with_style(git: Git, settings: Settings, theirs: str | None) -> Settings:
    """The user's conflict style, and labels as git gives them."""
    style = git.text("config", "merge.conflictStyle", allowed=(0, 1))
    name = theirs and git.env.get(f"GITHEAD_{theirs}")
    labels = Sides("base", "HEAD", name or "theirs") if theirs else settings.labels
    return settings._replace(show_base=style in {"diff3", "zdiff3"}, labels=labels)
