"""Each check finds its fault in a real repository, and each fix mends it."""

from __future__ import annotations

import os
import shutil
import socket
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from lorefs import install
from lorefs.doctor import CHECKS, Finding, Mended, Place, examine, fixes_of, mend, settings
from lorefs.store import Store
from lorefs.worktree import sole
from tests.cli.terminal import Lorefs, command, environment
from tests.gitrepo import Repo
from tests.lore import entries, ident
from tests.reconcile.conftest import BASE, opened

NOW = 1_750_000_000_000  # milliseconds; tests commit and change rows before that


def place(repo: Repo, now: int = NOW) -> Place:
    return Place.around(repo.path, os.environ, now)


def found(repo: Repo, now: int = NOW) -> list[Finding]:
    return examine(place(repo, now))


def only(repo: Repo, check: str) -> Finding:
    """The one finding there is, which is of this check."""
    (finding,) = found(repo)
    assert finding.check == check, finding
    assert finding.remedy
    return finding


def mended(repo: Repo) -> list[Mended]:
    """Carries out all fixes; nothing but notes may be left then."""
    here = place(repo)
    done = mend(here, fixes_of(examine(here)))
    assert [each.error for each in done] == [None] * len(done)
    assert [each for each in found(repo) if each.level != "note"] == []
    return done


def database(repo: Repo) -> Path:
    return repo.path / ".git/lorefs/index.db"


def sql(repo: Repo, *statements: str) -> None:
    """What a program does that does not care for triggers."""
    with closing(sqlite3.connect(database(repo))) as connection, connection:
        connection.execute("INSERT INTO state VALUES ('writing', '')")
        for statement in statements:
            connection.execute(statement)
        connection.execute("DELETE FROM state WHERE key = 'writing'")


@pytest.fixture
def well(repo: Repo) -> Repo:
    """A repository in which everything is as it should be."""
    repo.once(make_well, make_well)
    return repo


def make_well(repo: Repo) -> None:
    repo.write(".lore.md", BASE)
    install.init(place(repo).git)
    repo.commit("lore")
    with opened(repo) as workspace:
        workspace.reconcile(discover=True)
    (repo.path / ".git/lorefs/hooks.log").unlink(missing_ok=True)


def snapshot(repo: Repo) -> dict[str, bytes]:
    return {str(f): f.read_bytes() for f in sorted(repo.path.rglob("*")) if f.is_file()}


def test_where_all_is_well_nothing_is_found_and_nothing_changes(well: Repo) -> None:
    before = snapshot(well)
    assert found(well) == []
    assert snapshot(well) == before


def test_a_repository_without_lorefs_gets_it(repo: Repo) -> None:
    repo.commit("lore", **{".lore.md": BASE})
    before = snapshot(repo)
    assert [each.check for each in found(repo)] == ["attributes", "driver", "hooks", "database"]
    assert snapshot(repo) == before, "looking changed something"
    (done,) = mended(repo)
    assert done.backup is not None
    assert (done.backup / "git/config").read_bytes() == before[str(repo.path / ".git/config")]


# ---- configuration


def test_a_wrong_setting(well: Repo) -> None:
    well.write(".lorefs.toml", "[guard]\ndeletionShare = 7\n")
    finding = only(well, "configuration")
    assert ".lorefs.toml:2" in finding.what
    assert finding.fix is None


def test_all_wrong_settings_at_once(well: Repo) -> None:
    well.write(".lorefs.toml", "[guard]\ndeletionShare = 7\n\n[sync\n")
    well("config", "lorefs.sync.mode", "sometimes")
    findings = [each for each in found(well) if each.check == "configuration"]
    assert len(findings) == 2
    assert ".lorefs.toml:4: the file is no TOML (" in findings[0].what
    assert "sync.mode has to be manual or automatic (sometimes)" in findings[1].what
    well("config", "lorefs.sync.remote", str(well.path / "nowhere"))
    assert {each.check for each in found(well)} == {"configuration", "remote"}, "what can be read"


def test_an_attribute_that_is_gone(well: Repo) -> None:
    well.write(".gitattributes", "*.png binary\n")
    assert only(well, "attributes").level == "error"
    (done,) = mended(well)
    assert done.backup is not None
    assert (done.backup / ".gitattributes").read_text() == "*.png binary\n"


