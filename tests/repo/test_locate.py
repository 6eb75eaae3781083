"""The repository around a directory, found by files alone, and compared with what git finds."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from lorefs.errors import NotARepositoryError
from lorefs.repo import GitPaths, locate
from lorefs.repo.layout import read_layout
from tests.gitrepo import Repo

Make = Callable[..., Repo]


def git_says(repo: Repo) -> GitPaths:
    """The paths that git itself finds from a directory."""
    options = ("--path-format=absolute", "--show-toplevel", "--git-dir", "--git-common-dir")
    return GitPaths(*map(Path, repo("rev-parse", *options).split("\n")))


def refusal(start: Path) -> NotARepositoryError:
    with pytest.raises(NotARepositoryError) as caught:
        locate(start)
    assert caught.value.hint, "a refusal names a remedy"
    return caught.value


def test_the_top_and_below(repo: Repo) -> None:
    below = repo.path / "a" / "b"
    below.mkdir(parents=True)
    assert locate(repo.path) == locate(below) == git_says(repo)


def test_a_linked_worktree(repo: Repo, tmp_path: Path) -> None:
    repo.commit("first")
    repo("worktree", "add", "--quiet", str(tmp_path / "linked"))
    linked = Repo(tmp_path / "linked")
    assert locate(linked.path) == git_says(linked)
    assert locate(linked.path).common_dir == repo.path / ".git"
    assert locate(linked.path).lorefs_dir != locate(repo.path).lorefs_dir


def test_a_linked_worktree_of_a_bare_repository(make_repo: Make, tmp_path: Path) -> None:
    make_repo().commit("first")
    bare = Repo(tmp_path / "repo").clone(tmp_path / "bare.git", "--bare")
    bare("worktree", "add", "--quiet", str(tmp_path / "linked"))
    linked = Repo(tmp_path / "linked")
    assert locate(linked.path) == git_says(linked)
    refusal(bare.path)
    refusal(bare.path / "refs" / "heads")


def test_a_bare_repository_behind_a_file(make_repo: Make, tmp_path: Path) -> None:
    """People keep `.bare` and a `.git` file that leads to it, beside their worktrees."""
    make_repo().commit("first")
    Repo(tmp_path / "repo").clone(tmp_path / "project" / ".bare", "--bare")
    project = Repo(tmp_path / "project")
    project.write(".git", "gitdir: ./.bare\n")
    assert "bare" in refusal(project.path).message
    project("worktree", "add", "--quiet", "main")
    assert locate(project.path / "main") == git_says(Repo(project.path / "main"))


def test_a_submodule(make_repo: Make) -> None:
    make_repo("inner").commit("first", a="a\n")
    outer = make_repo("outer")
    outer("submodule", "add", "--quiet", "../inner", "sub")
    sub = Repo(outer.path / "sub")
    assert locate(sub.path) == git_says(sub)
    assert locate(sub.path).git_dir == outer.path / ".git" / "modules" / "sub"


def test_a_separate_git_directory(tmp_path: Path, make_repo: Make) -> None:
    repo = make_repo("repo", f"--separate-git-dir={tmp_path / 'elsewhere.git'}")
    assert locate(repo.path) == git_says(repo)


def test_a_git_directory_behind_a_link(repo: Repo, tmp_path: Path) -> None:
    (repo.path / ".git").rename(tmp_path / "moved.git")
    (repo.path / ".git").symlink_to(tmp_path / "moved.git")
    assert locate(repo.path).git_dir == tmp_path / "moved.git"
    assert repo("rev-parse", "--show-toplevel") == str(locate(repo.path).worktree)


def test_a_directory_that_is_reached_by_a_link(repo: Repo, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(repo.path)
    assert locate(tmp_path / "link") == locate(repo.path)


def test_a_head_that_is_a_symbolic_link(repo: Repo) -> None:
    head = repo.path / ".git" / "HEAD"
    head.unlink()
    head.symlink_to("refs/heads/main")  # as git made them before 2005, on an unborn branch
    assert locate(repo.path) == git_says(repo)


def test_a_nested_repository_is_the_nearer_one(make_repo: Make) -> None:
    make_repo("outer")
    inner = make_repo("outer/inner")
    assert locate(inner.path) == git_says(inner)


def test_what_only_looks_like_a_repository_is_passed_by(repo: Repo) -> None:
    (repo.path / "a" / ".git").mkdir(parents=True)
    (repo.path / "a" / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
    assert locate(repo.path / "a").worktree == repo.path
    assert Repo(repo.path / "a")("rev-parse", "--show-toplevel") == str(repo.path)


def test_variables_that_a_hook_has_do_not_mislead(
    make_repo: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo, other = make_repo("repo"), make_repo("other")
    monkeypatch.setenv("GIT_DIR", str(other.path / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(other.path))
    assert locate(repo.path).worktree == repo.path


@pytest.mark.parametrize("inside", [".git", ".git/hooks", ".git/refs/heads"])
def test_inside_of_a_git_directory(repo: Repo, inside: str) -> None:
    assert "git directory" in refusal(repo.path / inside).message


def test_outside_of_any_repository(tmp_path: Path) -> None:
    assert "not inside" in refusal(tmp_path).message
    assert "not inside" in refusal(tmp_path / "not" / "there").message


@pytest.mark.parametrize(
    "pointer",
    [b"", b"\n", b"gitdir:\n", b"gitdir: \n", b"GITDIR: .git\n", b"gitdir: a\0b\n", b"\xff\xfe",
     b"gitdir: /nowhere/at/all\n", b"gitdir: .\n", b"gitdir: ../repo/.git/x\n", b"x" * 100_000],
    ids=repr,
)  # fmt: skip
def test_a_file_that_leads_nowhere_stops_the_walk_as_in_git(repo: Repo, pointer: bytes) -> None:
    inner = Repo(repo.path / "inner")
    repo.write("inner/.git", pointer)
    assert inner.run("rev-parse", "--show-toplevel").returncode == 128
    assert "inner/.git" in refusal(inner.path).message


def test_hostile_pointers_of_a_worktree(repo: Repo, tmp_path: Path) -> None:
    repo.commit("first")
    repo("worktree", "add", "--quiet", str(tmp_path / "linked"))
    common = locate(tmp_path / "linked").git_dir / "commondir"
    for damage in (b"", b"\xff\n", b"../\0\n", b"/nowhere\n", b"x" * 100_000):
        common.write_bytes(damage)
        refusal(tmp_path / "linked")


def test_a_loop_of_links(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    refusal(tmp_path / "a")


def test_refs_that_are_no_files_are_refused_with_the_remedy(repo: Repo) -> None:
    config = repo.path / ".git" / "config"
    repo("config", "core.repositoryFormatVersion", "1")
    with config.open("a") as file:
        file.write("[extensions]\n\trefStorage = reftable\n")
    error = refusal(repo.path)
    assert "reftable" in error.message
    assert "git refs migrate" in (error.hint or "")


@pytest.mark.parametrize("refs", ["files", "FILES", '"files"  # as ever', "files:///refs"])
def test_refs_that_are_files(repo: Repo, refs: str) -> None:
    with (repo.path / ".git" / "config").open("a") as file:
        file.write(f"[extensions] refStorage = {refs}\n")
    assert locate(repo.path).worktree == repo.path


def test_sha256(make_repo: Make) -> None:
    repo = make_repo("repo", "--object-format=sha256")
    assert locate(repo.path) == git_says(repo)


def test_a_worktree_that_is_not_where_its_git_directory_is(repo: Repo, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    repo("config", "core.worktree", "../../elsewhere")
    assert "core.worktree" in refusal(repo.path).message
    repo("config", "core.worktree", str(repo.path))
    assert locate(repo.path).worktree == repo.path


def test_configuration_of_a_worktree(repo: Repo, tmp_path: Path) -> None:
    """With the extension on, `core.bare` of the main one is in a file of its own."""
    repo.commit("first")
    repo("worktree", "add", "--quiet", str(tmp_path / "linked"))
    repo("config", "extensions.worktreeConfig", "true")
    repo("config", "--worktree", "core.bare", "true")
    assert "bare" in refusal(repo.path).message
    assert locate(tmp_path / "linked") == git_says(Repo(tmp_path / "linked"))


CONFIGS = {
    "[core]\n\tbare = true\n": "true",
    "[core]\n\tbare\n": "true",
    "[CORE] Bare = Yes ; a comment\n": "true",
    '[core]\n\tbare = "true" # a comment\n': "true",
    "[core]\n\t# bare = true\n": "",
    '[core "bare"]\n\tbare = true\n': "",
    "[other]\n\tbare = true\n": "",
    "[core]\n\tbare = true\n\tbare = false\n": "",
}


@pytest.mark.parametrize(("config", "expected"), CONFIGS.items())
def test_the_file_is_read_as_git_reads_it(tmp_path: Path, config: str, expected: str) -> None:
    path = tmp_path / "config"
    path.write_text(config)
    says = Repo(tmp_path)("config", "--file", str(path), "--type=bool", "core.bare", ok=False)
    assert says.removeprefix("false") == expected
    assert read_layout(tmp_path, tmp_path).bare == bool(expected)


def test_a_worktree_path_with_quotes(tmp_path: Path) -> None:
    path = tmp_path / "config"
    Repo(tmp_path)("config", "--file", str(path), "core.worktree", 'a "b" # c')
    assert read_layout(tmp_path, tmp_path).worktree == 'a "b" # c'


def test_a_configuration_that_cannot_be_read(tmp_path: Path) -> None:
    for damage in (b"\xff\0[core", b"[core\nbare", os.urandom(1000)):
        (tmp_path / "config").write_bytes(damage)
        assert read_layout(tmp_path, tmp_path).refs == "files"
