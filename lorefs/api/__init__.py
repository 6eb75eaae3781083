"""The Python API: `Workspace`, and what its methods return (docs/api.md)."""

from lorefs.api.reading import Status
from lorefs.api.workspace import DATABASE, Workspace

__all__ = ["DATABASE", "Status", "Workspace"]
