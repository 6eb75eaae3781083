"""The Python API: `Workspace`, and what its methods return (docs/api.md)."""

from lorefs.api.base import DATABASE
from lorefs.api.following import Subscription
from lorefs.api.reading import Status
from lorefs.api.workspace import Workspace

__all__ = ["DATABASE", "Status", "Subscription", "Workspace"]