def test_an_attribute_that_another_line_overrides(well: Repo) -> None:
    well.write(".git/info/attributes", ".lore.md merge=union\n")
    finding = only(well, "attributes")
    assert "merge attribute of .lore.md is union" in finding.what
    assert finding.fix is None


@pytest.mark.parametrize(
    ("driver", "words"),
    [
        (None, "not configured"),
        ("/nowhere/python3 -I %A", "interpreter is gone: /nowhere/python3"),
        ("false %O %A %B", "does not merge by entry"),
        ("true %O %A %B", "does not merge by entry"),
        ("git merge-file %A %O %B", "does not merge by entry"),
        (install.driver_command() + " ", "of another installation"),
    ],
)
def test_a_driver_that_does_not_work(well: Repo, driver: str | None, words: str) -> None:
    if driver is None:
        well("config", "--remove-section", "merge.lorefs")
    else:
        well("config", "merge.lorefs.driver", driver)
    assert words in only(well, "driver").what
    mended(well)


# ---- hooks


def test_a_hook_that_is_gone(well: Repo) -> None:
    (well.path / ".git/hooks/post-merge").unlink()
    assert "post-merge" in only(well, "hooks").what
    mended(well)


def test_a_hook_of_another_installation(well: Repo) -> None:
    hook = well.path / ".git/hooks/post-commit"
    hook.write_text(hook.read_text().replace("import sys", "import  sys"))
    assert "post-commit" in only(well, "hooks").what
    (done,) = mended(well)
    assert done.backup is not None
    assert "import  sys" in (done.backup / "git/hooks/post-commit").read_text()


def test_a_hook_that_is_not_executable(well: Repo) -> None:
    (well.path / ".git/hooks/post-merge").chmod(0o644)
    assert "not executable" in only(well, "hooks").what
    mended(well)


def test_hooks_in_the_worktree_are_left_to_people(well: Repo) -> None:
    well("config", "core.hooksPath", ".husky")
    findings = found(well)
    assert {each.check for each in findings} == {"hooks"}
    assert len(findings) == len(install.HOOKS)
    assert all("add this line" in each.remedy and each.fix is None for each in findings)


def test_what_a_hook_complained_of_is_a_note(well: Repo) -> None:
    well.write(".git/lorefs/hooks.log", "post-merge: no room\n")
    finding = only(well, "hooks")
    assert (finding.level, finding.what) == ("note", "a hook failed lately: post-merge: no room")


# ---- database


@pytest.mark.parametrize("damage", ["garbage", "truncated", "pages"])
def test_a_damaged_database_is_rebuilt(well: Repo, damage: str) -> None:
    file = database(well)
    data = file.read_bytes()
    middle = len(data) // 2
    file.write_bytes(
        {
            "garbage": b"no database at all, just text\n" * 100,
            "truncated": data[: middle - middle % 4096],
            "pages": data[:8192] + b"\xff" * (len(data) - 8192),
        }[damage]
    )
    findings = found(well)
    assert findings[0].check == "database"
    assert "damaged" in findings[0].what
    mended(well)
    assert file.with_name("index.db.old").exists(), "the old one is gone"
    with opened(well) as workspace:
        assert len(workspace.entries()) == 3


def test_what_an_earlier_rebuild_kept_is_copied_before_the_next(well: Repo) -> None:
    older = database(well).with_name("index.db.old")
    older.write_bytes(b"what was kept before")
    sql(well, "DELETE FROM entries")
    done = mended(well)
    copies = [each.backup / "git/lorefs/index.db.old" for each in done if each.backup]
    assert b"what was kept before" in [file.read_bytes() for file in copies if file.exists()]
    assert older.read_bytes() != b"what was kept before"


def test_an_empty_database_is_left_to_commands(well: Repo) -> None:
    database(well).write_bytes(b"")
    finding = only(well, "database")
    assert (finding.level, finding.what) == ("note", "there is no database yet")
    assert database(well).read_bytes() == b"", "it was changed"


def test_a_database_of_a_newer_program_is_left_alone(well: Repo) -> None:
    with closing(sqlite3.connect(database(well))) as connection:
        connection.execute("PRAGMA user_version = 99")
    finding = only(well, "database")
    assert "schema version 99" in finding.what
    assert finding.fix is None


