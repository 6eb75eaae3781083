"""Asks git which names of code were there when a line was written, and are not any more."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, Final

from lorefs.errors import GitError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lorefs.check.corpus import Reference
    from lorefs.repo import Git

# Older commits than so many are not asked: each costs a walk through its whole tree.
COMMITS: Final = 40
_LINE: Final = re.compile(rb"^([0-9a-f]{40,64}) \d+ (\d+)(?: \d+)?$", re.MULTILINE)
_LORE: Final = (":(top)", ":(top,exclude,glob)**/.lore.md", ":(top,exclude,glob)**/.lore.*.md")


def gone(git: Git, head: str, references: Sequence[Reference]) -> dict[Reference, str]:
    """The references that `head` has not, with the commit of their line, which had them."""
    if not git.text("rev-parse", "--verify", "--quiet", f"{head}^{{commit}}", allowed=(0, 1, 128)):
        return {}
    there = known(git, head, {each.name for each in references})
    missing = [each for each in references if each.name not in there]
    by_commit: dict[str, list[Reference]] = defaultdict(list)
    for document in dict.fromkeys(each.document for each in missing):
        commits = blame(git, head, document)
        for each in missing:
            commit = commits.get(each.line) if each.document == document else None
            if commit is not None:
                by_commit[commit].append(each)
    found: dict[Reference, str] = {}
    for commit in list(by_commit)[:COMMITS]:
        was_there = known(git, commit, {each.name for each in by_commit[commit]})
        found |= {each: commit for each in by_commit[commit] if each.name in was_there}
    return {each: found[each] for each in references if each in found}


def known(git: Git, commit: str, names: Iterable[str]) -> set[str]:
    """Those names that are a path of a commit, the end of one, or a word of its code."""
    wanted = set(names)
    by_file: dict[str, list[str]] = defaultdict(list)
    for name in wanted:
        by_file[name.rpartition("/")[2]].append(name)
    found: set[str] = set()
    listing = git.run("ls-tree", "-r", "-t", "-z", "--name-only", "--full-tree", commit)
    for path in listing.decode("utf-8", "surrogateescape").split("\0"):
        for name in by_file.get(path.rpartition("/")[2], ()):
            if f"/{path}".endswith(f"/{name}"):
                found.add(name)
    symbols = {name for name in wanted - found if "/" not in name}
    return found | _words(git, commit, symbols)


def _words(git: Git, commit: str, symbols: set[str]) -> set[str]:
    """Those symbols that stand in a file other than lore; of `a.b` the last part counts."""
    by_word: dict[str, list[str]] = defaultdict(list)
    for symbol in symbols:
        by_word[symbol.strip(".").rpartition(".")[2]].append(symbol)
    by_word.pop("", None)
    if not by_word:
        return set()
    patterns = "".join(f"{word}\n" for word in sorted(by_word)).encode()
    output = git.run(
        "grep", "-I", "-h", "-o", "-w", "-F", "-f", "-", commit, "--", *_LORE,
        stdin=patterns, allowed=(0, 1),
    )  # fmt: skip
    words = set(output.decode("utf-8", "replace").split("\n"))
    return {symbol for word in words for symbol in by_word.get(word, ())}


def blame(git: Git, head: str, document: str) -> dict[int, str]:
    """The commit that each line of a document comes from; {} for one that git does not know."""
    try:
        output = git.run("blame", "--porcelain", head, "--", document)
    except GitError:
        return {}
    return {int(line[2]): line[1].decode() for line in _LINE.finditer(output)}
