"""What a rule is, what it reports, and what `lorefs check` makes of that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from lorefs.check.corpus import Corpus
    from lorefs.check.source import Source

ERROR: Final = "error"  # must not be committed
WARNING: Final = "warning"  # worth a look; fails with `--strict` alone


class Hit(NamedTuple):
    """What a rule reports of a document: the place as an offset into its text, and words.

    `remedy` is one imperative sentence where the rule's own does not fit; `entry` is an id.
    """

    offset: int
    message: str
    remedy: str = ""
    entry: str = ""


class RepositoryHit(NamedTuple):
    """What a rule reports of the repository: a file, a 1-based line, and words."""

    path: str
    message: str
    line: int = 1
    remedy: str = ""
    entry: str = ""


class Rule(NamedTuple):
    """A rule with its stable code; exactly one of `each` and `whole` is there.

    `remedy` is one imperative sentence. `fixable` says that `--fix` mends what the rule finds.
    `slow` rules run in full checks alone, not on what is staged, unless they are selected.
    """

    code: str
    name: str
    severity: str
    summary: str
    remedy: str
    each: Callable[[Source, Corpus], Iterable[Hit]] | None = None
    whole: Callable[[Corpus], Iterable[RepositoryHit]] | None = None
    fixable: bool = False
    slow: bool = False


class Finding(NamedTuple):
    """One finding; `line` and `column` count from 1, columns in characters."""

    path: str
    line: int
    column: int
    code: str
    name: str
    severity: str
    message: str
    remedy: str
    entry: str = ""
    fixable: bool = False
