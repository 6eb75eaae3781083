"""Entries as notes: Markdown files with YAML front matter, as Obsidian and others keep them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import frontmatter
from frontmatter.default_handlers import BaseHandler

from lorefs.core.flow import MetadataError, load_mapping, plain, value
from lorefs.core.lines import heading
from lorefs.core.model import Entry
from lorefs.formats.record import CATEGORY, FormatError, Place, Source, build, extra_source, kept
from lorefs.formats.values import fitting_category, text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from lorefs.formats.batch import Item

VERSION: Final = 1
OURS: Final = Source("lorefs", "former_id", exact=True)
THEIRS: Final = Source("notes", "note_id")
_NAMED: Final = Source("notes")  # known by their links or paths, which are kept anyway
_SLUG: Final = 60  # characters of a file's name that come from the title
_NOT_FIELDS: Final = frozenset({"content", "extra"})
# Words of front matter that others use for what an entry has under another name.
_TYPES: Final = ("category", "type")


class YamlHandler(BaseHandler):
    """Front matter in YAML 1.2, by the one YAML library that is used for all that is ours."""

    FM_BOUNDARY = re.compile(r"^---[ \t]*$", re.MULTILINE)
    START_DELIMITER = END_DELIMITER = "---"

    def load(self, fm: str, **_: object) -> dict[str, Any]:  # noqa: D102
        return load_mapping(fm)

    def export(self, metadata: dict[str, object], **_: object) -> str:  # noqa: D102
        return "\n".join(f"{plain(key)}: {plain(value)}" for key, value in metadata.items())


# ---------------------------------------------------------------- writing


def write_note(entry: Entry) -> str:
    """An entry as a note: every field but the content in the front matter."""
    post = frontmatter.Post("")
    post.metadata.update({"lorefs": VERSION, **_stated(entry)})
    head = str(frontmatter.dumps(post, handler=YamlHandler())).rstrip("\n")
    return f"{head}\n\n{entry.content}\n"  # dumps would strip a content that starts indented


def _stated(entry: Entry) -> dict[str, object]:
    """What differs from the default, by key; unknown keys as values where that loses nothing."""
    found: dict[str, object] = {"id": entry.id, "title": entry.title, "category": entry.category}
    for field in Entry._fields[4:]:
        values = getattr(entry, field)
        if field != "extra" and values != Entry._field_defaults[field]:
            found[field] = values
    if entry.relations:
        found["relations"] = [{kind: target} for kind, target in entry.relations]
    sources: dict[str, str] = {}
    for key, source in entry.extra:
        meant = _value(source)
        taken = key in found or key in Entry._fields or key == "lorefs"
        if taken or meant is None or plain(meant) != source:
            sources[key] = source
        else:
            found[key] = meant
    return found | ({"extra": sources} if sources else {})


def _value(source: str) -> object:
    try:
        return value(source)
    except MetadataError:
        return None


def note_names(entries: Iterable[Entry]) -> Iterator[tuple[str, Entry]]:
    """The path of a note for each entry, below its directory: no two are the same."""
    taken: set[str] = set()
    for entry in entries:
        slug = re.sub(r"[^\w]+", "-", entry.title.casefold())[:_SLUG].strip("-_") or "note"
        slug = slug.encode("utf-8", "ignore").decode()
        end = re.sub(r"[^0-9a-z]", "", entry.id.lower())[-8:]
        name = f"{slug}-{end}" if end else slug
        directory = f"{entry.path}/" if entry.path else ""
        path, number = f"{directory}{name}.md", 2
        while path in taken:
            path, number = f"{directory}{name}-{number}.md", number + 1
        taken.add(path)
        yield path, entry


# ---------------------------------------------------------------- reading


def read_notes(notes: Iterable[tuple[str, str]]) -> Iterator[Item]:
    """The entries of notes, each given as its path and its text; an empty note is none."""
    for path, source in notes:
        place = Place(path)
        try:
            found = _split(text_of(source), place)
            if found is not None:
                metadata, body = found
                yield _record(metadata, body, place)
        except FormatError as error:
            yield error


def text_of(source: str) -> str:
    r"""A file's text without a byte order mark, with "\n" as its line end."""
    return source.removeprefix("\ufeff").replace("\r\n", "\n")


