"""The sync branch, or its directory, becomes another one, or somebody deletes it."""

from __future__ import annotations

from tests.clones import BRANCH, Clone, Team, converge


def test_all_goes_to_another_branch_and_back(ada: Clone, bob: Clone, team: Team) -> None:
    ada.add("First")
    converge(ada, bob)
    for clone in (ada, bob):
        clone.repo("config", "lorefs.sync.branch", "other")
    ada.sync()
    assert "First" in team.remote("cat-file", "blob", "other:.lore.md")
    ada.add("Second")
    converge(ada, bob)
    assert bob.titles() == ["First", "Second"]
    for clone in (ada, bob):
        clone.repo("config", "lorefs.sync.branch", BRANCH)
    converge(ada, bob)
    assert ada.titles() == ["First", "Second"], "what came meanwhile is not deleted"
    assert "Second" in team.remote("cat-file", "blob", f"{BRANCH}:.lore.md")


def test_all_goes_to_another_directory_and_back(ada: Clone, team: Team) -> None:
    ada.add("First")
    ada.sync()
    ada.repo("config", "lorefs.sync.prefix", "realms/shop")
    ada.add("Second")
    ada.sync()
    text = team.remote("cat-file", "blob", f"{BRANCH}:realms/shop/.lore.md")
    assert "First" in text
    assert "Second" in text
    ada.repo("config", "--unset", "lorefs.sync.prefix")
    ada.sync()
    assert ada.titles() == ["First", "Second"]
    assert "Second" in team.remote("cat-file", "blob", f"{BRANCH}:.lore.md")


def test_a_plan_for_another_branch(ada: Clone) -> None:
    ada.add("First")
    ada.sync()
    ada.repo("config", "lorefs.sync.branch", "other")
    with ada.open() as workspace:
        plan = workspace.preview_sync()
    assert plan.commit == (".lore.md",)
    assert plan.send == 1
    assert ada.repo("branch", "--list", "other") == "", "nothing was changed"


def test_a_branch_that_was_deleted_goes_on_with_what_waited(
    ada: Clone, bob: Clone, team: Team
) -> None:
    ada.add("First")
    converge(ada, bob)
    ada.add("Waits")
    ada.repo("branch", "-D", BRANCH)
    bob.add("Of Bob")
    bob.sync()
    converge(ada, bob)
    assert bob.titles() == ["First", "Of Bob", "Waits"]
    assert ada.tip == team.tip()
