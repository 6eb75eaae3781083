"""What a server checks before it takes a push: each branch as it would be, and secrets on the way.

Documents that the push changes are judged as they are in the new tip, by all rules. In the other
commits of the push only what must not even be in the history counts: secrets and personal
documents, which a later commit does not take back.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

from lorefs.check.corpus import Corpus, Facts
from lorefs.check.run import check
from lorefs.check.source import Source
from lorefs.config import load_all
from lorefs.core.document import decode
from lorefs.core.model import PERSONAL, scope_of
from lorefs.inspection.inspect import Inspected, check_codes, inspect, rules_of
from lorefs.repo import Git, GitPaths
from lorefs.repo.index import REGULAR
from lorefs.sync.commits.trees import read_blobs

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from lorefs.check.finding import Finding
    from lorefs.inspection.inspect import Request

# What a push brings is in quarantine till the hook has said yes; git finds it by these.
_KEPT: Final = frozenset({
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_DIR",
    "GIT_OBJECT_DIRECTORY",
    "GIT_QUARANTINE_PATH",
})  # fmt: skip
ENTITLED: Final = "LORE203"
IN_HISTORY: Final = frozenset({"LORE401", "LORE403"})


class _Brought(NamedTuple):
    """A lore document that a commit of the push changes."""

    commit: str
    path: str
    mode: str
    oid: str


def open_receiving(start: Path, env: Mapping[str, str]) -> Git:
    """Git in the repository that receives: hooks of a server start in its git directory."""
    return Git(GitPaths(start, start, start), env, kept=_KEPT)


def receive(git: Git, updates: Iterable[str], request: Request) -> Inspected:
    """Check the lines that git gives a pre-receive hook: `OLD NEW REF`, for each branch."""
    check_codes(request)
    findings: list[Finding] = []
    documents = 0
    for update in updates:
        new = update.split()[1]
        brought = _brought(git, new) if new.strip("0") else []
        if brought:
            paths = tuple(sorted({each.path for each in brought}))
            without = (*request.ignore, ENTITLED)  # that is asked of all commits, below
            tip = inspect(git, replace(request, paths=paths, commit=new, ignore=without))
            findings += tip.findings
            findings += _on_the_way(git, new, brought, request)
            documents += tip.documents
        if new.strip("0"):
            findings += _unentitled(git, new, request)
    return Inspected(tuple(dict.fromkeys(findings)), documents)


def _unentitled(git: Git, tip: str, request: Request) -> list[Finding]:
    """What the policy does not let the authors of the commits make, each judged by its parent."""
    from lorefs.inspection.entitled import in_words, of_new

    paths = git.paths
    config, _ = load_all(paths.worktree, paths.git_dir, paths.common_dir, git.env)
    rules = [rule for rule in rules_of(request, config) if rule.code == ENTITLED]
    new = git.text("rev-list", tip, "--not", "--all").split() if rules else []
    found = in_words(of_new(git, tip, new))
    documents = sorted({each.document for each in found})
    sources = [Source(path, decode(git.blob(tip, path) or b"")) for path in documents]
    return check(Corpus(sources, facts=Facts(unentitled=lambda: found)), rules)


def _brought(git: Git, new: str) -> list[_Brought]:
    """The documents in the commits that no branch here has yet, newest first."""
    commits = git.text("rev-list", new, "--not", "--all")
    raw = git.run(
        "diff-tree", "--stdin", "-r", "-z", "-c", "--root", "--raw", "--abbrev=64",
        "--no-renames", "--diff-filter=d",
        stdin=f"{commits}\n".encode() if commits else b"",
    )  # fmt: skip
    found: list[_Brought] = []
    commit = about = ""
    for token in raw.decode("utf-8", "surrogateescape").split("\0"):
        if token.startswith(":"):
            about = token
        elif not about:
            commit = token
        else:
            if scope_of(token) is not None:
                found.append(_Brought(commit, token, *_mode_and_oid(about)))
            about = ""
    return found


def _mode_and_oid(about: str) -> tuple[str, str]:
    """The new mode and object id of a raw line; as many colons as parents stand before it.

    See "raw output format" and "diff format for merges" in git-diff-tree(1).
    """
    facts = about.lstrip(":").split(" ")
    parents = len(about) - len(about.lstrip(":"))
    return facts[parents], facts[2 * parents + 1]


def _same(text: str, _: str) -> str:
    return text


def _on_the_way(git: Git, tip: str, brought: Sequence[_Brought], request: Request) -> list[Finding]:
    """What must not be in the history, in the commits before the tip."""
    paths = git.paths
    config, _ = load_all(paths.worktree, paths.git_dir, paths.common_dir, git.env)
    rules = [rule for rule in rules_of(request, config) if rule.code in IN_HISTORY]
    before = [each for each in brought if each.commit != tip and each.mode in REGULAR]
    texts = read_blobs(git, (each.oid for each in before)) if before else {}
    findings: list[Finding] = []
    seen: dict[str, str] = {}  # lines of an older commit of the push are not searched again
    for each in reversed(before):
        text, older = texts[each.oid], seen.get(each.path, "")
        seen[each.path] = text
        personal = (each.path,) if scope_of(each.path) == PERSONAL else ()
        facts = Facts(tracked_personal=personal, committed=partial(_same, older))
        corpus = Corpus([Source(each.path, text)], facts=facts)
        findings += [
            found._replace(message=f"{found.message} (in commit {each.commit[:12]})")
            for found in check(corpus, rules)
        ]
    return findings
