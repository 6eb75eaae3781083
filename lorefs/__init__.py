"""Git-backed file sync for shared knowledge, with Markdown as the source of truth."""

__version__ = "0.1.0"
