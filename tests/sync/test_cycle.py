"""One cycle after the other: what travels, what does not, and what stops it."""

from __future__ import annotations

import os

import pytest

from lorefs.api import Workspace
from lorefs.core.message import read_trailers
from lorefs.errors import RefusedError
from lorefs.remote import RemoteError
from lorefs.sync.branch.branch import HostileTreeError
from lorefs.sync.branch.exchange import DoubtfulError, RewrittenError
from tests.clones import BRANCH, Clone, Team, converge
from tests.lore import document, entry, ident


def test_an_entry_travels(ada: Clone, bob: Clone) -> None:
    added = ada.add("Checkpoints block readers", "For long.")
    ada.sync()
    report = bob.sync()
    assert report.arrived.added == (added,)
    assert bob.entries() == ada.entries()
    assert bob.text() == ada.text()
    assert bob.repo("status", "--porcelain") == ""


def test_sync_is_refused_where_it_is_off(team: Team) -> None:
    clone = team.clone("carol", sync=False)
    with clone.open() as workspace, pytest.raises(RefusedError, match="sync is off"):
        workspace.sync()
    assert clone.repo("branch", "--list", BRANCH) == ""


def test_a_change_is_on_the_branch_before_the_command_returns(ada: Clone) -> None:
    added = ada.add("One")
    assert added in ada.tree()[".lore.md"]
    ada.update(added, title="Two")
    assert "**Two**" in ada.tree()[".lore.md"]
    with ada.open() as workspace:
        workspace.undo()
    assert "**One**" in ada.tree()[".lore.md"]


def test_a_commit_says_who_through_what_and_where(ada: Clone) -> None:
    ada.add("One")
    found = dict(read_trailers(ada.repo("log", "-1", "--format=%B", BRANCH)))
    assert found["Actor"] == "ada@example.invalid"
    assert found["Source"] == "cli"
    assert found["Lorefs-Format"] == "1"
    assert found["Code-Commit"] == ada.repo("rev-parse", "HEAD")
    assert ada.repo("log", "-1", "--format=%an <%ae> %s", BRANCH) == (
        "ada <ada@example.invalid> Add “One”"
    )


def test_who_changed_an_entry_is_told_where_it_arrives(ada: Clone, bob: Clone) -> None:
    first, second = ada.add("By Ada"), ada.add("By both")
    converge(ada, bob)
    bob.update(second, content="Of Bob.")
    ada.write(ada.text().replace("By Ada", "By Ada herself"))
    bob.sync()
    ada.sync()
    bob.sync()
    for clone in (ada, bob):
        with clone.open() as workspace:
            by = {row.entry.id: row.updated_by for row in workspace.entries()}
        assert by == {first: "ada@example.invalid", second: "bob@example.invalid"}


def test_nothing_to_do_makes_no_commit(ada: Clone, bob: Clone, team: Team) -> None:
    ada.add("One")
    ada.sync()
    tip = team.tip()
    for clone in (ada, bob, ada):
        report = clone.sync()
        assert not report.committed
        assert clone.tip == tip
    assert team.tip() == tip


def test_both_merge_the_same_pair_to_the_same_commit(ada: Clone, bob: Clone) -> None:
    added = ada.add("One")
    ada.sync()
    bob.sync()
    ada.update(added, title="One by Ada")
    bob.update(added, tags_add=("b",))
    ada.repo("fetch", "-q", str(bob.path), f"{BRANCH}:refs/theirs")
    bob.repo("fetch", "-q", str(ada.path), f"{BRANCH}:refs/theirs")
    found = set()
    for clone in (ada, bob):
        with clone.open() as workspace:
            from lorefs.sync.branch.merge import merge_tips

            theirs = clone.repo("rev-parse", "refs/theirs")
            found.add(merge_tips(workspace.here.branch, clone.tip, theirs).oid)
            found.add(merge_tips(workspace.here.branch, theirs, clone.tip).oid)
    assert len(found) == 1
    converge(ada, bob)
    assert ada.entries()[added].title == "One by Ada"
    assert ada.entries()[added].tags == ("b",)


