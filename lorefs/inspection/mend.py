"""Writes what `--fix` mends into the files of the worktree."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from lorefs.check.mend import Mended, mend
from lorefs.config import load_all
from lorefs.core.document import encode
from lorefs.errors import RefusedError, UsageError
from lorefs.inspection.inspect import check_codes, corpus_of, read, rules_of
from lorefs.worktree import replace

if TYPE_CHECKING:
    from lorefs.inspection.inspect import Request
    from lorefs.repo import Git


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was mended, and what could not be written."""

    mended: tuple[Mended, ...]
    refused: tuple[RefusedError, ...]


def fix(git: Git, request: Request) -> Outcome:
    """Mend the files that a request is about; one that changes meanwhile is left alone."""
    if request.staged or request.commit is not None:
        raise UsageError(
            "--fix mends files of the worktree", hint="stage what it mended: git add --update"
        )
    check_codes(request)
    paths = git.paths
    config, mistakes = load_all(paths.worktree, paths.git_dir, paths.common_dir, git.env)
    corpus = corpus_of(git, request, config, read(git, request, config), mistakes)
    done: list[Mended] = []
    refused: list[RefusedError] = []
    for each in mend(corpus, (rule.code for rule in rules_of(request, config))):
        expected = sha256(encode(each.before)).hexdigest()
        try:
            replace(paths.worktree, each.path, encode(each.after), expected)
        except RefusedError as error:
            refused.append(error)
        except OSError as error:
            words = f"{each.path} cannot be written: {error.strerror}"
            refused.append(RefusedError(words, path=each.path))
        else:
            done.append(each)
    return Outcome(tuple(done), tuple(refused))
