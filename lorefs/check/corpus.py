"""All that rules look at: the documents, what is known of the repository, and settings."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from lorefs.check.finding import RepositoryHit  # noqa: TC001 (a field of a tuple)
from lorefs.core.document import ENTRY

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from lorefs.check.source import Placed, Source


class Limits(NamedTuple):
    """Settings of rules: characters of an entry, and how alike two entries may be (0 to 1)."""

    entry_length: int = 4000
    similarity: float = 0.8


class Reference(NamedTuple):
    """A name of code that a document mentions: a path or a symbol, and the line it stands on."""

    document: str
    line: int
    name: str


def _no_text(_: str) -> str:
    return ""


def _nothing(_: Sequence[Reference]) -> Mapping[Reference, str]:
    return {}


class Unentitled(NamedTuple):
    """A change that does not count: of an entry ("" for the policy), in a document, in words.

    `who` says who may make it.
    """

    entry: str
    document: str
    words: str
    who: str
    remedy: str = ""


def _nobody() -> Sequence[Unentitled]:
    return ()


class Facts(NamedTuple):
    """What is known of the repository.

    `tracked_personal` are paths of personal documents that git tracks or is about to.
    `committed` answers with the text of a document whose lines need no search for secrets,
    because they are shared already. `base` answers with the texts of the documents of HEAD, and
    `gone` with those names of code that HEAD has no more, each with the commit that still had it.
    `unentitled` answers with the changes that the team's policy does not let their authors make.
    All are asked on demand only. `mistakes` are wrong settings.
    """

    tracked_personal: tuple[str, ...] = ()
    attributes_line: int = 0  # in `.gitattributes`, where it names the driver
    driver_configured: Callable[[], bool] = bool
    mistakes: tuple[RepositoryHit, ...] = ()
    committed: Callable[[str], str] = _no_text
    base: Callable[[], Mapping[str, str]] = dict
    gone: Callable[[Sequence[Reference]], Mapping[Reference, str]] = _nothing
    unentitled: Callable[[], Sequence[Unentitled]] = _nobody


class Copy(NamedTuple):
    """An entry of a document, as one of those that share an id."""

    source: Source
    placed: Placed


class Corpus:
    """Documents to report on (`focus`), and all others that they are checked against."""

    def __init__(
        self,
        focus: Sequence[Source],
        context: Sequence[Source] = (),
        facts: Facts = Facts(),  # noqa: B008 (a tuple)
        limits: Limits = Limits(),  # noqa: B008 (a tuple)
    ) -> None:
        self.focus = tuple(focus)
        self.sources = tuple(sorted((*focus, *context), key=lambda source: source.path))
        self.facts = facts
        self.limits = limits

    @cached_property
    def shared(self) -> dict[str, list[Copy]]:
        """The marked entries of team and review documents by id, in the order of paths."""
        return self._by_id(personal=False)

    @cached_property
    def personal(self) -> dict[str, list[Copy]]:
        """The marked entries of personal documents by id."""
        return self._by_id(personal=True)

    def _by_id(self, *, personal: bool) -> dict[str, list[Copy]]:
        found: dict[str, list[Copy]] = {}
        for source in self.sources:
            if source.is_personal == personal:
                for placed in source.blocks:
                    if placed.block.kind == ENTRY:
                        found.setdefault(placed.block.id, []).append(Copy(source, placed))
        return found

    @cached_property
    def titles(self) -> frozenset[str]:
        """The titles of all entries, folded as links are compared."""
        return frozenset(
            fold(entry.title) for source in self.sources for _, entry in source.entries
        )

    @cached_property
    def base(self) -> Mapping[str, str]:
        """The texts of the documents of HEAD."""
        return self.facts.base()


def fold(title: str) -> str:
    """A title as it is compared: by words, in one case."""
    return " ".join(title.split()).casefold()