def test_an_edit_in_a_file_travels_and_a_deletion_too(ada: Clone, bob: Clone) -> None:
    one, two = ada.add("One"), ada.add("Two")
    converge(ada, bob)
    bob.edit("**One**", "**Uno**")
    converge(bob, ada)
    assert ada.entries()[one].title == "Uno"
    ada.remove(two)
    converge(ada, bob)
    assert set(bob.entries()) == {one}
    assert "Two" not in bob.text()


def test_hand_written_entries_are_one_entry_on_all_machines(ada: Clone, bob: Clone) -> None:
    text = "### Gotcha\n\n* **By hand**: no marker.\n"
    ada.write(text)
    bob.write(text)
    converge(ada, bob)
    assert ada.titles() == ["By hand"]
    assert "<!-- lore:" in ada.tree()[".lore.md"]


def test_personal_lore_never_leaves(ada: Clone) -> None:
    ada.add("One")
    with ada.open() as workspace:
        workspace.add("My secret", personal=True)
    ada.sync()
    assert set(ada.tree()) == {".lore.md"}
    assert ada.repo("grep", "-c", "secret", BRANCH, ok=False) == ""


def test_restricted_lore_never_leaves(ada: Clone, bob: Clone) -> None:
    ada.add("One")
    kept = ada.add("Not for all")
    with ada.open() as workspace:
        workspace.update(kept, {"sensitivity": "restricted"}, withdraw=True)
    text = document(entry(7, "Born restricted", "x", "sensitivity: restricted"))
    ada.repo.write("docs/.lore.md", text)
    ada.reconcile(discover=True)
    converge(ada)
    bob.sync()
    assert bob.titles() == ["One"]
    assert "Born restricted" not in "".join(ada.tree().values())
    assert ada.titles() == ["Born restricted", "Not for all", "One"]
    converge(ada)
    assert "Not for all" in ada.text()


def test_documents_in_directories_and_new_ones(ada: Clone, bob: Clone) -> None:
    for clone in (ada, bob):
        (clone.path / "docs").mkdir()
    ada.add("Deep", path="docs")
    converge(ada, bob)
    assert bob.entries().keys() == ada.entries().keys()
    assert "Deep" in bob.text("docs/.lore.md")


def test_a_missing_directory_waits(ada: Clone, bob: Clone) -> None:
    (ada.path / "docs").mkdir()
    added = ada.add("Deep", path="docs")
    ada.sync()
    bob.sync()
    assert added in bob.entries()
    assert not (bob.path / "docs").exists()
    (bob.path / "docs").mkdir()
    bob.sync()
    assert "Deep" in bob.text("docs/.lore.md")


def test_a_prefix_keeps_projects_apart(ada: Clone, bob: Clone, team: Team) -> None:
    carol = team.clone("carol")
    for clone, realm in ((ada, "x"), (bob, "x"), (carol, "y")):
        clone.repo("config", "lorefs.sync.prefix", f"realms/{realm}")
    ada.add("Of x")
    carol.add("Of y")
    for clone in (ada, carol, bob, ada, carol):
        clone.sync()
    assert bob.titles() == ["Of x"] == ada.titles()
    assert carol.titles() == ["Of y"]
    assert set(ada.tree()) == {"realms/x/.lore.md", "realms/y/.lore.md"}


def test_a_filter_limits_what_is_indexed_and_deletes_nothing(ada: Clone, bob: Clone) -> None:
    red, blue = ada.add("Red"), ada.add("Blue")
    ada.update(red, tags_add=("red",))
    bob.repo.write(".lorefs.toml", '[filter]\ntags = ["red"]\n')
    ada.sync()
    bob.sync()
    assert set(bob.entries()) == {red}
    bob.update(red, title="Redder")
    bob.add("Untagged stays here")
    bob.sync()
    ada.sync()
    assert ada.entries()[red].title == "Redder"
    assert set(ada.entries()) == {red, blue}


