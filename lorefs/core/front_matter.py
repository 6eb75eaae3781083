"""Reads the front matter of a document: YAML that anybody may have written."""

from __future__ import annotations

import re
from typing import Any, Final

from lorefs.core.document import FRONT_MATTER, Document
from lorefs.errors import DocumentError

SIZE_LIMIT: Final = 64 * 1024  # characters
DEPTH_LIMIT: Final = 32  # levels of nesting

_ALIAS: Final = re.compile(r"(?:^|[\s\[{,:-])[&*]\w")
_INDENT: Final = re.compile(r"^[ \-]*", re.MULTILINE)


class FrontMatterError(DocumentError):
    """A front matter that is no YAML mapping of sane size and depth."""


def read_front_matter(document: Document) -> dict[str, Any]:
    """The mapping in a document's front matter, {} where there is none.

    Size, depth and aliases are looked at before the parser sees a byte. Raises
    `FrontMatterError`.
    """
    blocks = document.blocks
    if not blocks or blocks[0].kind != FRONT_MATTER:
        return {}
    source = blocks[0].text.partition("\n")[2].rpartition("\n")[0]
    if len(source) > SIZE_LIMIT:
        raise _error(f"is longer than {SIZE_LIMIT} characters")
    deepest = max(len(indent) for indent in _INDENT.findall(source))
    if deepest > 2 * DEPTH_LIMIT or source.count("[") + source.count("{") > SIZE_LIMIT // 64:
        raise _error(f"is nested deeper than {DEPTH_LIMIT} levels")
    if _ALIAS.search(source):
        raise _error("uses anchors or aliases")
    return _parse(source)


def _parse(source: str) -> dict[str, Any]:
    from ruamel.yaml import YAML  # doubles the start-up time of whoever needs it
    from ruamel.yaml.error import YAMLError

    try:
        found = YAML(typ="safe", pure=True).load(source)
    except (YAMLError, ValueError, TypeError, RecursionError) as error:
        raise _error(f"cannot be read: {str(error).partition(chr(10))[0]}") from error
    if found is not None and not isinstance(found, dict):
        raise _error("is not a mapping")
    return {str(key): value for key, value in (found or {}).items()}


def _error(cause: str) -> FrontMatterError:
    return FrontMatterError(
        f"the front matter {cause}", line=1, hint="write it as `key: value` lines"
    )
