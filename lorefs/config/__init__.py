"""What can be set, by whom, and what holds in a worktree.

The table of all settings is `lorefs.config.keys.KEYS`; it is loaded only where something was set.
"""

from lorefs.config.gitfile import Setting, read_git
from lorefs.config.load import load, load_all, load_worktree
from lorefs.config.settings import (
    ALWAYS,
    AUTOMATIC,
    MANUAL,
    PUBLISH,
    Backup,
    Check,
    Config,
    Filters,
    Guard,
    Hub,
    Limits,
    Origin,
    Sync,
)

__all__ = [
    "ALWAYS",
    "AUTOMATIC",
    "MANUAL",
    "PUBLISH",
    "Backup",
    "Check",
    "Config",
    "Filters",
    "Guard",
    "Hub",
    "Limits",
    "Origin",
    "Setting",
    "Sync",
    "load",
    "load_all",
    "load_worktree",
    "read_git",
]
