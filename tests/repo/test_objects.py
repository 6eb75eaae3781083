"""The object database, through libgit2 and through git: one contract for both."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lorefs.errors import GitError
from lorefs.repo import Git, locate
from lorefs.repo.libgit import LibgitObjects
from lorefs.repo.objects import Leaf, Objects, RefMovedError, Signature, open_objects
from lorefs.repo.plumbing import PlumbingObjects
from tests.gitrepo import Repo

REF = "refs/heads/lorefs-sync"
ADA = Signature("Ada Example", "ada@example.invalid", 1_700_000_000, 330)
BOT = Signature("lorefs", "lorefs@example.invalid", 1_700_000_100, -90)


@pytest.fixture(params=["libgit2", "git", "git with sha256"])
def objects(request: pytest.FixtureRequest, make_repo: Callable[..., Repo]) -> Iterator[Objects]:
    sha256 = ("--object-format=sha256",) if "sha256" in request.param else ()
    repo = make_repo("objects", *sha256)
    found = open_objects(Git(locate(repo.path), {}), plumbing=request.param == "git")
    assert isinstance(found, LibgitObjects if request.param == "libgit2" else PlumbingObjects)
    yield found
    found.close()


def commit(objects: Objects, tree: str, *parents: str, message: str = "one\n") -> str:
    return objects.write_commit(tree, parents, message, ADA, BOT)


def test_what_is_written_is_read(objects: Objects) -> None:
    tree = objects.write_tree(None, {".lore.md": b"a\r\n", "docs/ä/.lore.md": b"b"})
    oid = commit(objects, tree, message="Add 'a'\n\nDevice: 1\n")
    found = objects.commit(oid)
    assert found[1:4] == (tree, (), "Add 'a'\n\nDevice: 1\n")
    assert (found.author, found.committer) == (ADA, BOT)
    leaves = objects.leaves(tree)
    assert [*leaves] == [".lore.md", "docs/ä/.lore.md"]
    oids = [leaf.oid for leaf in leaves.values()]
    assert [*objects.blobs(oids).values()] == [b"a\r\n", b"b"]
    assert [*objects.sizes(oids).values()] == [3, 1]


def test_a_tree_is_changed_path_by_path(objects: Objects) -> None:
    first = objects.write_tree(None, {"a": b"1", "b/c/d": b"2", "b/e": b"3"})
    second = objects.write_tree(first, {"a": b"new", "b/c/d": None, "f/g": b"4"})
    assert [*objects.leaves(second)] == ["a", "b/e", "f/g"]
    assert {*objects.leaves(second, first)} == {"a", "f/g"}
    assert {*objects.leaves(first, second)} == {"a", "b/c/d"}
    assert objects.write_tree(second, {"a": b"1", "b/c/d": b"2", "f/g": None}) == first
    assert objects.leaves(objects.write_tree(first, {"a": None, "b/c/d": None, "b/e": None})) == {}


def test_names_may_be_any_bytes(objects: Objects) -> None:
    names = ["a\udcff/x", "a\nb/x", "a\x1b/x", "\udcfe", "a.b/x", "a/x", "a-b"]
    first = objects.write_tree(None, dict.fromkeys(names, b"1"))
    assert {*objects.leaves(first)} == {*names}
    assert {*objects.leaves_at(first, names)} == {*names}
    # git's own order, whichever name comes first, and with directories among the others
    assert first == objects.write_tree(
        objects.write_tree(None, dict.fromkeys(names[3:], b"1")), dict.fromkeys(names[:3], b"1")
    )
    second = objects.write_tree(first, {names[0]: b"2", names[3]: None})
    assert {*objects.leaves(second, first)} == {names[0]}
    assert {*objects.leaves(second)} == {*names} - {names[3]}
    without = objects.write_tree(first, dict.fromkeys([names[0], names[3]]))
    assert without == objects.write_tree(
        None, {name: b"1" for name in names if name not in {names[0], names[3]}}
    )


def test_a_file_takes_the_place_of_a_directory_and_back(objects: Objects) -> None:
    files = objects.write_tree(None, {"a/b": b"1"})
    file = objects.write_tree(files, {"a/b": None, "a": b"2"})
    assert [*objects.leaves(file)] == ["a"]
    assert objects.write_tree(file, {"a/b": b"1"}) == files


def test_leaves_at_paths_are_those_of_all(objects: Objects) -> None:
    files = {"a": b"1", "b/c/d": b"2", "b/e": b"3", "f/\xe9*": b"4"}
    tree = objects.write_tree(None, files)
    leaves = objects.leaves(tree)
    wanted = ["f/\xe9*", "a", "b/c", "b/c/d", "a/x", "b/c/d/e", "none", "g/h", "b/*"]
    assert [*objects.leaves_at(tree, wanted).items()] == [
        (path, leaves[path]) for path in wanted if path in leaves
    ]
    assert [*objects.leaves_at(tree, wanted)] == ["f/\xe9*", "a", "b/c/d"]
    assert objects.leaves_at(tree, []) == {}


def test_a_ref_moves_only_from_where_it_is_thought_to_be(objects: Objects) -> None:
    tree = objects.write_tree(None, {})
    one = commit(objects, tree)
    two = commit(objects, tree, one, message="two\n")
    assert objects.tip(REF) is None
    objects.move(REF, one, None, "test")
    with pytest.raises(RefMovedError):
        objects.move(REF, two, None, "test")
    objects.move(REF, two, one, "test")
    with pytest.raises(RefMovedError):
        objects.move(REF, one, one, "test")
    assert objects.tip(REF) == two
    objects.drop(REF)
    objects.drop(REF)
    assert objects.tip(REF) is None


def test_a_locked_ref_counts_as_moved(objects: Objects, tmp_path: Path) -> None:
    tree = objects.write_tree(None, {})
    one = commit(objects, tree)
    objects.move(REF, one, None, "test")
    two = commit(objects, tree, one)
    lock = tmp_path / "objects" / ".git" / f"{REF}.lock"
    lock.touch()
    with pytest.raises(RefMovedError, match="cannot be moved") as caught:
        objects.move(REF, two, one, "test")
    assert f"{REF}.lock" in (caught.value.hint or ""), "it may be left over"
    lock.unlink()
    objects.move(REF, two, one, "test")


def test_ancestry(objects: Objects) -> None:
    tree = objects.write_tree(None, {})
    root = commit(objects, tree)
    left = commit(objects, tree, root, message="left\n")
    right = commit(objects, tree, root, message="right\n")
    merge = commit(objects, tree, left, right, message="merge\n")
    other = commit(objects, tree, message="other\n")
    assert objects.is_ancestor(root, merge)
    assert objects.is_ancestor(root, root)
    assert not objects.is_ancestor(left, right)
    assert not objects.is_ancestor(other, merge)
    found = [each.oid for each in objects.between([], [merge])]
    assert found[0] == root
    assert found[-1] == merge
    assert {each.oid for each in objects.between([left], [merge])} == {right, merge}
    assert objects.commit(merge).parents == (left, right)
    assert [each.message for each in objects.between([root], [left])] == ["left\n"]


def test_links_and_submodules_show_by_their_modes(objects: Objects) -> None:
    assert isinstance(objects, LibgitObjects | PlumbingObjects)
    tree = objects.write_tree(None, {"x": b"y"})
    leaf = objects.leaves(tree)["x"]
    assert leaf == Leaf(0o100644, leaf.oid)


def test_what_is_not_there_is_an_error(objects: Objects) -> None:
    length = len(objects.write_tree(None, {}))
    assert not objects.has("1" * length)
    with pytest.raises(GitError):
        objects.commit("1" * length)
    with pytest.raises(GitError):
        objects.blobs(["1" * length])
    with pytest.raises(GitError):
        objects.sizes(["1" * length])
    with pytest.raises(GitError):
        objects.leaves("1" * length)
