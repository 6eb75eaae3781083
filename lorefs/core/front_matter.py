"""Reads the front matter of a document: YAML that anybody may have written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lorefs.core.document import FRONT_MATTER
from lorefs.core.flow import MetadataError, load_mapping
from lorefs.errors import DocumentError

if TYPE_CHECKING:
    from lorefs.core.document import Document


class FrontMatterError(DocumentError):
    """A front matter that is no YAML mapping of sane size and depth."""


def read_front_matter(document: Document) -> dict[str, Any]:
    """The mapping in a document's front matter, {} where there is none.

    Raises `FrontMatterError`.
    """
    blocks = document.blocks
    if not blocks or blocks[0].kind != FRONT_MATTER:
        return {}
    try:
        return load_mapping(blocks[0].text.partition("\n")[2].rpartition("\n")[0])
    except MetadataError as error:
        raise FrontMatterError(
            error.message.replace("the metadata", "the front matter", 1),
            line=1,
            found=error.found,
            hint="write it as `key: value` lines",
        ) from error
