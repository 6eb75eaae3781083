"""The values of fields, from whatever another program wrote; `ValueError` says what is expected."""

from __future__ import annotations

import json
import re
from typing import Any, Final

from lorefs.core.model import NAMES, RELATION_TYPES, SENSITIVITIES, STATUSES, Relation

TEXT_LIMIT: Final = 1_000_000  # characters of one text
TAGS_LIMIT: Final = 1_000  # tags or relations of one entry
TITLE_WIDTH: Final = 160  # of a title that is the start of a text

# Controls but tab and newline; the rest of what can confuse a reader is `check`'s to find.
_CONTROLS: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_SURROGATES: Final = re.compile("[\ud800-\udfff]")
_SENTENCE: Final = re.compile(r"[.!?](?=\s)")
_WORDS: Final = {"status": STATUSES, "sensitivity": SENSITIVITIES, "scope": tuple(NAMES)}
_PARENTS: Final = frozenset({"", ".", "..", ".git"})


def text(found: object, notes: list[str]) -> str:
    r"""A text with "\n" as its line end, without control characters and broken bytes.

    What is left out is noted.
    """
    if isinstance(found, bool) or not isinstance(found, str | int | float):
        raise ValueError("text")  # noqa: TRY004  # the caller words it
    value = str(found)
    if len(value) > TEXT_LIMIT:
        raise ValueError(f"text of at most {TEXT_LIMIT} characters")
    if "\r" in value:
        value = value.replace("\r\n", "\n").replace("\r", "\n")
    value, controls = _CONTROLS.subn("", value)
    if controls:
        notes.append("control characters were left out")
    value, broken = _SURROGATES.subn("\ufffd", value)
    if broken:
        notes.append("bytes that are no UTF-8 were replaced")
    return value


def one_line(value: str) -> str:
    """A text on one line, without white space around it."""
    return re.sub(r"[ \t]*\n\s*", " ", value.strip())


def fitting_title(title: str) -> str:
    """A title of another program in a form that every entry can have."""
    return one_line(title).replace("**:", ":").strip("# ")


def fitting_category(category: str) -> str:
    """A category of another program as a heading: `gotcha` becomes `Gotcha`."""
    name = one_line(category).strip("# ")
    return name[:1].upper() + name[1:]


def title_and_rest(value: str) -> tuple[str, str]:
    """The first sentence of a text without a title, and what comes behind it.

    Where it is too long for a title it is cut, and the text stays whole.
    """
    value = value.strip()
    first, _, below = value.partition("\n")
    found = _SENTENCE.search(first)
    end = found.end() if found else len(first)
    if end <= TITLE_WIDTH:
        rest = "\n".join(part for part in (first[end:].strip(), below) if part)
        return first[:end].strip().removesuffix("."), rest.strip("\n")
    return f"{first[: TITLE_WIDTH - 1].rsplit(' ', 1)[0]}…", value


def paragraphs(*texts: str) -> str:
    """Texts below each other, those that are empty left out."""
    return "\n\n".join(part for part in (each.strip("\n") for each in texts) if part)


def typed(field: str, found: Any, notes: list[str]) -> Any:  # noqa: ANN401  # one case a field
    """The value of a field in the form of `Entry`."""
    match field:
        case "content":
            return text(found, notes)
        case "title" | "category" | "proposed_by" | "approved_by" | "approved_hash":
            return one_line(text(found, notes))
        case "confidence":
            return _confidence(found)
        case "status" | "sensitivity" | "scope":
            return _word(found, _WORDS[field])
        case "path":
            return _directory(found)
        case "tags":
            return tags(found)
        case _:
            return relations(found)


def _confidence(found: object) -> float:
    if isinstance(found, bool) or not isinstance(found, int | float) or not 0 <= found <= 1:
        raise ValueError("a number from 0 to 1")
    return float(found)


def _word(found: object, words: tuple[str, ...]) -> str:
    if found not in words:
        raise ValueError(" or ".join(words))
    return str(found)


def _directory(found: object) -> str:
    if not isinstance(found, str) or "\\" in found or _CONTROLS.search(found) or "\n" in found:
        raise ValueError("a directory of the repository")
    parts = found.strip("/").split("/") if found.strip("/") else []
    if not _PARENTS.isdisjoint(map(str.lower, parts)) or found.startswith("/"):
        raise ValueError("a directory of the repository, relative to its top")
    return "/".join(parts)


def listed(found: object) -> object:
    """What a text that holds JSON means; another text as the words between its commas."""
    if not isinstance(found, str):
        return found
    if found.lstrip()[:1] in {"[", "{"}:
        try:
            return json.loads(found[:TEXT_LIMIT])
        except (ValueError, RecursionError):
            pass
    return [word for word in (part.strip() for part in found.split(",")) if word]


def tags(found: object) -> tuple[str, ...]:
    """A set of tags: a list of words, or a text that holds some between commas."""
    words = listed(found)
    if not isinstance(words, list | tuple | set) or len(words) > TAGS_LIMIT:
        raise ValueError(f"a list of at most {TAGS_LIMIT} words")
    if any(isinstance(word, bool) or not isinstance(word, str | int | float) for word in words):
        raise ValueError("a list of words")
    return tuple(sorted({one_line(text(word, [])) for word in words} - {""}))


def relations(found: object) -> tuple[Relation, ...]:
    """Pairs of a type and an id, `{"type": …, "id": …}`, or ids by type."""
    pairs = listed(found)
    if isinstance(pairs, dict) and not {"type", "id"} <= pairs.keys():
        pairs = [
            (kind, ident)
            for kind, ids in pairs.items()
            for ident in (ids if isinstance(ids, list) else [ids])
        ]
    elif isinstance(pairs, dict):
        pairs = [pairs]
    if not isinstance(pairs, list | tuple) or len(pairs) > TAGS_LIMIT:
        raise ValueError('a list such as [{"type": "supersedes", "id": ID}]')
    return tuple(sorted({_relation(pair) for pair in pairs}))


def _relation(pair: object) -> Relation:
    match pair:
        case {"type": str() as kind, "id": str() as ident}:
            pass
        case [str() as kind, str() as ident] | (str() as kind, str() as ident):
            pass
        case dict() if len(pair) == 1 and all(isinstance(each, str) for each in pair.values()):
            kind, ident = next(iter(pair.items()))
        case _:
            raise ValueError('a list such as [{"type": "supersedes", "id": ID}]')
    if kind not in RELATION_TYPES:
        raise ValueError(f"relations of the types {', '.join(RELATION_TYPES)}")
    ident = one_line(text(ident, []))
    if not ident:
        raise ValueError("relations with an id each")
    return Relation(kind, ident)
