"""Reads documents for `lorefs check`: from the worktree, from the index, or from a commit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from lorefs.check.source import Source
from lorefs.core.document import decode
from lorefs.core.model import PERSONAL, PERSONAL_NAME, SCOPES, document_path, scope_of
from lorefs.errors import DocumentError, UsageError
from lorefs.worktree import Found, read

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lorefs.repo import Git
    from lorefs.repo.index import Listed

GLOBS: Final = tuple(f":(top,glob)**/{name}" for name in SCOPES)
PERSONAL_GLOB: Final = f":(top,glob)**/{PERSONAL_NAME}"


class Documents(NamedTuple):
    """Documents to report on, those they are checked against, and personal ones in git."""

    focus: list[Source]
    context: list[Source]
    tracked_personal: tuple[str, ...]


NOTHING: Final = Documents([], [], ())


def from_worktree(git: Git, paths: Sequence[str], limit: int) -> Documents:
    """The documents of the worktree, or those at `paths` (files, or directories with all below).

    Paths are relative to the top. A file that is named is read whatever its name.
    """
    from lorefs.repo import discover
    from lorefs.repo.index import in_index

    root = git.paths.worktree
    found = discover(git)
    named = {path for path in paths if (root / path).is_file() and path not in found}
    for path in paths:
        if path and path not in found and not (root / path).exists():
            raise UsageError(f"{path} is not there", found=path)
    focus, context = _split(found | named, paths)
    personal = sorted({each.path for each in in_index(git, [PERSONAL_GLOB])})
    return Documents(
        [_on_disk(git, path, limit) for path in focus],
        [_on_disk(git, path, limit) for path in context],
        tuple(path for path in personal if _is_below(path, paths)),
    )


def from_index(git: Git, paths: Sequence[str], limit: int) -> Documents:
    """The documents that are staged, as they are staged, of those at `paths` if any are named."""
    from lorefs.repo.index import in_index, staged

    named = {path for path in paths if path and scope_of(path) is None}
    specs = [*GLOBS, *(f":(top,literal){path}" for path in sorted(named))]

    def is_document(path: str) -> bool:
        return scope_of(path) is not None or path in named  # a directory matches all below it

    wanted = {path for path in staged(git, specs) if is_document(path) and _is_below(path, paths)}
    if not wanted:
        return NOTHING
    listed = [each for each in in_index(git, specs) if each.stage == 0 and is_document(each.path)]
    sources = _from_objects(git, listed, limit)
    return Documents(
        [source for source in sources if source.path in wanted],
        [
            *(source for source in sources if source.path not in wanted),
            *_personal_on_disk(git, [each.path for each in listed], limit),
        ],
        tuple(each.path for each in listed if scope_of(each.path) == PERSONAL),
    )


def from_commit(
    git: Git, commit: str, since: str | None, paths: Sequence[str], limit: int
) -> Documents:
    """The documents of a commit; with `since` those on which it differs from that commit."""
    from lorefs.repo.index import changed_between, in_tree
    from lorefs.sync.commits.trees import commit_oid

    commit = commit_oid(git, commit)
    listed = [each for each in in_tree(git, commit) if scope_of(each.path) or each.path in paths]
    wanted = {each.path for each in listed}
    if since is not None:
        wanted &= set(changed_between(git, commit_oid(git, since), commit))
    wanted = {path for path in wanted if _is_below(path, paths)}
    sources = _from_objects(git, listed, limit)
    return Documents(
        [source for source in sources if source.path in wanted],
        [source for source in sources if source.path not in wanted],
        tuple(sorted(path for path in wanted if scope_of(path) == PERSONAL)),
    )


def _split(found: Iterable[str], paths: Sequence[str]) -> tuple[list[str], list[str]]:
    focus: list[str] = []
    context: list[str] = []
    for path in sorted(found):
        (focus if _is_below(path, paths) else context).append(path)
    return focus, context


def _is_below(path: str, paths: Sequence[str]) -> bool:
    """Whether a path is one of those named, or stands below one; all do where none is named."""
    return not paths or any(
        path == each or not each or path.startswith(f"{each}/") for each in paths
    )


def _on_disk(git: Git, path: str, limit: int) -> Source:
    try:
        found = read(git.paths.worktree, path)
    except DocumentError as error:
        return Source(path, "", error.message)
    if not isinstance(found, Found):
        return Source(path, "", f"{path} cannot be read")
    return _sized(path, found.data, limit)


def _sized(path: str, data: bytes, limit: int) -> Source:
    if len(data) > limit:
        return Source(path, "", f"{path} has {len(data):,} bytes; the limit is {limit:,}")
    return Source(path, decode(data))


def _from_objects(git: Git, listed: Sequence[Listed], limit: int) -> list[Source]:
    """The shared documents among files of the index or of a tree, read in one run of git."""
    from lorefs.sync.commits.trees import read_blobs

    listed = [each for each in listed if scope_of(each.path) != PERSONAL]
    files = [each for each in listed if each.is_file]
    texts = read_blobs(git, (each.oid for each in files)) if files else {}
    sources: list[Source] = []
    for each in listed:
        if not each.is_file:
            sources.append(Source(each.path, "", f"{each.path} is no regular file"))
            continue
        text = texts[each.oid]
        if len(text) > limit:
            sources.append(Source(each.path, "", f"{each.path} is larger than {limit:,} bytes"))
        else:
            sources.append(Source(each.path, text))
    return sources


def _personal_on_disk(git: Git, known: Iterable[str], limit: int) -> list[Source]:
    """The personal documents beside known documents and above; they are in no index.

    Looking for others would mean to walk the whole worktree at each commit.
    """
    folders = {""}
    for path in known:
        parts = path.split("/")[:-1]
        folders.update("/".join(parts[: n + 1]) for n in range(len(parts)))
    paths = [document_path(folder, PERSONAL) for folder in sorted(folders)]
    return [_on_disk(git, path, limit) for path in paths if (git.paths.worktree / path).is_file()]