def test_a_rejected_push_is_merged_and_sent_again(ada: Clone, bob: Clone, team: Team) -> None:
    one = ada.add("One")
    converge(ada, bob)
    moved: list[str] = []

    def step(name: str) -> None:
        if name == "sync push" and not moved:
            moved.append(name)
            bob.update(one, tags_add=("late",))
            bob.sync()

    ada.step = step
    ada.update(one, title="Uno")
    report = ada.sync()
    assert moved
    assert report.exchanges[0].tries == 2
    assert team.tip() == ada.tip
    converge(ada, bob)
    assert (bob.entries()[one].title, bob.entries()[one].tags) == ("Uno", ("late",))


def test_a_server_hook_that_refuses_is_quoted(ada: Clone, team: Team) -> None:
    hook = team.remote.path / "hooks" / "pre-receive"
    hook.write_text("#!/bin/sh\necho 'no lore on Fridays' >&2\nexit 1\n")
    hook.chmod(0o755)
    added = ada.add("One")
    report = ada.try_sync()
    error = report.exchanges[0].error
    assert isinstance(error, RemoteError)
    assert "no lore on Fridays" in error.words
    assert report.waiting == 1
    hook.unlink()
    assert ada.sync().waiting == 0
    assert added in team.remote("cat-file", "blob", f"{BRANCH}:.lore.md")


def test_an_unreachable_remote_leaves_commits_waiting(ada: Clone, team: Team) -> None:
    ada.add("One")
    away = team.folder / "away.git"
    team.remote.path.rename(away)
    report = ada.try_sync()
    assert isinstance(report.exchanges[0].error, RemoteError)
    assert report.waiting == 1
    ada.add("Two")
    with ada.open() as workspace:
        (_, state), *_ = workspace.here.status().remotes
        assert state.failures == 1
    away.rename(team.remote.path)
    assert ada.sync().exchanges[0].sent == 2


def test_a_rewritten_remote_stops_the_cycle(ada: Clone, bob: Clone, team: Team) -> None:
    ada.add("One")
    converge(ada, bob)
    ada.add("Two")
    ada.sync()
    team.remote("update-ref", f"refs/heads/{BRANCH}", bob.tip)
    tip = team.tip()
    ada.add("Three")
    report = ada.try_sync()
    assert isinstance(report.exchanges[0].error, RewrittenError)
    assert team.tip() == tip
    assert ada.titles() == ["One", "Three", "Two"]
    team.remote("update-ref", "-d", f"refs/heads/{BRANCH}")
    error = ada.try_sync().exchanges[0].error
    assert isinstance(error, RewrittenError)
    assert "is gone" in error.message
    ada.sync(accept_rewrite=True)
    assert team.tip() == ada.tip, "the hint is right: it is sent again"


def test_what_deletes_most_of_it_is_not_taken_before_somebody_says_so(
    ada: Clone, bob: Clone
) -> None:
    for number in range(8):
        ada.add(f"Entry {number}")
    converge(ada, bob)
    # another program writes to the branch: nobody confirmed anything
    hostile = bob.repo.clone(bob.path.parent / "tool", "--branch", BRANCH)
    hostile.commit("clean up", **{".lore.md": "### Gotcha\n"})
    hostile("push", "-q", str(bob.path.parent / "remote.git"), BRANCH)
    report = bob.try_sync()
    assert isinstance(report.exchanges[0].error, DoubtfulError)
    assert [q.entries for q in report.questions] == [8]
    assert len(bob.entries()) == 8
    assert bob.sync(accept_deletions=True).ok
    assert bob.entries() == {}


def test_a_merge_made_here_was_not_received(ada: Clone, bob: Clone) -> None:
    ada.add("One")
    converge(ada, bob)
    ada.add("Two")
    ada.sync()
    bob.add("Three")
    (exchange,) = bob.sync().exchanges
    assert (exchange.sent, exchange.received, exchange.merged) == (2, 1, 1)


def test_confirmed_deletions_are_asked_for_once(ada: Clone, bob: Clone) -> None:
    added = [ada.add(f"Entry {number}") for number in range(8)]
    converge(ada, bob)
    with ada.open() as workspace:
        workspace.remove(added)
    assert "Deletions-Confirmed: 8" in ada.repo("log", "-1", "--format=%B", BRANCH)
    converge(ada, bob)
    assert bob.entries() == {}