def _split(source: str, place: Place) -> tuple[dict[str, Any], str] | None:
    """Front matter and body; None for a note that says nothing."""
    handler = YamlHandler()
    if not handler.detect(source):
        return ({}, source) if source.strip() else None
    try:
        head, body = handler.split(source)
        return handler.load(head), body
    except MetadataError as error:
        mark = getattr(error.__cause__, "problem_mark", None)
        raise place._replace(line=mark.line + 1 if mark else 1).error(
            error.message.replace("the metadata", "the front matter", 1),
            hint="write it as `key: value` lines",
        ) from error
    except ValueError:
        raise place._replace(line=1).error(
            "the front matter has no end", hint="close it with a line of ---"
        ) from None


def _record(metadata: dict[str, Any], body: str, place: Place) -> Item:
    if metadata.get("lorefs") == VERSION:
        return build(_ours(metadata, body, place), place, OURS)
    if "lorefs" in metadata:
        raise place._replace(line=1).error(
            f"the note has version {str(metadata['lorefs'])[:20]}, this lorefs knows {VERSION}",
            hint="install a newer lorefs",
        )
    source = THEIRS if _scalar(metadata.get("id")) else _NAMED
    return build(_theirs(metadata, body, place), place, source)


def _ours(metadata: Mapping[str, Any], body: str, place: Place) -> dict[str, Any]:
    """The values of a note that lorefs wrote."""
    values = {key: metadata[key] for key in metadata if key in Entry._fields}
    unknown = {key: metadata[key] for key in metadata if key not in {*Entry._fields, "lorefs"}}
    # what the note leaves out is the default
    stated = {
        field: Entry._field_defaults[field]
        for field in Entry._fields[4:]
        if field not in _NOT_FIELDS
    }
    extra = extra_source(values.get("extra") or {}, place) | kept(unknown, place)
    return {**stated, **values, "content": body.strip("\n"), "extra": extra}


def _theirs(metadata: dict[str, Any], body: str, place: Place) -> dict[str, Any]:
    """The values of a note of another program; a title may stand in three places."""
    body = body.strip("\n")
    line, _, rest = body.partition("\n")
    level, first = heading(line)
    title = metadata.get("title")
    if level == 1 and first and (not title or str(title).strip() == first):
        title, body = first, rest.strip("\n")
    stem = place.path.replace("\\", "/").rpartition("/")[2].removesuffix(".md")
    values: dict[str, Any] = {"title": title or stem, "content": body}
    used = {"title", "id", "tags", *_TYPES}
    category = next((metadata[key] for key in _TYPES if metadata.get(key)), CATEGORY)
    values["category"] = fitting_category(text(category, [])) if _scalar(category) else CATEGORY
    for field in ("status", "confidence", "sensitivity", "relations"):
        if _is_ours(field, metadata.get(field)):
            values[field] = metadata[field]
            used.add(field)
    values["id"] = _ident(metadata, place)
    if metadata.get("tags") is not None:
        values["tags"] = _tags(metadata["tags"])
    values["created_at"] = metadata.get("created") or metadata.get("created_at")
    unknown = {key: item for key, item in metadata.items() if key not in used}
    values["extra"] = kept(unknown, place)
    return values


def _ident(metadata: Mapping[str, Any], place: Place) -> str:
    """The id that a note gives itself, else its permanent link, else its path."""
    for key in ("id", "permalink"):
        if _scalar(metadata.get(key)) and str(metadata[key]).strip():
            return str(metadata[key]).strip()
    return place.path


def _scalar(found: object) -> bool:
    return isinstance(found, str | int | float) and not isinstance(found, bool)


def _is_ours(field: str, found: object) -> bool:
    """Whether a value is one that the entry's field of that name can have."""
    from lorefs.formats.values import typed

    if found is None:
        return False
    try:
        typed(field, found, [])
    except ValueError:
        return False
    return True


def _tags(found: object) -> object:
    """Tags as a list, or as words in a text; a number sign before a tag is Obsidian's."""
    if isinstance(found, str):
        found = re.split(r"[,\s]+", found.strip())
    if isinstance(found, list):
        return [
            tag.lstrip("#") if isinstance(tag, str) else tag for tag in found if tag is not None
        ]
    return found
