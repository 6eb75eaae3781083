"""Edits an entry in the user's editor, as front matter above Markdown."""

from __future__ import annotations

import difflib
import re
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import frontmatter

from lorefs.cli.here import git_here
from lorefs.core.flow import MetadataError
from lorefs.core.model import RELATION_TYPES, SENSITIVITIES, STATUSES, Entry, Relation
from lorefs.errors import LorefsError, RefusedError, UsageError
from lorefs.formats.note import YamlHandler

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lorefs.api import Workspace
    from lorefs.store import Row

FIELDS: Final = ("title", "category", "tags", "confidence", "status", "sensitivity", "relations")
_REQUIRED: Final = ("title", "category")
_ADVICE: Final = "# Close it unchanged to leave the entry as it is.\n"


def edit_in_editor(
    workspace: Workspace,
    reference: str,
    if_rev: str | None,
    may_apply: Callable[[Mapping[str, Any]], bool],
    *,
    approve: bool = False,
) -> Row | None:
    """Let the user edit an entry; None if nothing changed.

    `may_apply` is asked about the changes before they are made. Raises UsageError for a buffer
    that cannot be read, ConflictError if the entry changed meanwhile, and RefusedError if they
    may not be made. The buffer is kept and named then.
    """
    row = workspace.own(reference)
    if if_rev is not None:
        workspace.update(row.entry.id, {}, if_rev=if_rev)
    text = write_buffer(row.entry)
    path = new_file(workspace.paths.lorefs_dir / "edit", row.entry.id, text)
    try:
        run_editor(path, workspace.root)
        changes = read_buffer(read_file(path), row.entry)
        if changes and not may_apply(changes):
            raise RefusedError("nothing was changed")
        updated = None
        if changes:
            updated = workspace.update(
                row.entry.id, changes, if_rev=row.rev, withdraw=True, approve=approve
            )
    except LorefsError as error:
        if path.exists() and path.read_bytes() != text.encode():
            error.hint = f"your text is kept in {path}"
        else:
            path.unlink(missing_ok=True)
        raise
    path.unlink()
    return updated