@pytest.mark.parametrize(
    ("name", "content", "mode", "words"),
    [
        (".lore.md", "/etc/passwd", "120000", "symbolic link"),
        ("README.md", "x", "100644", "no team document"),
        (".lore.local.md", "x", "100644", "no team document"),
        ("a\x1b[31m/.lore.md", "x", "100644", "cannot be printed"),
        (".lore.md", "---\nlorefs: 2\n---\n", "100644", "format version 2"),
        (".lore.md", "a\0b", "100644", "NUL"),
        (".lore.md", "a\udcff", "100644", "UTF-8"),
        (".lore.md", "<<<<<<< a\n=======\n>>>>>>> b\n", "100644", "conflict markers"),
    ],
)
def test_a_hostile_tree_is_refused_by_name(
    ada: Clone, bob: Clone, name: str, content: str, mode: str, words: str
) -> None:
    one = ada.add("One")
    converge(ada, bob)
    repo = ada.repo
    blob = repo("hash-object", "-w", "--stdin", stdin=content)
    parts = name.split("/")
    tree = repo("mktree", "-z", stdin=f"{mode} blob {blob}\t{parts[-1]}\0")
    if len(parts) > 1:
        tree = repo("mktree", "-z", stdin=f"040000 tree {tree}\t{parts[0]}\0")
    commit = repo("commit-tree", tree, "-p", ada.tip, "-m", "hostile")
    repo("push", "-q", "origin", f"{commit}:refs/heads/{BRANCH}")
    report = bob.try_sync()
    error = report.exchanges[0].error
    assert isinstance(error, HostileTreeError)
    assert words in str(error)
    assert set(bob.entries()) == {one}
    bob.update(one, title="Works on")
    assert bob.titles() == ["Works on"]


def test_a_branch_that_is_checked_out_is_refused(ada: Clone) -> None:
    ada.add("One")
    ada.repo("worktree", "add", "-q", str(ada.path.parent / "linked"), BRANCH)
    with pytest.raises(RefusedError, match="checked out"):
        ada.try_sync()


def test_a_linked_worktree_shares_the_branch(ada: Clone) -> None:
    ada.add("One")
    path = ada.path.parent / "linked"
    ada.repo("worktree", "add", "-q", "-b", "other", str(path))
    from tests.gitrepo import Repo

    linked = Clone(Repo(path, ada.repo.clock))
    ada.sync()
    with linked.open() as workspace:
        assert workspace.sync_status().waiting == 0, "another worktree has sent it"
    linked.sync()
    assert linked.titles() == ["One"]
    ada.add("Two")
    linked.add("Three")
    assert linked.titles() == ["One", "Three", "Two"]
    ada.sync()
    assert ada.titles() == ["One", "Three", "Two"]


def test_first_meeting_of_two_histories(ada: Clone, bob: Clone) -> None:
    same = document(entry(1, "Common"))
    for clone, title in ((ada, "Of Ada"), (bob, "Of Bob")):
        clone.write(same)
        clone.reconcile(discover=True)
        clone.add(title)
        clone.env["X"] = ""
    dropped = bob.add("Dropped")
    text = bob.text()
    ada.write(text.replace("Of Bob", "Of Ada"))
    ada.reconcile()
    with ada.open() as workspace:
        workspace.here.commit(workspace._origin("sync"))  # noqa: SLF001 (no network)
    bob.remove(dropped)
    bob.sync()
    converge(ada, bob)
    assert "Dropped" not in ada.titles(), "deleted in this very version"
    assert "Common" in ada.titles()
    assert ada.repo("for-each-ref", "--format=%(refname)", "refs/lorefs/backup") != ""


def test_a_rebuilt_database_takes_nothing_back(ada: Clone, bob: Clone) -> None:
    one, two = ada.add("One"), ada.add("Two")
    converge(ada, bob)
    stale = bob.text()
    ada.update(one, title="Newer")
    ada.remove(two)
    ada.sync()
    for file in (bob.path / ".git" / "lorefs").glob("index.db*"):
        file.unlink()
    bob.write(stale)
    bob.sync()
    converge(ada, bob)
    assert bob.titles() == ["Newer"]


