"""Settings on real files and real git configuration."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from lorefs.config import Config, Guard, load_all, load_worktree, read_git
from lorefs.config.gitsyntax import parse
from lorefs.config.keys import KEYS
from lorefs.config.teamedit import with_value, without_value
from lorefs.config.teamfile import TeamFile, new_team, read_team
from lorefs.errors import ConfigError
from tests.conftest import TOP
from tests.gitrepo import Repo


@pytest.fixture
def env() -> dict[str, str]:
    import os

    return dict(os.environ)


def load(repo: Repo, env: Mapping[str, str]) -> Config:
    git_dir = Path(repo("rev-parse", "--absolute-git-dir"))
    common_dir = repo.path / repo("rev-parse", "--git-common-dir")
    return load_worktree(repo.path, git_dir, common_dir, env)


def refusal(repo: Repo, env: Mapping[str, str]) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        load(repo, env)
    return caught.value


@pytest.fixture
def no_subprocess(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """A function after which starting any program fails the test."""

    def forbid() -> None:
        def fail(*args: object, **_: object) -> None:
            raise AssertionError(args)

        monkeypatch.setattr(subprocess.Popen, "__init__", fail)

    return forbid


# ---------------------------------------------------------------- the table


def test_every_key_has_a_field_whose_default_it_accepts() -> None:
    config = Config()
    for key in KEYS:
        assert key.kind.read(key.value(config)) == key.value(config), key.name


def test_every_field_has_a_key() -> None:
    config = Config()
    fields = {
        (section, name)
        for section in Config._fields
        if section not in {"hubs", "origins"}  # a hub is a section of its own
        for name in getattr(config, section)._fields
    }
    assert fields == {(key.section, key.attribute) for key in KEYS}


# ---------------------------------------------------------------- precedence


def test_defaults_where_nothing_is_set(repo: Repo, env: dict[str, str]) -> None:
    assert load(repo, env) == Config()


def test_environment_over_git_over_team_file(repo: Repo, env: dict[str, str]) -> None:
    repo.write(".lorefs.toml", "[guard]\ndeletionCount = 7\ndeletionShare = 0.25\n")
    assert load(repo, env).guard.deletion_count == 7
    repo("config", "lorefs.guard.deletionCount", "8")
    assert load(repo, env).guard.deletion_count == 8
    config = load(repo, {**env, "LOREFS_GUARD_DELETION_COUNT": "9"})
    assert config.guard.deletion_count == 9
    assert config.guard.deletion_share == 0.25
    assert config.origins["guard.deletionShare"].line == 3
    assert config.origins["guard.deletionCount"].where == "LOREFS_GUARD_DELETION_COUNT"


def test_pyproject_serves_where_there_is_no_file_of_our_own(
    repo: Repo, env: dict[str, str]
) -> None:
    repo.write("pyproject.toml", '[tool.lorefs.limits]\ndocumentSize = "2 MiB"\n')
    assert load(repo, env).limits.document_size == 2 << 20
    repo.write(".lorefs.toml", "")
    assert load(repo, env).limits.document_size == 16 << 20


def test_a_pyproject_of_others_is_not_even_parsed(repo: Repo, env: dict[str, str]) -> None:
    repo.write("pyproject.toml", "this is no TOML\n")
    assert load(repo, env) == Config()


# ---------------------------------------------------------------- a team file that is wrong


def test_a_shared_file_cannot_turn_sync_on(repo: Repo, env: dict[str, str]) -> None:
    repo.write(".lorefs.toml", "# shared\n\n[sync]\nenabled = true\n")
    error = refusal(repo, env)
    assert (Path(error.path or "").name, error.line) == (".lorefs.toml", 4)
    assert error.hint is not None
    assert "lorefs config set sync.enabled" in error.hint


@pytest.mark.parametrize(
    ("text", "line", "found", "hint"),
    [
        ("[guard]\ndeletionShar = 1\n", 2, "guard.deletionShar", "guard.deletionShare"),
        ("\n[guards]\ndeletionShare = 1\n", 2, "guards", "config list"),
        ("[guard]\ndeletionShare = 2\n", 2, "2", "config set guard.deletionShare"),
        ("[guard]\ndeletionShare = nan\n", 2, "nan", "config set"),
        ("[guard]\ndeletionCount = true\n", 2, "True", "config set"),
        ("guard.deletionCount = -1\n", 1, "-1", "config set"),
        ("limits = 3\n", 1, "limits", "config list"),
        ('[limits]\ndocumentSize = "many"\n', 2, "many", "config set"),
    ],
)
def test_a_wrong_setting_is_named_with_its_line(
    repo: Repo, env: dict[str, str], text: str, line: int, found: str, hint: str
) -> None:
    repo.write(".lorefs.toml", text)
    error = refusal(repo, env)
    assert (error.line, error.found) == (line, found)
    assert hint in (error.hint or "")


def test_broken_toml_is_named_with_its_line(repo: Repo, env: dict[str, str]) -> None:
    repo.write(".lorefs.toml", "[guard]\ndeletionShare = = 1\n")
    error = refusal(repo, env)
    assert (Path(error.path or "").name, error.line) == (".lorefs.toml", 2)


def test_a_file_that_is_not_utf8_is_named_with_its_line(repo: Repo, env: dict[str, str]) -> None:
    repo.write(".lorefs.toml", b"# one\n# \xff\n")
    assert refusal(repo, env).line == 2


def test_a_directory_in_place_of_the_file_is_an_error(repo: Repo, env: dict[str, str]) -> None:
    (repo.path / ".lorefs.toml").mkdir()
    assert "cannot be read" in refusal(repo, env).message


# ---------------------------------------------------------------- git's configuration


def test_git_configuration_is_read_without_starting_git(
    repo: Repo, env: dict[str, str], no_subprocess: Callable[[], None]
) -> None:
    repo("config", "lorefs.sync.enabled", "yes")
    repo("config", "lorefs.sync.ingestFrom", "refs/heads/main")
    git_dir = repo.path / ".git"
    no_subprocess()
    sync = load_worktree(repo.path, git_dir, git_dir, env).sync
    assert (sync.enabled, sync.ingest_from) == (True, "refs/heads/main")


def test_the_global_file_counts_and_the_clone_wins(repo: Repo, env: dict[str, str]) -> None:
    home = repo.path.parent / "other-home"
    home.mkdir()
    (home / ".gitconfig").write_text('[lorefs "sync"]\n\tmode = automatic\n\tremote = up\n')
    env = {**env, "HOME": str(home), "XDG_CONFIG_HOME": ""}
    del env["GIT_CONFIG_GLOBAL"]
    repo("config", "lorefs.sync.remote", "fork")
    sync = load(repo, env).sync
    assert (sync.mode, sync.remote) == ("automatic", "fork")


def test_includes_are_followed(
    repo: Repo, env: dict[str, str], no_subprocess: Callable[[], None]
) -> None:
    repo.write(".git/more", '[lorefs "sync"]\n\tremote = more\n')
    repo("config", "include.path", "more")
    no_subprocess()
    assert read_git(repo.path / ".git", repo.path / ".git", env)["sync.remote"].value == "more"


def test_a_conditional_include_without_our_keys_needs_no_git(
    repo: Repo, env: dict[str, str], no_subprocess: Callable[[], None]
) -> None:
    repo.write(".git/work", "[user]\n\tname = Somebody\n")
    repo("config", "includeIf.gitdir:~/work/.path", "work")
    no_subprocess()
    assert read_git(repo.path / ".git", repo.path / ".git", env) == {}


@pytest.mark.parametrize(("branch", "remote"), [("main", "for-main"), ("topic", "origin")])
def test_a_conditional_include_with_our_keys_is_gits_to_decide(
    repo: Repo, env: dict[str, str], branch: str, remote: str
) -> None:
    repo("checkout", "--quiet", "-b", branch, ok=False)
    repo.write(".git/work", '[lorefs "sync"]\n\tremote = for-main\n')
    repo("config", "includeIf.onbranch:main.path", "work")
    assert load(repo, env).sync.remote == remote


def test_an_include_that_includes_itself_ends(repo: Repo, env: dict[str, str]) -> None:
    repo.write(".git/loop", '[include]\n\tpath = loop\n[lorefs "sync"]\n\tremote = loop\n')
    repo.write(".git/config", repo.read(".git/config") + "[include]\n\tpath = loop\n")
    assert read_git(repo.path / ".git", repo.path / ".git", env)["sync.remote"].value == "loop"


@pytest.mark.parametrize(("extension", "remote"), [("true", "tree"), ("false", "origin")])
def test_worktree_configuration_counts_where_the_extension_is_on(
    repo: Repo, env: dict[str, str], extension: str, remote: str
) -> None:
    repo("config", "extensions.worktreeConfig", extension)
    repo.write(".git/config.worktree", '[lorefs "sync"]\n\tremote = tree\n')
    assert load(repo, env).sync.remote == remote


def test_linked_worktrees_share_the_configuration(repo: Repo, env: dict[str, str]) -> None:
    repo.commit("first")
    repo("config", "lorefs.sync.remote", "shared")
    repo("worktree", "add", "--quiet", "../linked")
    assert load(Repo(repo.path.parent / "linked"), env).sync.remote == "shared"


def test_a_setting_on_gits_command_line_counts(repo: Repo, env: dict[str, str]) -> None:
    env = {
        **env,
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "lorefs.sync.remote",
        "GIT_CONFIG_VALUE_0": "given",
    }
    assert load(repo, env).sync.remote == "given"


def test_an_unknown_key_is_named_with_its_line(repo: Repo, env: dict[str, str]) -> None:
    repo("config", "lorefs.sync.remotes", "x")
    error = refusal(repo, env)
    assert error.path == str(repo.path / ".git/config")
    assert error.line == len(repo.read(".git/config").splitlines())
    assert error.hint == "did you mean sync.remote?"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("lorefs.sync.enabled", "perhaps"),
        ("lorefs.sync.mode", "sometimes"),
        ("lorefs.sync.remote", "--upload-pack=evil"),
        ("lorefs.sync.branch", "a..b"),
        ("lorefs.sync.prefix", "../elsewhere"),
        ("lorefs.sync.prefix", "a/.git/b"),
    ],
)
def test_a_value_that_cannot_be_is_refused(
    repo: Repo, env: dict[str, str], key: str, value: str
) -> None:
    repo("config", key, value)
    assert refusal(repo, env).found == value


def test_an_unknown_variable_is_refused_and_others_are_left_alone(
    repo: Repo, env: dict[str, str]
) -> None:
    assert load(repo, {**env, "LOREFS_CORPUS": "/x"}) == Config()
    error = refusal(repo, {**env, "LOREFS_SYNC_ENABLE": "1"})
    assert error.hint == "did you mean LOREFS_SYNC_ENABLED?"


# ---------------------------------------------------------------- the same as git

# No tab within a value: whether it stays one depends on git's version.
PIECES = st.lists(
    st.sampled_from(
        [
            "a",
            "B",
            " ",
            '"',
            "\\\\",
            '\\"',
            "\\n",
            "\\t",
            "\\\n",
            "#",
            ";",
            "=",
            "[",
            "é",
            "0",
        ]
    ),
    max_size=8,
).map("".join)


@example(value="#\\\na#", spaces="", eol="\n")
@example(value="a\\\n#\\\nB", spaces=" ", eol="\n")
@given(value=PIECES, spaces=st.sampled_from(["", " ", "\t"]), eol=st.sampled_from(["\n", "\r\n"]))
@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_values_are_read_as_git_reads_them(repo: Repo, value: str, spaces: str, eol: str) -> None:
    text = f'[lorefs "sync"] remote{spaces}={spaces}{value}{eol}\tmode = x # y{eol}flag{eol}'
    file = repo.write("some.config", text)
    done = repo.run("config", "--file", str(file), "--null", "--list")
    try:
        ours = [(name, found) for name, found, _ in parse(text, "x")]
    except ConfigError:
        assert done.returncode != 0, (text, done.stdout)
        return
    assert done.returncode == 0, (text, done.stderr)
    theirs = [item.partition("\n") for item in done.stdout.split("\0")[:-1]]
    assert ours == [(name, found if mark else "true") for name, mark, found in theirs]


def test_old_and_odd_headers_are_read_as_git_reads_them(repo: Repo) -> None:
    text = '\ufeff[A.B] x = 1\n[a "B\\"\\\\ c"]\n; note\nY=2\n[q]\n'
    file = repo.write("some.config", text)
    names = repo("config", "--file", str(file), "--list", "--name-only").split("\n")
    assert [name for name, _, _ in parse(text, "x")] == names


# ---------------------------------------------------------------- editing the team's file


def team(repo: Repo) -> TeamFile:
    return read_team(repo.path) or new_team(repo.path)


def test_a_team_without_a_file_gets_one(repo: Repo) -> None:
    assert with_value(team(repo), "guard", "deletionCount", 9) == "[guard]\ndeletionCount = 9\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "[guard]\ndeletionCount = 9\n"),
        (
            "# ours\n[guard] # why\ndeletionCount = 5\n",
            "# ours\n[guard] # why\ndeletionCount = 9\n",
        ),
        ("[guard]\n\n[limits]\n", "[guard]\ndeletionCount = 9\n\n[limits]\n"),
        ("[limits]\n", "[limits]\n\n[guard]\ndeletionCount = 9\n"),
        ("guard.deletionCount = 5 # why\n", "guard.deletionCount = 9 # why\n"),
        ("guard = { deletionCount = 5 } # why\n", "guard = { deletionCount = 9 } # why\n"),
        ("[guard]\r\ndeletionCount = 5\r\n", "[guard]\r\ndeletionCount = 9\r\n"),
    ],
)
def test_one_setting_changes_and_nothing_else(repo: Repo, before: str, after: str) -> None:
    repo.write(".lorefs.toml", before)
    assert with_value(team(repo), "guard", "deletionCount", 9) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("[guard]\ndeletionCount = 5\n", ""),
        ("[guard]\ndeletionCount = 5\n\n[limits] # why\na = 1\n", "[limits] # why\na = 1\n"),
        ("[guard]\na = 1 # why\ndeletionCount = 5\n", "[guard]\na = 1 # why\n"),
        ("guard.deletionCount = 5\nguard.a = 1\n", "guard.a = 1\n"),
    ],
)
def test_a_setting_goes_and_nothing_else(repo: Repo, before: str, after: str) -> None:
    repo.write(".lorefs.toml", before)
    assert without_value(team(repo), "guard", "deletionCount") == after


def test_an_edit_that_cannot_be_made_is_refused(repo: Repo) -> None:
    repo.write(".lorefs.toml", "# ours\nguard = 5\n")
    with pytest.raises(ConfigError) as caught:
        with_value(team(repo), "guard", "deletionCount", 9)
    assert caught.value.hint == "set `deletionCount = 9` under [guard] in an editor"
    assert caught.value.line == 2


def test_pyproject_is_edited_under_its_own_table(repo: Repo) -> None:
    repo.write(
        "pyproject.toml", '[project]\nname = "x"\n\n[tool.lorefs.guard]\ndeletionCount = 1\n'
    )
    text = with_value(team(repo), "guard", "deletionCount", 2)
    assert text.endswith("[tool.lorefs.guard]\ndeletionCount = 2\n")
    assert without_value(team(repo), "guard", "deletionCount") == '[project]\nname = "x"\n\n'


def test_nothing_is_loaded_that_only_settings_need(repo: Repo, env: dict[str, str]) -> None:
    code = (
        "import os, sys; from pathlib import Path; from lorefs.config import load_worktree\n"
        "load_worktree(Path(), Path('.git'), Path('.git'), {'HOME': os.environ['HOME']})\n"
        "unwanted = {'tomllib', 'tomlkit', 'subprocess', 'difflib', 'lorefs.config.keys'}\n"
        "print(unwanted & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=repo.path,
        env={**env, "PYTHONPATH": str(TOP)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "set()\n"


# ---------------------------------------------------------------- lists, and all mistakes at once


def test_codes_are_lists_in_toml_and_words_elsewhere(repo: Repo, env: dict[str, str]) -> None:
    repo.write(".lorefs.toml", '[check]\nselect = ["lore1", " LORE301 "]\nentryLength = 900\n')
    check = load(repo, env).check
    assert check.select == ("LORE1", "LORE301")
    assert check.entry_length == 900
    repo("config", "lorefs.check.select", "LORE5, LORE602")
    assert load(repo, env).check.select == ("LORE5", "LORE602")
    assert load(repo, {**env, "LOREFS_CHECK_SELECT": ""}).check.select == ()


@pytest.mark.parametrize("value", ['"LORE9"', "[7]", '["LORE1", "all"]', "true", '["E501"]'])
def test_what_is_no_code_is_refused(repo: Repo, env: dict[str, str], value: str) -> None:
    repo.write(".lorefs.toml", f"[check]\nignore = {value}\n")
    assert refusal(repo, env).line == 2


def test_a_list_is_set_and_read_back(repo: Repo) -> None:
    text = with_value(team(repo), "check", "ignore", ("LORE1", "LORE301"))
    assert text == '[check]\nignore = ["LORE1", "LORE301"]\n'
    repo.write(".lorefs.toml", text)
    again = with_value(team(repo), "check", "ignore", ("LORE5",))
    assert again == '[check]\nignore = ["LORE5"]\n'


def test_all_mistakes_are_told_and_the_rest_holds(repo: Repo, env: dict[str, str]) -> None:
    repo.write(".lorefs.toml", "[guard]\ndeletionCount = -1\ndeletionShare = 0.25\nx = 1\n[y]\n")
    repo("config", "lorefs.sync.mode", "sometimes")
    git_dir = repo.path / ".git"
    config, mistakes = load_all(repo.path, git_dir, git_dir, env)
    assert config.guard == Guard(deletion_share=0.25)
    places = [(Path(each.path or "").name, each.line) for each in mistakes]
    assert sorted(places[:3]) == [(".lorefs.toml", 2), (".lorefs.toml", 4), (".lorefs.toml", 5)]
    assert [name for name, _ in places[3:]] == ["config"]
    repo.write(".lorefs.toml", "[guard\n")
    assert load_all(repo.path, git_dir, git_dir, env)[1][0].line == 1