def test_a_search_index_that_lags_behind(well: Repo) -> None:
    sql(well, "INSERT INTO entries_fts (entries_fts) VALUES ('delete-all')")
    assert only(well, "index").level == "error"
    (done,) = mended(well)
    assert done.backup is not None
    with closing(sqlite3.connect(done.backup / "git/lorefs/index.db")) as copy:
        assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    with opened(well) as workspace:
        assert [hit.row.entry.id for hit in workspace.search("gamma")] == [ident(3)]


@pytest.mark.parametrize("statement", ["UPDATE entries SET title = 'X'", "DELETE FROM entries"])
def test_rows_that_no_document_says(well: Repo, statement: str) -> None:
    sql(
        well,
        f"{statement} WHERE id = '{ident(2)}'",
        "INSERT INTO entries_fts (entries_fts) VALUES ('rebuild')",
    )
    assert ": 1" in only(well, "rows").what
    mended(well)
    with opened(well) as workspace:
        assert workspace.get(ident(2)).entry.title == "Beta"


def test_rows_of_other_programs_are_no_fault(well: Repo) -> None:
    with closing(sqlite3.connect(database(well))) as connection, connection:
        connection.execute("UPDATE entries SET title = 'By SQL' WHERE id = ?", (ident(2),))
    assert found(well) == []


# ---- files


def test_a_replacement_that_was_interrupted(well: Repo) -> None:
    with Store(database(well)) as store, store.write():
        changed = BASE.replace("Beta", "Pending").encode()
        store.documents.put_pending(".lore.md", changed, well("rev-parse", "HEAD"))
    assert "was to be replaced" in only(well, "files").what
    mended(well)


def test_a_save_that_is_not_taken_in_yet_is_a_note(well: Repo) -> None:
    well.write(".lore.md", BASE.replace("Beta", "Saved"))
    assert only(well, "files").level == "note"
    mended(well)
    assert found(well) == []


def test_a_save_that_cannot_be_taken_in(well: Repo) -> None:
    well.write(".lore.md", BASE.encode() + b"\xff\xfe")
    finding = only(well, "files")
    assert (finding.level, finding.fix) == ("error", None)
    assert "not UTF-8" in finding.what
    assert "save it as UTF-8" in finding.remedy


def test_a_fix_that_could_not_take_everything_in_says_so(well: Repo) -> None:
    well.write(".lore.md", BASE.replace("Beta", "Saved"))
    here = place(well)
    fixes = fixes_of(examine(here))
    well.write(".lore.md", b"\xff")
    (done,) = mend(here, fixes)
    assert done.error is not None
    assert "not UTF-8" in done.error


def test_a_document_that_is_too_large(well: Repo) -> None:
    well.write(".lorefs.toml", "[limits]\ndocumentSize = 10\n")
    assert "larger than 10 bytes" in only(well, "files").what


def test_leftovers_of_killed_processes(well: Repo) -> None:
    saved = BASE.replace("The gamma", "A gamma")
    well.write("..lore.md.lorefs-99999.new", "half a tex")
    well.write("..lore.md.lorefs-99999.old", saved)
    well.write(".merge_file_a1B2c3.lorefs-99999", "half a mer")
    well.write(".git/lorefs/index.db.new", "half a database")
    assert {each.check for each in found(well)} == {"leftovers"}
    assert len(found(well)) == 4
    here = place(well)
    done = mend(here, fixes_of(examine(here)))
    assert [each.error for each in done] == [None] * 3
    copies = [file.name for each in done if each.backup for file in each.backup.rglob("*")]
    assert {"..lore.md.lorefs-99999.old", ".merge_file_a1B2c3.lorefs-99999"} <= set(copies)
    (left,) = found(well)  # a save that no text of lorefs replaced: nobody knows what it is
    assert "is a save that was overtaken" in left.what
    (kept,) = well.path.glob(".lore.md.saved-*")
    assert kept.read_text() == saved
    kept.unlink()
    assert found(well) == []


def test_reports_are_a_note(well: Repo) -> None:
    well.write(".git/lorefs/reports/report-1.txt", "it failed")
    assert only(well, "leftovers").level == "note"


# ---- machine


