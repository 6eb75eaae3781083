"""Finds what was set; where nothing was, the defaults hold and nothing else is even loaded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lorefs.config.gitfile import Setting, read_git
from lorefs.config.settings import Config
from lorefs.config.teamfile import read_team

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from lorefs.errors import ConfigError


def load_worktree(root: Path, git_dir: Path, common_dir: Path, env: Mapping[str, str]) -> Config:
    """The settings of the worktree at `root`; see `load`."""
    return load(root, read_git(git_dir, common_dir, env), env)


def load_all(
    root: Path, git_dir: Path, common_dir: Path, env: Mapping[str, str]
) -> tuple[Config, list[ConfigError]]:
    """The settings of a worktree, and all mistakes in them; defaults hold in their place."""
    from lorefs.errors import ConfigError

    mistakes: list[ConfigError] = []
    team, git_config = None, {}
    try:
        team = read_team(root)
    except ConfigError as error:
        mistakes.append(error)
    try:
        git_config = read_git(git_dir, common_dir, env)
    except ConfigError as error:
        mistakes.append(error)
    if team is None and not git_config and not any(name.startswith("LOREFS_") for name in env):
        return Config(), mistakes
    from lorefs.config.resolve import resolve_all

    config, wrong = resolve_all(team, git_config, env)
    return config, mistakes + wrong


def load(root: Path, git_config: Mapping[str, Setting], env: Mapping[str, str]) -> Config:
    """The defaults, overridden by the team's file, then git's configuration, then `LOREFS_*`.

    Raises ConfigError, naming file and line, for an unknown setting or a value it cannot have.
    """
    team = read_team(root)
    if team is None and not git_config and not any(name.startswith("LOREFS_") for name in env):
        return Config()
    from lorefs.config.resolve import resolve

    return resolve(team, git_config, env)
