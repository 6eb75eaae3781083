"""The author of a commit is whom git would name."""

from __future__ import annotations

import os

import pytest

from lorefs.repo import Git, locate
from lorefs.repo.identity import author
from tests.gitrepo import Repo

NAMES = ("GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL")


def git_in(repo: Repo, env: dict[str, str]) -> Git:
    own = {name: value for name, value in os.environ.items() if name not in NAMES}
    return Git(locate(repo.path), own | env)


def said_by_git(git: Git) -> tuple[str, str]:
    name, _, rest = git.text("var", "GIT_AUTHOR_IDENT", allowed=(0, 128)).partition(" <")
    return name, rest.partition(">")[0]


@pytest.mark.parametrize(
    "env",
    [
        {},
        {"GIT_AUTHOR_NAME": "Of The Environment"},
        {"GIT_AUTHOR_EMAIL": "env@example.invalid"},
        {"GIT_AUTHOR_NAME": ""},
    ],
)
@pytest.mark.parametrize(
    "config",
    [
        {"user.name": "Plain", "user.email": "plain@example.invalid"},
        {"user.name": "Plain", "user.email": "p@x.invalid", "author.name": "As Author"},
        {"user.name": "Plain", "user.email": "p@x.invalid", "author.email": "author@x.invalid"},
        {"user.name": " Dr. Crud, Jr. ", "user.email": "<p@x.invalid>"},
        {"user.name": "J. \u00d6hm <x>", "user.email": "p@x.invalid."},
        {"user.name": "X", "user.email": "p"},
        {"user.name": "...", "user.email": "p@x.invalid"},
        {"user.email": "p@x.invalid"},
    ],
)
def test_the_author_is_whom_git_names(
    repo: Repo, config: dict[str, str], env: dict[str, str]
) -> None:
    for part in ("name", "email"):
        repo("config", "--unset-all", f"user.{part}", ok=False)
    for name, value in config.items():
        repo("config", name, value)
    git = git_in(repo, env)
    assert author(git) == said_by_git(git)


def test_the_last_of_several_values_holds(repo: Repo) -> None:
    repo("config", "user.name", "First")
    repo("config", "--add", "user.name", "Last")
    assert author(git_in(repo, {}))[0] == "Last"


def test_settings_are_asked_for_once(repo: Repo) -> None:
    git = git_in(repo, {})
    repo("config", "user.email", "before@x.invalid")
    assert git.configured("core.sshcommand") == ""
    repo("config", "user.email", "after@x.invalid")
    assert git.configured("user.email") == "before@x.invalid"
    git.settings.clear()
    assert git.configured("user.email") == "after@x.invalid"