def test_a_lorefs_that_does_not_come_to_an_end(well: Repo) -> None:
    with sole(well.path / ".git/lorefs/files.lock"):
        finding = only(well, "locks")
    assert "another lorefs" in finding.what
    assert f"process {os.getpid()}" in finding.what
    assert found(well) == []


def test_a_program_that_holds_the_database(well: Repo) -> None:
    with closing(sqlite3.connect(database(well), isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        finding = only(well, "locks")
        connection.execute("ROLLBACK")
    assert "database is locked" in finding.what
    assert found(well) == []


def test_a_lock_that_git_left_behind(well: Repo) -> None:
    lock = well.write(".git/refs/heads/main.lock", "")
    os.utime(lock, (NOW // 1000 - 3600, NOW // 1000 - 3600))
    assert "60 minutes old" in only(well, "locks").what
    os.utime(lock, (NOW // 1000 - 5, NOW // 1000 - 5))
    assert found(well) == [], "git may be at work just now"


def test_more_directories_than_watches(well: Repo, tmp_path: Path) -> None:
    for number in range(5):
        well.write(f"a/b/{number}/file", "x")
    proc = tmp_path / "proc"
    (proc / "sys/fs/inotify").mkdir(parents=True)
    (proc / "sys/fs/inotify/max_user_watches").write_text("9\n")
    (proc / "sys/fs/inotify/max_user_instances").write_text("0\n")
    here = place(well)
    findings = list(CHECKS["watches"](Place(here.git, here.config, NOW, proc)))
    assert "8 directories" in findings[0].what
    assert "max_user_watches" in findings[0].remedy
    assert "no program" in findings[1].what


def test_the_limit_of_a_namespace_counts(well: Repo) -> None:
    limit = "echo 0 > /proc/sys/user/max_inotify_watches"
    if subprocess.run(["unshare", "-Ur", "sh", "-c", limit], check=False).returncode:
        pytest.skip("no namespace with limits of its own can be made here")
    script = f'{limit}; exec "$0" "$@"'
    done = subprocess.run(
        ["unshare", "-Ur", "sh", "-c", script, *command("doctor")],
        cwd=well.path, env=environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1, done
    assert "the system allows 0 watches" in done.stdout


def test_commits_of_the_future(well: Repo) -> None:
    assert found(well) == []
    future = os.environ | {"GIT_COMMITTER_DATE": f"{NOW // 1000 + 3 * 86_400} +0000"}
    commit = ["git", "commit", "--quiet", "--allow-empty", "--message", "from the future"]
    subprocess.run(commit, cwd=well.path, env=future, check=True)
    (finding,) = [each for each in found(well) if each.level != "note"]
    assert finding.check == "clock"
    assert "3 days ahead" in finding.what


def test_rows_of_the_future(well: Repo) -> None:
    findings = found(well, 1_600_000_000_000)
    assert [each.check for each in findings] == ["clock"]


# ---- remote and versions


def test_a_remote_is_asked_only_where_one_was_chosen(well: Repo, tmp_path: Path) -> None:
    well("remote", "add", "origin", str(tmp_path / "nowhere"))
    assert found(well) == []
    well("config", "lorefs.sync.enabled", "true")
    finding = only(well, "remote")
    assert "origin does not answer" in finding.what
    assert "does not appear to be a git repository" in finding.what
    Repo(tmp_path)("init", "--quiet", "--bare", "nowhere")
    assert found(well) == []


def test_each_of_several_remotes_is_asked(well: Repo, tmp_path: Path) -> None:
    for name in ("one", "two"):
        Repo(tmp_path)("init", "--quiet", "--bare", name)
        well("remote", "add", name, str(tmp_path / name))
    well("config", "lorefs.sync.enabled", "true")
    well("config", "lorefs.sync.remote", "one two")
    assert found(well) == []
    well("remote", "set-url", "two", str(tmp_path / "gone"))
    assert "the remote two does not answer" in only(well, "remote").what


def test_what_keeps_the_exchange_from_working(well: Repo, tmp_path: Path) -> None:
    Repo(tmp_path)("init", "--quiet", "--bare", "hub")
    well("remote", "add", "origin", str(tmp_path / "hub"))
    well("config", "lorefs.sync.enabled", "true")
    well("config", "lorefs.sync.ingestFrom", "typo")
    assert "there is no typo (sync.ingestFrom)" in only(well, "sync").what
    well("config", "lorefs.sync.ingestFrom", "main")
    assert found(well) == []
    well("branch", "lorefs-sync")
    well("worktree", "add", "-q", str(tmp_path / "linked"), "lorefs-sync")
    assert "is checked out" in only(well, "sync").what


def test_a_remote_that_never_answers(well: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "SECONDS", 1.0)
    with socket.create_server(("127.0.0.1", 0)) as server:
        well("config", "lorefs.sync.remote", f"git://127.0.0.1:{server.getsockname()[1]}/x")
        assert "does not answer within 1 seconds" in only(well, "remote").what


def test_an_old_git(well: Repo, tmp_path: Path) -> None:
    fake = tmp_path / "bin/git"
    fake.parent.mkdir()
    fake.write_text(
        "#!/bin/sh\n"
        'case " $* " in *" version "*) echo git version 2.20.1;;'
        f' *) exec {shutil.which("git")} "$@";; esac\n'
    )
    fake.chmod(0o755)
    path = f"{fake.parent}:{os.environ['PATH']}"
    done = Lorefs(well.path)("doctor", "--json", status=1, env={"PATH": path})
    (finding,) = [each for each in done.json["findings"] if each["level"] != "note"]
    assert finding["what"] == "git is 2.20.1"
    assert "2.30" in finding["remedy"]


# ---- the command


def test_the_command_says_that_all_is_well(well: Repo) -> None:
    done = Lorefs(well.path)("doctor")
    assert done.lines[0].startswith("lorefs ")
    assert done.lines[-1] == "everything is well"


def test_the_command_lists_fixes_before_it_mends(well: Repo) -> None:
    lorefs = Lorefs(well.path)
    well("config", "--unset", "merge.lorefs.driver")
    listed = lorefs("doctor", status=1)
    assert "`lorefs doctor --fix` would:\n  1. run `lorefs init` again" in listed.out
    assert "merge driver is not configured" in listed.out
    told = lorefs("doctor", "--fix").out
    assert told.index("mending:") < told.index("1. done") < told.index("everything is well")
    assert ".git/lorefs/backup/" in told
    assert lorefs("doctor").lines[-1] == "everything is well"


def test_the_command_for_programs(well: Repo) -> None:
    lorefs = Lorefs(well.path)
    assert lorefs("doctor", "--json").json["findings"] == []
    well("config", "--unset", "merge.lorefs.driver")
    (finding,) = lorefs("doctor", "--json", status=1).json["findings"]
    assert (finding["check"], finding["level"], finding["fixable"]) == ("driver", "error", True)
    done = lorefs("doctor", "--fix", "--json").json
    assert done["findings"] == []
    assert done["mended"][0]["error"] is None


def test_a_fix_that_fails_is_told_and_spares_the_others(well: Repo) -> None:
    well("config", "--unset", "merge.lorefs.driver")
    well.write(".git/config.lock", "")  # git refuses to write its configuration
    well.write(".merge_file_a1B2c3.lorefs-99999", "half a merge")
    done = Lorefs(well.path)("doctor", "--fix", status=1)
    assert "1. failed: " in done.out
    assert "2. done" in done.out
    assert not (well.path / ".merge_file_a1B2c3.lorefs-99999").exists()


def test_names_in_the_worktree_cannot_command_the_terminal(well: Repo) -> None:
    well.write("a\x1b[31m/.lore.md", BASE)
    well.write("a\x1b[31m/..lore.md.lorefs-1.new", "x")
    for done in (
        Lorefs(well.path)("doctor", status=1),
        Lorefs(well.path)("doctor", "--json", status=1),
    ):
        assert "\x1b" not in done.out + done.err
    assert "\x1b[31m/" not in Lorefs(well.path).on_terminal("doctor", status=1).out


def test_outside_of_a_repository(tmp_path: Path) -> None:
    assert "not inside a git worktree" in Lorefs(tmp_path)("doctor", status=3).err


def test_entries_are_the_same_after_all_of_it(well: Repo) -> None:
    before = entries(well.read(".lore.md"))
    database(well).write_bytes(b"garbage" * 1000)
    well("config", "--unset", "merge.lorefs.driver")
    mended(well)
    assert entries(well.read(".lore.md")) == before
