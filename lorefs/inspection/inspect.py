"""One look: read the documents, learn what the rules ask about the repository, run them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

from lorefs.check.corpus import Corpus, Facts, Limits
from lorefs.check.finding import Finding, RepositoryHit, Rule
from lorefs.check.registry import is_prefix
from lorefs.check.run import check, chosen
from lorefs.config import load_all
from lorefs.core.document import decode
from lorefs.errors import ConfigError, RefusedError, UsageError
from lorefs.inspection.code import gone
from lorefs.inspection.read import NOTHING, Documents, from_commit, from_index, from_worktree
from lorefs.repo import Git, locate

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from lorefs.check.corpus import Unentitled
    from lorefs.config import Config

_DRIVER: Final = "merge=lorefs"


@dataclass(frozen=True, slots=True)
class Request:
    """What to check, and by which rules.

    `paths` are relative to the top of the worktree; none means all documents. `staged` looks
    at the index, `commit` at a commit, there with `since` only at what differs from that one.
    """

    paths: tuple[str, ...] = ()
    staged: bool = False
    commit: str | None = None
    since: str | None = None
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Inspected:
    """What was found, in how many documents."""

    findings: tuple[Finding, ...]
    documents: int


def open_git(start: Path, env: Mapping[str, str], *, staged: bool = False) -> Git:
    """Git in the worktree around a directory; with `staged`, on the index being committed.

    Git names that index relative to the top of the worktree, where it starts hooks.
    """
    paths = locate(start)
    kept = frozenset({"GIT_INDEX_FILE"}) if staged else frozenset()
    return Git(paths, env, kept=kept)


def inspect(git: Git, request: Request) -> Inspected:
    """Run the rules. Raises `UsageError` for paths and codes that are none."""
    check_codes(request)
    paths = git.paths
    config, mistakes = load_all(paths.worktree, paths.git_dir, paths.common_dir, git.env)
    documents = read(git, request, config)
    corpus = corpus_of(git, request, config, documents, mistakes)
    findings = check(corpus, rules_of(request, config))
    return Inspected(tuple(findings), len(documents.focus))


def check_codes(request: Request) -> None:
    """Raise `UsageError` for a code that no rule has."""
    for code in (*request.select, *request.ignore):
        if not is_prefix(code):
            raise UsageError(
                f"{code} is no code of a rule", found=code, hint="docs/rules.md lists all"
            )


def rules_of(request: Request, config: Config) -> tuple[Rule, ...]:
    """The rules that run: what the request selects counts, else the team's settings."""
    select, ignore = request.select, request.ignore
    if not select:
        select, ignore = config.check.select, (*config.check.ignore, *ignore)
    return chosen(select, ignore, slow=not request.staged or bool(request.select))


def read(git: Git, request: Request, config: Config) -> Documents:
    """The documents that a request is about."""
    limit = config.limits.document_size
    if request.commit is not None:
        return from_commit(git, request.commit, request.since, request.paths, limit)
    if request.staged:
        return from_index(git, request.paths, limit)
    return from_worktree(git, request.paths, limit)


def corpus_of(
    git: Git, request: Request, config: Config, documents: Documents, mistakes: list[ConfigError]
) -> Corpus:
    """What the rules look at."""
    facts = Facts(
        tracked_personal=documents.tracked_personal,
        attributes_line=_attributes_line(git),
        driver_configured=lambda: _driver_configured(git),
        mistakes=tuple(_mistake(git, error) for error in mistakes),
        committed=cache(lambda path: _committed(git, path) if request.staged else ""),
        base=lambda: _base(git, request),
        gone=lambda references: gone(git, request.commit or "HEAD", references),
        unentitled=lambda: _unentitled(git, request, documents),
    )
    limits = Limits(config.check.entry_length, config.check.similarity)
    return Corpus(documents.focus, documents.context, facts, limits)


def _unentitled(git: Git, request: Request, documents: Documents) -> Sequence[Unentitled]:
    """What the team's policy does not let whoever made it make."""
    from lorefs.inspection.entitled import in_words, of_commits, of_next_commit

    if request.commit is not None:
        return in_words(of_commits(git, request.commit, request.since))
    if request.staged and documents is NOTHING:
        return ()
    sources = [*documents.focus, *documents.context]
    texts = {source.path: source.text for source in sources if not source.is_personal}
    found = in_words(of_next_commit(git, texts, staged=request.staged))
    here = {source.path for source in documents.focus}
    return [each for each in found if not request.paths or each.document in here]


def _mistake(git: Git, error: ConfigError) -> RepositoryHit:
    """A wrong setting; one of the environment has a variable in place of a path."""
    path = error.path or "the environment"
    top = f"{git.paths.worktree}/"
    found = f": {error.found}" if error.found else ""
    return RepositoryHit(
        path.removeprefix(top), f"{error.message}{found}", error.line or 1, error.hint or ""
    )


def _attributes_line(git: Git) -> int:
    try:
        data = (git.paths.worktree / ".gitattributes").read_bytes()
    except OSError:
        return 0
    lines = data.decode("utf-8", "replace").split("\n")
    return next((n for n, line in enumerate(lines, 1) if _DRIVER in line.split()), 0)


def _driver_configured(git: Git) -> bool:
    return bool(git.text("config", "--get", "merge.lorefs.driver", allowed=(0, 1)))


def _committed(git: Git, path: str) -> str:
    """A document's text in HEAD, "" where it is not there."""
    return decode(git.blob("HEAD", path) or b"")


def _base(git: Git, request: Request) -> Mapping[str, str]:
    """The texts of the documents before what is looked at; {} where there is nothing before."""
    from lorefs.sync.commits.trees import texts_of

    before = "HEAD" if request.commit is None else request.since or f"{request.commit}^"
    found = git.text(
        "rev-parse", "--verify", "--quiet", f"{before}^{{commit}}", allowed=(0, 1, 128)
    )
    try:
        return texts_of(git, found) if found else {}
    except RefusedError:
        return {}
