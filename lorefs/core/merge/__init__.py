"""The one merge: by entry and by field, for the driver, the sync branch and every ingest."""

from lorefs.core.merge.documents import (
    MergedCorpus,
    MergedDocument,
    merge_corpus,
    merge_document,
)
from lorefs.core.merge.sides import Disagreement, History, NoHistory, Settings, Sides

__all__ = [
    "Disagreement",
    "History",
    "MergedCorpus",
    "MergedDocument",
    "NoHistory",
    "Settings",
    "Sides",
    "merge_corpus",
    "merge_document",
]