def read_file(path: Path) -> str:
    """What an editor left; raises UsageError for bytes that are not UTF-8."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise UsageError(f"the buffer is not UTF-8 at byte {error.start}") from error
    except OSError as error:
        raise RefusedError(f"the buffer cannot be read: {error.strerror}") from error


def new_file(directory: Path, ident: str, text: str) -> Path:
    """A file with a text for an editor, named after an entry."""
    directory.mkdir(parents=True, exist_ok=True)
    name = re.sub(r"[^\w-]", "_", ident)[-8:]
    number, found = tempfile.mkstemp(".md", f"{name}-", directory)
    with open(number, "wb") as file:  # noqa: PTH123  # a descriptor
        file.write(text.encode("utf-8", "surrogateescape"))
    return Path(found)


def run_editor(path: Path, directory: Path) -> None:
    """Start the editor as git does: through the shell, because it may be `code --wait`."""
    editor = git_here().text("var", "GIT_EDITOR")
    status = subprocess.call(["sh", "-c", f'{editor} "$@"', editor, str(path)], cwd=directory)
    if status:
        raise RefusedError(f"the editor ended with {status}, so nothing was changed", found=editor)


# ---------------------------------------------------------------- the buffer as text


class _Yaml(YamlHandler):
    """Front matter with a word of advice above it, in block style for people."""

    def export(self, metadata: dict[str, object], **_: object) -> str:
        from io import StringIO

        from ruamel.yaml import YAML

        yaml = YAML()
        yaml.width = 10_000
        out = StringIO()
        yaml.dump(metadata, out)
        return _ADVICE + out.getvalue().rstrip("\n")


def write_buffer(entry: Entry) -> str:
    """The text that the editor gets: all fields, the content below."""
    post = frontmatter.Post(entry.content)
    post.metadata.update(_values(entry))
    return str(frontmatter.dumps(post, handler=_Yaml())) + "\n"


def _quoted(tag: str) -> str:
    """A tag in quotes unless it begins like a word: ruamel.yaml writes some that it misreads."""
    from ruamel.yaml.scalarstring import DoubleQuotedScalarString

    return tag if tag[:1].isalnum() else DoubleQuotedScalarString(tag)


def _values(entry: Entry) -> dict[str, object]:
    from ruamel.yaml.comments import CommentedSeq

    tags = CommentedSeq(map(_quoted, entry.tags))
    tags.fa.set_flow_style()
    relations = CommentedSeq({relation.type: relation.id} for relation in entry.relations)
    if not relations:
        relations.fa.set_flow_style()
    found = {field: getattr(entry, field) for field in FIELDS}
    return found | {"tags": tags, "relations": relations}


def read_buffer(text: str, entry: Entry) -> dict[str, Any]:
    """The fields that an edited buffer changes.

    A line that is gone means the default. Raises UsageError, with the line, for a buffer that
    is no front matter or holds what an entry cannot have.
    """
    try:
        found, content = frontmatter.parse(text, handler=_Yaml())
    except MetadataError as error:
        mark = getattr(error.__cause__, "problem_mark", None)
        line = mark.line + 1 if mark else None
        message = error.message.replace("the metadata", "the front matter", 1)
        raise UsageError(message, line=line) from error
    if not found:
        raise UsageError("there is no front matter between two lines of ---", line=1)
    for key in found:
        if key not in FIELDS:
            near = difflib.get_close_matches(str(key), FIELDS, n=1)
            hint = f", did you mean {near[0]}?" if near else ""
            raise UsageError(f"an entry has no field {key!s}{hint}", line=_line_of(text, str(key)))
    defaults = Entry("", "")
    values: dict[str, Any] = {"content": content.strip("\n")}
    for field in FIELDS:
        if field in found:
            values[field] = _checked(field, found, text)
        elif field in _REQUIRED:
            raise UsageError(f"the entry needs a {field}", line=1)
        else:
            values[field] = getattr(defaults, field)
    before = {**entry._asdict(), "content": entry.content.strip()}
    return {field: value for field, value in values.items() if value != before[field]}


def _checked(field: str, found: Mapping[str, Any], text: str) -> Any:  # noqa: ANN401
    """A value of the front matter as the entry has it."""
    try:
        return _value(field, found[field])
    except (TypeError, ValueError) as error:
        raise UsageError(
            f"{field} has to be {error}", line=_line_of(text, field), found=str(found[field])
        ) from None


def _value(field: str, value: Any) -> Any:  # noqa: ANN401  # one case a field
    match field:
        case "title" | "category":
            text = "" if value is None else value
            if not isinstance(text, str) or "\n" in text.strip():
                raise ValueError("one line of text")
            if field == "title" and not text.strip():
                raise ValueError("one line of text, and not an empty one")
            return text.strip()
        case "tags":
            tags = [] if value is None else value
            if not isinstance(tags, list) or not all(map(_is_word, tags)):
                raise ValueError("a list of words")
            return tuple(sorted(map(str, set(tags))))
        case "confidence":
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
                raise ValueError("a number from 0 to 1")
            return float(value)
        case "status" | "sensitivity":
            choices = STATUSES if field == "status" else SENSITIVITIES
            if value not in choices:
                raise ValueError(" or ".join(choices))
            return value
        case _:
            return _relations(value or [])


def _is_word(value: object) -> bool:
    return isinstance(value, str | int | float) and bool(str(value).strip())


def _relations(value: object) -> tuple[Relation, ...]:
    if not isinstance(value, list):
        raise ValueError("a list such as [supersedes: ID]")  # noqa: TRY004  # for the reader
    pairs: set[Relation] = set()
    for item in value:
        if not isinstance(item, dict) or not set(item) <= set(RELATION_TYPES):
            raise ValueError(f"a list of pairs, each of {', '.join(RELATION_TYPES)} and an id")
        pairs.update(Relation(kind, str(target)) for kind, target in item.items())
    return tuple(sorted(pairs))


def _line_of(text: str, key: str) -> int | None:
    """The 1-based line on which a key stands."""
    for number, line in enumerate(text.split("\n"), 1):
        if line.startswith(f"{key}:"):
            return number
    return None
