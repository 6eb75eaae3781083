"""Repositories of other layouts: those that work, and those that are refused in a sentence."""

from __future__ import annotations

from collections.abc import Callable

from tests.cli.conftest import FIRST, LORE, SECOND
from tests.cli.terminal import Lorefs
from tests.gitrepo import Repo


def test_a_sha256_repository_works(make_repo: Callable[..., Repo]) -> None:
    repo = make_repo("repo", "--object-format=sha256")
    repo.commit("Our lore", **{".lore.md": LORE})
    lorefs = Lorefs(repo.path)
    lorefs("init")
    repo.commit("Install lorefs")
    repo("switch", "--quiet", "--create", "side")
    lorefs("edit", FIRST, "--title", "Retitled")
    repo.commit("retitle")
    repo("switch", "--quiet", "main")
    lorefs("edit", SECOND, "--content", "Changed on main.")
    repo.commit("edit")
    repo("merge", "--quiet", "--no-edit", "side")
    found = {row["id"]: row for row in lorefs("list", "--json").json}
    assert found[FIRST]["title"] == "Retitled"
    assert found[SECOND]["content"] == "Changed on main."
    assert "Retitled" in lorefs("diff", "HEAD~1", "HEAD").out
    assert lorefs("blame", FIRST).out
    lorefs("rebuild")


def test_a_reftable_repository_is_refused_with_the_remedy(repo: Repo) -> None:
    repo("config", "core.repositoryFormatVersion", "1")
    with (repo.path / ".git/config").open("a") as file:
        file.write("[extensions]\n\trefStorage = reftable\n")
    for command in ("status", "init", "list"):
        failed = Lorefs(repo.path)(command, status=3)
        assert failed.err.count("error: ") == 1
        assert "reftable" in failed.err
        assert "git refs migrate --ref-format=files" in failed.err


def test_the_limit_of_the_configuration_is_what_counts(lore: Lorefs, repo: Repo) -> None:
    lore("reconcile")
    before = lore("list", "--json").json
    repo.write(".lorefs.toml", "[limits]\ndocumentSize = 300\n")
    failed = lore("reconcile", status=1)
    assert ".lore.md is larger than 300 bytes" in failed.err
    assert "limits.documentSize" in failed.err
    assert lore("list", "--json").json == before
    repo.write(".lorefs.toml", '[limits]\ndocumentSize = "1k"\n')
    lore("reconcile")
    failed = lore("edit", FIRST, "--content", "x" * 1000, status=5)
    assert "would become larger than 1,024 bytes" in failed.err
    assert lore("list", "--json").json == before