def test_the_index_the_worktree_and_head_stay_as_they_are(ada: Clone) -> None:
    repo = ada.repo
    repo.write("staged.txt", "staged")
    repo("add", "staged.txt")
    repo.write("loose.txt", "loose")
    ada.add("One")

    def state() -> tuple[bytes, str, str, bytes]:
        git = repo.path / ".git"
        config = (git / "config").read_bytes()
        return (
            (git / "index").read_bytes(),
            repo("rev-parse", "HEAD"),
            (git / "HEAD").read_text(),
            config,
        )

    before = state()
    ada.env = {"GIT_DIR": "/nowhere", "GIT_INDEX_FILE": "/nowhere/index"}
    ada.sync()
    assert state() == before
    assert set(ada.tree()) == {".lore.md"}


def test_several_remotes(ada: Clone, bob: Clone, team: Team) -> None:
    second = team.folder / "second.git"
    team.remote("clone", "-q", "--bare", str(team.remote.path), str(second))
    ada.repo("config", "lorefs.sync.remote", f"origin {second}")
    bob.repo("config", "lorefs.sync.remote", str(second))
    added = ada.add("One")
    ada.sync()
    bob.sync()
    assert added in bob.entries()
    bob.update(added, title="Uno")
    bob.sync()
    ada.sync()
    assert team.tip() == ada.tip == bob.tip


def test_a_shared_entry_that_becomes_restricted_is_deleted_for_others(
    ada: Clone, bob: Clone
) -> None:
    one, two = ada.add("One"), ada.add("Two")
    converge(ada, bob)
    with ada.open() as workspace:
        workspace.update(one, {"sensitivity": "restricted"}, withdraw=True)
    ada.sync()
    bob.sync()
    assert set(bob.entries()) == {two}
    assert set(ada.entries()) == {one, two}
    bob.update(two, title="Zwei")
    bob.sync()
    ada.sync()
    assert set(ada.entries()) == {one, two}
    assert ident(1) not in ada.entries()


def test_following_a_rewrite_does_not_bring_back_what_was_purged(
    ada: Clone, bob: Clone, team: Team
) -> None:
    ada.add("One")
    converge(ada, bob)
    kept = bob.tip
    purged = ada.add("A password")
    ada.sync()
    bob.sync()
    team.remote("update-ref", f"refs/heads/{BRANCH}", kept)
    mine = bob.add("Mine")
    assert isinstance(bob.try_sync().exchanges[0].error, RewrittenError)
    assert bob.sync(accept_rewrite=True).ok
    assert bob.titles() == ["Mine", "One"]
    assert bob.repo("log", "--format=%s", BRANCH, f"^{kept}") == "Add “Mine”"
    assert bob.repo("for-each-ref", "refs/lorefs/backup") != ""
    assert ada.sync(accept_rewrite=True).ok
    assert ada.titles() == ["Mine", "One"]
    assert purged not in ada.text()
    assert mine in ada.text()
    assert team.tip() == ada.tip == bob.tip


def clash(ada: Clone, bob: Clone) -> str:
    one = ada.add("One")
    converge(ada, bob)
    ada.update(one, title="By Ada")
    bob.update(one, title="By Bob")
    converge(ada, bob)
    return one


def open_records(clone: Clone) -> list[str]:
    return [record.id for record in clone.ledger() if record.resolved_at is None]


def test_the_loser_of_a_clash_is_in_everybodys_ledger(ada: Clone, bob: Clone, team: Team) -> None:
    one = clash(ada, bob)
    late = team.clone("late")
    late.sync()
    found = [[(r.id, r.discard) for r in each.ledger()] for each in (ada, bob, late)]
    assert found[0] == found[1] == found[2]
    ((_, discard),) = found[0]
    assert {discard.ours, discard.theirs} == {"By Ada", "By Bob"}
    assert ada.entries()[one].title == discard.chosen
    message = ada.repo("log", "--merges", "-1", "--format=%B", BRANCH)
    settled = [value for key, value in read_trailers(message) if key == "Settled"]
    assert [each.split()[:2] for each in settled] == [[found[0][0][0], "last-write"]]


