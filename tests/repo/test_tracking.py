"""What git makes of lore documents, in all kinds of worktrees."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from lorefs.errors import GitError
from lorefs.repo import Git, Seen, Tracking, discover, locate, observe_tracking
from lorefs.repo import tracking as tracking_module
from tests.gitrepo import Repo

Make = Callable[..., Repo]
NAMES = (".lore.md", ".lore.local.md", ".lore.review.md")


def git_in(repo: Repo) -> Git:
    return Git(locate(repo.path), os.environ)


def tracking(repo: Repo, *paths: str) -> Tracking:
    return observe_tracking(git_in(repo), repo("rev-parse", "--verify", "HEAD", ok=False), paths)


def test_nothing_asked_nothing_told(repo: Repo) -> None:
    assert tracking(repo) == Tracking(frozenset(), frozenset(), frozenset())


def test_in_head_in_the_index_ignored_and_neither(repo: Repo) -> None:
    repo.write(".gitignore", ".lore.local.md\nignored/\n*.ignored\n")
    repo.commit("first", **{"a/.lore.md": "a\n"})
    repo.write("ignored/.lore.md", "x\n")
    repo.write("staged/.lore.md", "x\n")
    repo.write("forced.ignored", "x\n")
    repo("add", "staged")
    repo("add", "--force", "forced.ignored")
    found = tracking(
        repo, "a/.lore.md", ".lore.local.md", "b/.lore.local.md", "ignored/.lore.md",
        "staged/.lore.md", "forced.ignored", "new/.lore.md",
    )  # fmt: skip
    assert found.in_head == {"a/.lore.md"}
    assert found.ignored == {".lore.local.md", "b/.lore.local.md", "ignored/.lore.md"}
    assert found.unmerged == frozenset()


def test_what_was_seen_is_told_again_only_where_it_still_holds(repo: Repo) -> None:
    seen = Seen()

    def look() -> Tracking:
        head = repo("rev-parse", "--verify", "HEAD", ok=False)
        found = observe_tracking(git_in(repo), head, NAMES, seen)
        assert observe_tracking(git_in(repo), head, NAMES, seen) == found
        assert tracking(repo, *NAMES) == found
        return found

    assert look() == Tracking(frozenset(), frozenset(), frozenset())
    repo.commit("base", **{".lore.md": "base\n"})
    assert look().in_head == {".lore.md"}
    repo("switch", "--quiet", "--create", "topic")
    repo.commit("theirs", **{".lore.md": "theirs\n"})
    repo("switch", "--quiet", "main")
    repo.commit("ours", **{".lore.md": "ours\n"})
    look()
    repo("merge", "topic", ok=False)
    assert look().unmerged == {".lore.md"}
    repo("add", ".lore.md")
    assert look().unmerged == frozenset()
    repo("rm", "--quiet", "--cached", "--force", ".lore.md")
    repo.write(".gitignore", ".lore.md\n")
    assert look().ignored == {".lore.md"}
    repo("commit", "--quiet", "--message", "gone")
    assert look().in_head == frozenset()


def test_an_unborn_branch_tracks_nothing(repo: Repo) -> None:
    repo.write(".lore.md", "x\n")
    repo("add", ".lore.md")
    assert tracking(repo, ".lore.md").in_head == frozenset()


def test_exclude_files_of_the_clone_and_the_user_count(repo: Repo, tmp_path: Path) -> None:
    repo.write(".git/info/exclude", "/.lore.local.md\n")
    (tmp_path / "excludes").write_text(".lore.review.md\n")
    repo("config", "core.excludesFile", str(tmp_path / "excludes"))
    assert tracking(repo, *NAMES).ignored == {".lore.local.md", ".lore.review.md"}


def test_an_unmerged_document(repo: Repo) -> None:
    repo.commit("base", **{".lore.md": "base\n", "a/.lore.md": "a\n"})
    repo("switch", "--quiet", "--create", "topic")
    repo.commit("theirs", **{".lore.md": "theirs\n"})
    repo("switch", "--quiet", "main")
    repo.commit("ours", **{".lore.md": "ours\n"})
    repo("merge", "topic", ok=False)
    assert tracking(repo, ".lore.md", "a/.lore.md").unmerged == {".lore.md"}
    assert tracking(repo, "a/.lore.md").unmerged == frozenset()
    repo("add", ".lore.md")
    assert tracking(repo, ".lore.md").unmerged == frozenset()


def test_a_stash_that_clashes_leaves_a_document_unmerged(repo: Repo) -> None:
    repo.commit("base", **{".lore.md": "base\n"})
    repo.write(".lore.md", "stashed\n")
    repo("stash", "--quiet")
    repo.commit("ours", **{".lore.md": "ours\n"})
    repo("stash", "pop", ok=False)
    assert tracking(repo, ".lore.md").unmerged == {".lore.md"}


ODD = [":x/.lore.md", "*/.lore.md", "a b/.lore.md", "caf\udce9/.lore.md", "new\nline/.lore.md",
       "-x/.lore.md", '"quoted"/.lore.md', "back\\slash/.lore.md", "ü/.lore.md"]  # fmt: skip


@pytest.mark.parametrize("name", ODD, ids=ascii)
def test_names_that_could_be_taken_for_something_else(repo: Repo, name: str) -> None:
    repo.commit("first", **{name: "x\n", "other/.lore.md": "x\n"})
    repo.write(f"ignored/{name}", "x\n")
    repo.write(".gitignore", "/ignored\n")
    found = tracking(repo, name, f"ignored/{name}", f"new/{name}")
    assert found.in_head == {name}
    assert found.ignored == {f"ignored/{name}"}
    assert discover(git_in(repo)) == {name, "other/.lore.md"}


def test_more_paths_than_a_command_line_takes(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = [f"{number:04}/{'x' * 200}/.lore.md" for number in range(50)]
    repo.commit("first", **dict.fromkeys(paths, "x\n"))
    monkeypatch.setattr(tracking_module, "_BATCH", 1000)
    assert tracking(repo, *paths, "new/.lore.md").in_head == set(paths)


@pytest.mark.parametrize("what", ["a link", "a submodule"])
def test_one_path_outside_of_the_worktree_does_not_hide_the_others(
    make_repo: Make, tmp_path: Path, what: str
) -> None:
    repo = make_repo("repo")
    repo.commit("first", **{".gitignore": ".lore.local.md\n"})
    if what == "a link":
        (tmp_path / "outside").mkdir()
        (repo.path / "sub").symlink_to(tmp_path / "outside")
    else:
        make_repo("inner").commit("first", a="a\n")
        repo("submodule", "add", "--quiet", "../inner", "sub")
    assert tracking(repo, ".lore.local.md", "sub/.lore.md", "a/.lore.local.md").ignored == {
        ".lore.local.md", "a/.lore.local.md",
    }  # fmt: skip


# ---- discover


def test_documents_are_found_everywhere(repo: Repo) -> None:
    repo.write(".gitignore", ".lore.local.md\n")
    repo.commit("first", **{".lore.md": "x\n", "a/b/.lore.review.md": "x\n"})
    for name in ("new/.lore.md", ".lore.local.md", "a/.lore.local.md", "new/deep/.lore.local.md"):
        repo.write(name, "x\n")
    repo.write("a/lore.md", "of another name\n")
    assert discover(git_in(repo)) == {
        ".lore.md", "a/b/.lore.review.md", "new/.lore.md",
        ".lore.local.md", "a/.lore.local.md", "new/deep/.lore.local.md",
    }  # fmt: skip


def test_ignored_directories_are_left_out_unless_git_tracks_a_document_there(repo: Repo) -> None:
    repo.write(".gitignore", "build/\n")
    repo.write("build/a/.lore.md", "x\n")
    repo.write("build/b/.lore.md", "x\n")
    repo("add", "--force", "build/b/.lore.md")
    assert discover(git_in(repo)) == {"build/b/.lore.md"}


def test_nested_repositories_and_submodules_are_left_out(make_repo: Make) -> None:
    make_repo("inner").commit("first", **{".lore.md": "x\n"})
    repo = make_repo("outer")
    repo("submodule", "add", "--quiet", "../inner", "sub")
    make_repo("outer/nested").commit("first", **{".lore.md": "x\n"})
    repo.write("nested/.lore.local.md", "x\n")
    repo.write(".lore.md", "x\n")
    assert discover(git_in(repo)) == {".lore.md"}


def test_a_linked_worktree_inside_is_left_out(repo: Repo) -> None:
    repo.commit("first", **{".lore.md": "x\n"})
    repo("worktree", "add", "--quiet", "trees/other")
    assert discover(git_in(repo)) == {".lore.md"}
    assert discover(git_in(Repo(repo.path / "trees" / "other"))) == {".lore.md"}


def test_links_are_named_but_not_followed(repo: Repo, tmp_path: Path) -> None:
    """What reads them refuses them by name; a directory behind a link is not looked into."""
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / ".lore.md").write_text("x\n")
    (repo.path / "linked").symlink_to(tmp_path / "outside")
    (repo.path / ".lore.md").symlink_to(tmp_path / "outside" / ".lore.md")
    (repo.path / "a").mkdir()
    (repo.path / "a" / ".lore.md").symlink_to("nowhere")
    assert discover(git_in(repo)) == {".lore.md", "a/.lore.md"}


def test_a_document_that_is_not_there_is_not_found(repo: Repo) -> None:
    repo.commit("first", **{"a/.lore.md": "x\n", "b/.lore.md": "x\n"})
    (repo.path / "a" / ".lore.md").unlink()
    assert discover(git_in(repo)) == {"b/.lore.md"}


def test_a_sparse_checkout(repo: Repo) -> None:
    repo.commit("first", **{"a/.lore.md": "x\n", "b/.lore.md": "x\n", ".lore.md": "x\n"})
    repo("sparse-checkout", "set", "--cone", "--sparse-index", "a")
    assert discover(git_in(repo)) == {".lore.md", "a/.lore.md"}
    assert tracking(repo, "b/.lore.md").in_head == {"b/.lore.md"}


def test_a_shallow_clone(repo: Repo, tmp_path: Path) -> None:
    repo.commit("first")
    repo.commit("second", **{".lore.md": "x\n"})
    clone = tmp_path / "shallow"
    repo("clone", "--quiet", "--depth=1", f"file://{repo.path}", str(clone))
    shallow = Repo(clone)
    assert discover(git_in(shallow)) == {".lore.md"}
    assert tracking(shallow, ".lore.md").in_head == {".lore.md"}


def test_line_ends_that_git_converts(repo: Repo) -> None:
    repo("config", "core.autocrlf", "true")
    repo.commit("first", **{".lore.md": "a\r\nb\r\n"})
    assert git_in(repo).blob("HEAD", ".lore.md") == b"a\nb\n"
    assert repo.read(".lore.md") == "a\r\nb\r\n"
    assert tracking(repo, ".lore.md").in_head == {".lore.md"}


def test_a_split_index_and_an_untracked_cache(repo: Repo) -> None:
    repo.commit("first", **{".lore.md": "x\n"})
    repo("update-index", "--split-index", "--untracked-cache")
    repo.write("a/.lore.md", "x\n")
    assert discover(git_in(repo)) == {".lore.md", "a/.lore.md"}


def test_looking_changes_nothing(repo: Repo) -> None:
    repo.commit("first", **{".lore.md": "x\n"})
    repo.write(".lore.md", "y\n")
    before = {path: path.read_bytes() for path in repo.path.rglob("*") if path.is_file()}
    discover(git_in(repo))
    tracking(repo, ".lore.md", "a/.lore.md")
    after = {path: path.read_bytes() for path in repo.path.rglob("*") if path.is_file()}
    assert before == after


def test_what_another_process_noted_is_not_asked_for(repo: Repo, tmp_path: Path) -> None:
    repo.commit("base", **{"a/.lore.md": "base\n", "b/\udcff.lore.md": "odd\n"})
    head, paths = repo("rev-parse", "HEAD"), ("a/.lore.md", "b/\udcff.lore.md", "c/.lore.md")
    seen, again = Seen(), Seen()
    found = observe_tracking(git_in(repo), head, paths, seen)
    again.recall(seen.noted())
    assert again.noted() == seen.noted()
    script = tmp_path / "git"  # that knows neither trees nor the index, nor what is ignored
    words = 'for a; do case "$a" in ls-tree|ls-files|check-ignore) exit 9; esac; done'
    script.write_text(f'#!/bin/sh\n{words}\nexec "{shutil.which("git")}" "$@"\n')
    script.chmod(0o755)
    blind = Git(git_in(repo).paths, {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"})
    assert observe_tracking(blind, head, paths, again) == found
    assert observe_tracking(blind, head, paths[:1], again).in_head == {"a/.lore.md"}
    with pytest.raises(GitError):
        observe_tracking(blind, head, ("d/.lore.md",), again)


@pytest.mark.parametrize("file", [
    ".gitignore", "a/.gitignore", "a/b/.gitignore", ".git/info/exclude", "HOME", "XDG", "config",
])  # fmt: skip
def test_rules_that_change_are_asked_for_again(repo: Repo, tmp_path: Path, file: str) -> None:
    repo.commit("first", **{"code": "x\n", "a/b/code": "x\n"})
    home = tmp_path / "home"
    env = {**os.environ, "HOME": str(home), "XDG_CONFIG_HOME": ""}
    places = {"HOME": home / ".config/git/ignore", "XDG": home / "xdg/git/ignore"}
    rules = places.get(file, repo.path / file)
    if file == "XDG":
        env["XDG_CONFIG_HOME"] = str(home / "xdg")
    if file == "config":
        rules = home / "mine"
        repo("config", "core.excludesFile", "~/mine")
    rules.parent.mkdir(parents=True, exist_ok=True)
    head, path = repo("rev-parse", "HEAD"), "a/b/.lore.md"
    seen = Seen()

    def is_ignored() -> bool:
        again = Seen()
        again.recall(seen.noted())
        found = observe_tracking(Git(locate(repo.path), env), head, [path], seen).ignored
        other = observe_tracking(Git(locate(repo.path), env), head, [path], again).ignored
        assert found == other
        return path in found

    assert not is_ignored()
    rules.write_text(".lore.md\n")
    assert is_ignored()
    assert is_ignored()
    rules.write_text(".lore.mx\n")
    assert not is_ignored()
    rules.write_text(".lore.md\n")
    assert is_ignored()
    rules.unlink()
    assert not is_ignored()


def test_a_document_that_the_index_holds_is_not_ignored_any_more(repo: Repo) -> None:
    repo.commit("first", **{".gitignore": ".lore.md\n"})
    head, seen = repo("rev-parse", "HEAD"), Seen()
    repo.write(".lore.md", "x\n")
    assert observe_tracking(git_in(repo), head, [".lore.md"], seen).ignored == {".lore.md"}
    repo("add", "--force", ".lore.md")
    assert observe_tracking(git_in(repo), head, [".lore.md"], seen).ignored == frozenset()


@pytest.mark.parametrize("name", ["", "%(prefix)/ignore", "relative"])
def test_rules_whose_place_git_alone_knows_are_asked_for_each_time(repo: Repo, name: str) -> None:
    repo.commit("first", code="x\n")
    repo("config", "core.excludesFile", name)
    head, seen = repo("rev-parse", "HEAD"), Seen()
    observe_tracking(git_in(repo), head, [".lore.md"], seen)
    assert bool(seen.ignored) is (name == "")
