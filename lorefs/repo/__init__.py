"""What lorefs asks git, and how: files where they are plain, the `git` executable elsewhere."""

from lorefs.repo.git import Git
from lorefs.repo.head import Head, head_oid, head_signature, observe_head, ref_oid
from lorefs.repo.ignored import ignored_paths
from lorefs.repo.locate import GitPaths, locate
from lorefs.repo.messages import commit_messages
from lorefs.repo.tracking import Seen, Tracking, discover, observe_tracking
from lorefs.repo.under_way import Operation, operation

__all__ = [
    "Git",
    "GitPaths",
    "Head",
    "Operation",
    "Seen",
    "Tracking",
    "commit_messages",
    "discover",
    "head_oid",
    "head_signature",
    "ignored_paths",
    "locate",
    "observe_head",
    "observe_tracking",
    "operation",
    "ref_oid",
]