def test_a_resolution_closes_the_record_everywhere(ada: Clone, bob: Clone) -> None:
    one = clash(ada, bob)
    (record,) = open_records(ada)
    with ada.open() as workspace:
        loser = {"By Ada", "By Bob"} - {workspace.get(one).entry.title}
        conflict = workspace.conflicts.get(record)
        ours = conflict.record.discard.ours in loser
        workspace.conflicts.resolve(conflict, "ours" if ours else "theirs")
    converge(ada, bob)
    assert {bob.entries()[one].title} == loser
    assert open_records(ada) == open_records(bob) == []


def test_a_settlement_that_is_undone_is_undone_everywhere(ada: Clone, bob: Clone) -> None:
    clash(ada, bob)
    (record,) = open_records(ada)

    def keep(clone: Clone) -> None:
        with clone.open() as workspace:
            workspace.conflicts.keep(workspace.conflicts.get(record))

    def undo(clone: Clone) -> None:
        with clone.open() as workspace:
            workspace.undo(1)

    keep(ada)
    converge(ada, bob)
    undo(ada)
    converge(ada, bob)
    assert open_records(ada) == open_records(bob) == [record]
    Workspace.rebuild(bob.path, env=os.environ, clock=bob.tick)
    assert open_records(bob) == [record]
    keep(ada)
    undo(ada)
    keep(bob)  # who did not know what was undone
    converge(ada, bob)
    assert open_records(ada) == open_records(bob) == []
    undo(bob)
    converge(ada, bob)
    assert open_records(ada) == open_records(bob) == [record]


def test_keeping_what_was_chosen_closes_it_everywhere_too(ada: Clone, bob: Clone) -> None:
    clash(ada, bob)
    (record,) = open_records(ada)
    with ada.open() as workspace:
        workspace.conflicts.keep(workspace.conflicts.get(record))
    converge(ada, bob)
    assert open_records(ada) == open_records(bob) == []


def test_a_rebuilt_database_has_the_same_entries_and_the_same_ledger(
    ada: Clone, bob: Clone
) -> None:
    clash(ada, bob)
    (record,) = open_records(ada)
    with ada.open() as workspace:
        workspace.conflicts.keep(workspace.conflicts.get(record))
    clash(ada, bob)

    def facts() -> tuple[object, ...]:
        ledger = {(r.id, r.discard, r.merge_commit, r.resolved_at is None) for r in bob.ledger()}
        return bob.entries(), ledger, bob.tip, bob.text()

    before = facts()
    Workspace.rebuild(bob.path, env=os.environ, clock=bob.tick)
    assert facts() == before
    bob.sync()
    assert facts() == before
    bob.add("After the rebuild")
    with bob.open() as workspace:
        assert len(workspace.devices()) == 2, "the same machine goes on"


def test_the_text_from_before_an_arrival_is_news_again(ada: Clone, bob: Clone) -> None:
    added = ada.add("Checkpoints", "First.")
    converge(ada, bob)
    bob.update(added, content="Second.")
    bob.sync()
    ada.sync()
    ada.update(added, content="First.")
    converge(ada, bob)
    assert bob.entries()[added].content == "First."


def test_what_others_would_refuse_is_not_sent(ada: Clone, bob: Clone, team: Team) -> None:
    ada.add("One")
    converge(ada, bob)
    before = team.tip()
    ada.write(f"---\nlorefs: 2\n---\n\n{ada.text()}")
    with pytest.raises(RefusedError, match="format version 2") as caught:
        ada.try_sync()
    assert "nothing is sent" in (caught.value.hint or "")
    assert team.tip() == before == ada.tip
    ada.edit("lorefs: 2", "lorefs: 1")
    ada.repo.write("odd\x01/.lore.md", "### Gotcha\n\n* **Hidden**: in a directory.\n")
    ada.reconcile(discover=True)
    with pytest.raises(RefusedError, match="cannot be printed"):
        ada.try_sync()
    (ada.path / "odd\x01").rename(ada.path / "even")
    ada.reconcile(discover=True)
    ada.reconcile(accept_deletions=True)
    converge(ada, bob)
    assert "Hidden" in bob.titles()
