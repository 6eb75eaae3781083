"""What can be set, by whom, and what holds in a worktree."""

from lorefs.config.gitfile import Setting, read_git
from lorefs.config.keys import (
    ALWAYS,
    AUTOMATIC,
    CLONE,
    KEYS,
    MANUAL,
    PUBLISH,
    TEAM,
    Guard,
    Key,
    Limits,
    Sync,
)
from lorefs.config.load import Config, Origin, checked, key_named, load, load_worktree
from lorefs.config.teamfile import TeamFile, read_team, with_value

__all__ = [
    "ALWAYS",
    "AUTOMATIC",
    "CLONE",
    "KEYS",
    "MANUAL",
    "PUBLISH",
    "TEAM",
    "Config",
    "Guard",
    "Key",
    "Limits",
    "Origin",
    "Setting",
    "Sync",
    "TeamFile",
    "checked",
    "key_named",
    "load",
    "load_worktree",
    "read_git",
    "read_team",
    "with_value",
]
