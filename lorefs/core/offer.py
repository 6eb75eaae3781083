"""What becomes of personal entries that are offered to the team, in bulk: values in, values out.

An entry that the team has already is not brought twice. Where both are alike, `merge` gives the
team's entry the tags and relations of the personal one, and never another word: the team's text
is the team's, and the personal text stays personal unless it says the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from lorefs.core.similarity import Likeness

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lorefs.core.model import Entry, Relation

Kind = Literal["new", "alike", "equal", "kept"]
Choice = Literal["promote", "merge", "skip"]

ACTIVE: Final = "active"
RESTRICTED: Final = "restricted"


class Offer(NamedTuple):
    """A personal entry beside what the team has.

    `twin` is the entry that it is `alike` or `equal` to, None where it is `new`. What is `kept`
    stays personal whatever is chosen, and `why` says so.
    """

    entry: Entry
    kind: Kind
    twin: Entry | None = None
    why: str = ""


class Promote(NamedTuple):
    """The entry moves to the team's document of its directory; its id stays."""

    id: str


class Unite(NamedTuple):
    """The entry `into` gets these tags and relations; the personal one goes if it is `gone`."""

    id: str
    into: str
    tags: tuple[str, ...]
    relations: tuple[Relation, ...]
    gone: bool


Step = Promote | Unite


def offers(personal: Iterable[Entry], team: Iterable[Entry], least: float) -> list[Offer]:
    """What is offered, in the order given; `least` (0 to 1) is how alike a twin has to be.

    Of personal entries that are alike, the first is new and the others are like it.
    """
    known: dict[str, Entry] = {}
    exact: dict[tuple[str, str], str] = {}
    likeness = Likeness(least)

    def know(entry: Entry) -> None:
        known[entry.id] = entry
        exact.setdefault(_said(entry), entry.id)
        likeness.add(entry.id, _text(entry))

    for entry in team:
        know(entry)
    found = []
    for entry in personal:
        offer = _offer(entry, known, exact, likeness)
        if offer.kind == "new":
            know(entry)
        found.append(offer)
    return found


def _offer(
    entry: Entry, known: dict[str, Entry], exact: dict[tuple[str, str], str], likeness: Likeness
) -> Offer:
    if entry.sensitivity == RESTRICTED:
        return Offer(entry, "kept", why="it is restricted")
    if entry.status != ACTIVE:
        return Offer(entry, "kept", why=f"it is {entry.status}")
    same = exact.get(_said(entry))
    if same is not None:
        return Offer(entry, "equal", known[same])
    like = likeness.find(_text(entry))
    return Offer(entry, "alike", known[like]) if like else Offer(entry, "new")


def _said(entry: Entry) -> tuple[str, str]:
    return entry.title.strip(), entry.content.strip()


def _text(entry: Entry) -> str:
    return f"{entry.title}\n{entry.content}"


def steps(chosen: Sequence[tuple[Offer, Choice]]) -> list[Step]:
    """What is to be done; a twin that was to be promoted and is not cannot be merged into."""
    staying = {o.entry.id for o, choice in chosen if not (o.kind == "new" and choice == "promote")}
    found: list[Step] = []
    for offer, choice in chosen:
        twin = offer.twin
        if offer.kind == "kept" or choice == "skip":
            continue
        if choice == "promote" or twin is None:
            found.append(Promote(offer.entry.id))
        elif twin.id not in staying:
            tags = tuple(sorted({*twin.tags, *offer.entry.tags}))
            links = {each for each in offer.entry.relations if each.id != twin.id}
            relations = tuple(sorted({*twin.relations, *links}))
            gone = offer.kind == "equal"
            if gone or tags != twin.tags or relations != twin.relations:
                found.append(Unite(offer.entry.id, twin.id, tags, relations, gone))
    return _added_up(found)


def _added_up(found: Sequence[Step]) -> list[Step]:
    """The steps, with all that goes into one entry in each step that changes it."""
    tags: dict[str, set[str]] = {}
    relations: dict[str, set[Relation]] = {}
    added: list[Step] = []
    for step in found:
        if isinstance(step, Unite):
            tags.setdefault(step.into, set()).update(step.tags)
            relations.setdefault(step.into, set()).update(step.relations)
            step = step._replace(  # noqa: PLW2901  # the same step, with what came before
                tags=tuple(sorted(tags[step.into])), relations=tuple(sorted(relations[step.into]))
            )
        added.append(step)
    return added
