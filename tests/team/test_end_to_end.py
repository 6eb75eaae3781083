"""A team at work through one bare hub: two users, an approver and an agent, as real programs.

Each of them has a home of their own. Nothing here looks inside: what the programs print, what
the files say and which objects the hub has is all that anybody outside can see.
"""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("mcp", reason="the extra lorefs[mcp] is not installed")

import anyio
from mcp import Client, StdioServerParameters

from tests.cli.terminal import Done, Lorefs, environment
from tests.mcp.test_server import Work, ask

BRANCH, TEAM, REVIEW, PERSONAL = "lorefs-sync", ".lore.md", ".lore.review.md", ".lore.local.md"
REALM = "realms/widgets"
MINE = "The password of my sandbox is under the keyboard."
POLICY = "---\npolicy: {approval: manual, approvers: [ada@example.invalid]}\n---\n"
RETRIES = "* **Retries are not idempotent**: the gateway books twice.\n"
HAND = "\n* **Caches are cold**: for five minutes after a deploy.\n"

pytestmark = pytest.mark.timeout(180)  # some sixty programs, one after the other


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a home and a clone; calling them runs `lorefs` there."""

    name: str
    clone: Path
    home: Path

    @property
    def env(self) -> dict[str, str]:
        programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        stores = {f"XDG_{kind}_HOME": str(self.home / kind.lower()) for kind in ("DATA", "CONFIG")}
        config = {"HOME": str(self.home), "GIT_CONFIG_GLOBAL": str(self.home / ".gitconfig")}
        return {**stores, **config, "PATH": programs}

    @property
    def email(self) -> str:
        return f"{self.name}@example.invalid"

    def __call__(self, *arguments: str, status: int = 0) -> Done:
        return Lorefs(self.clone)(*arguments, status=status, env=self.env)

    def git(self, *arguments: str, cwd: Path | None = None, status: int = 0) -> Done:
        found = subprocess.run(
            ["git", *arguments], cwd=cwd or self.clone, env=environment(self.env), check=False,
            capture_output=True, encoding="utf-8", errors="surrogateescape", timeout=50,
        )  # fmt: skip
        assert found.returncode == status, found
        return Done(found.returncode, found.stdout, found.stderr)

    def text(self, name: str = TEAM) -> str:
        path = self.clone / name
        return path.read_text("utf-8") if path.exists() else ""

    def edit(self, old: str, new: str, name: str = TEAM) -> None:
        """Change a text in a file, in an editor."""
        text = self.text(name)
        assert old in text
        (self.clone / name).write_text(text.replace(old, new), "utf-8")

    def queue(self) -> dict[str, Any]:
        """What waits for approval, by title."""
        return {each["proposal"]["title"]: each for each in self("review", "--json").json}

    def shared(self) -> list[dict[str, Any]]:
        """The rows that all of the team should have, without what is a clone's own."""
        rows = [row for row in self("list", "--json").json if row["scope"] != "personal"]
        own = {"rev", "created_at", "updated_at", "changed_at", "changed_by", "updated_by"}
        return sorted(
            ({key: value for key, value in row.items() if key not in own} for row in rows),
            key=lambda row: row["id"],
        )

    def agent(self, job: Work) -> None:
        """Have an agent of theirs do something over MCP."""
        server = StdioServerParameters(
            command=sys.executable, args=["-m", "lorefs", "mcp"], env=environment(self.env),
            cwd=self.clone,
        )  # fmt: skip

        async def run() -> None:
            async with Client(server, read_timeout_seconds=50) as agent:
                await job(agent)

        anyio.run(run)


@dataclass(frozen=True, slots=True)
class Stage:
    """The hub with its hook, and who works through it; Ada is who approves."""

    hub: Path
    ada: Person
    ben: Person
    cleo: Person

    @property
    def people(self) -> tuple[Person, ...]:
        return self.ada, self.ben, self.cleo

    def tip(self) -> str:
        return self.ada.git("rev-parse", BRANCH, cwd=self.hub).out.strip()

    def everything(self) -> str:
        """The content of all objects that the hub has, reachable or not, and its refs."""
        objects = self.ada.git("cat-file", "--batch", "--batch-all-objects", cwd=self.hub).out
        return objects + self.ada.git("for-each-ref", cwd=self.hub).out


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    """Ada has made the hub and said in the document that she approves; all have joined."""
    people = []
    for name in ("ada", "ben", "cleo"):
        home = tmp_path / "homes" / name
        home.mkdir(parents=True)
        person = Person(name, tmp_path / name, home)
        (home / ".gitconfig").write_text(
            f"[user]\n\tname = {name.title()}\n\temail = {person.email}\n"
            "[init]\n\tdefaultBranch = main\n[gc]\n\tauto = 0\n"
        )
        people.append(person)
    ada, ben, cleo = people
    hub = tmp_path / "hub.git"
    ada.git("init", "--quiet", "--bare", "code.git", cwd=tmp_path)
    for person in people:
        person.git("clone", "--quiet", "code.git", person.name, cwd=tmp_path)
        if person is ada:
            (ada.clone / "retry.py").write_text("x = 1\n")
            ada.git("add", "--all")
            ada.git("commit", "--quiet", "--message", "Code")
            ada.git("push", "--quiet", "origin", "main")
    Lorefs(tmp_path)("team", "create", "hub.git", "--pre-receive", env=ada.env)
    join = "team", "join", str(hub), "--realm", "widgets", "--yes"
    assert "has nothing of widgets yet" in ada(*join).out
    (ada.clone / TEAM).write_text(f"{POLICY}\n### Gotcha\n\n{RETRIES}")
    ada("reconcile")
    ada("sync")
    ben("add", "My sandbox", "--content", MINE, "--personal")
    ben("add", "Amounts are in cents", "--content", "Floats lost money.", "--personal")
    joined = ben(*join, "--promote", "none").out
    assert "has 1 document of it" in joined
    cleo(*join)
    assert "the gateway books twice" in ben.text()
    assert cleo.text() == ada.text()
    return Stage(hub, ada, ben, cleo)


def test_a_team_and_an_agent_work_through_one_hub(stage: Stage) -> None:
    ada, ben, cleo = stage.people
    approved = ada.text()
    _propose(ben)
    assert ben.text() == approved
    cleo("sync")
    assert cleo.text() == approved
    assert [row["title"] for row in cleo("list", "--scope", "team", "--json").json] == [
        "Retries are not idempotent"
    ]
    assert "Floats" not in cleo("context", "--query", "floats amounts money").out
    assert "ada@example.invalid may" in cleo("approve", "--", _id(cleo, "Caches are cold"),
                                             status=5).err  # fmt: skip
    _judge(ada, stage)
    for person in (cleo, ben, ada):
        person("sync")
    _converged(stage)
    text = ben.text()
    assert "the gateway books three times." in text
    assert "**Amounts are in cents**: Floats lost money." in text
    assert "**Caches are cold**" in text
    assert "VPN" not in text
    rejected = ben("review", "--rejected").out
    assert "rejected: Not since May." in rejected
    assert [row["title"] for row in ben("list", "--scope", "personal", "--json").json] == [
        "My sandbox"
    ]
    everything = stage.everything()
    assert "Floats lost money." in everything
    for secret in (MINE, "My sandbox", PERSONAL, str(ben.home), str(ben.clone)):
        assert secret not in everything


def _id(person: Person, title: str) -> str:
    return str(person.queue()[title]["proposal"]["id"])


def _propose(ben: Person) -> None:
    """In all the ways there are: promote, by hand, an edit of what is approved, an agent."""
    (cents,) = (row for row in ben("list", "--json").json if "cents" in row["title"])
    promoted = ben("promote", cents["id"])
    assert "pending" in promoted.out
    assert REVIEW in promoted.out
    (ben.clone / TEAM).write_text(ben.text() + HAND, "utf-8")
    told = ben("list").err
    assert f"waits for approval in {REVIEW}: Caches are cold" in told
    ben.edit("books twice", "books three times")
    assert "Retries are not idempotent" in ben("list").err

    async def work(agent: Client) -> None:
        added = await ask(agent, "add", title="The sandbox needs a VPN", content="Ask for one.")
        assert (added["scope"], added["status"]) == ("review", "pending")
        found = await ask(agent, "context", query="sandbox VPN cents caches gateway")
        assert "Retries are not idempotent" in found["text"]
        for waits in ("Ask for one", "for five minutes", "Floats", "three times"):
            assert waits not in found["text"]
        assert len((await ask(agent, "proposals"))["proposals"]) == 4

    ben.agent(work)
    ben("sync")


def _judge(ada: Person, stage: Stage) -> None:
    """Ada reviews, approves of three and rejects one."""
    ada("sync")
    assert "the gateway books [-twice.-]{+three times.+}" in ada("review").out
    queue = ada.queue()
    assert {(title, each["kind"]) for title, each in queue.items()} == {
        ("Amounts are in cents", "new"),
        ("Caches are cold", "new"),
        ("The sandbox needs a VPN", "new"),
        ("Retries are not idempotent", "change"),
    }
    assert {each["proposed_by"] for each in queue.values()} == {stage.ben.email}
    change = queue["Retries are not idempotent"]
    stale = queue["Caches are cold"]["hash"]
    ada("approve", change["proposal"]["id"], "--if-rev", stale, status=4)
    assert "books twice" in ada.text()
    ada("approve", change["proposal"]["id"], "--if-rev", change["hash"])
    ada("approve", _id(ada, "Caches are cold"), _id(ada, "Amounts are in cents"))
    ada("reject", _id(ada, "The sandbox needs a VPN"), "--why", "Not since May.")
    ada("sync")


def _converged(stage: Stage) -> None:
    """All clones have the hub's tree, and the same files and rows."""
    tree = f"{BRANCH}^{{tree}}"
    there = stage.ada.git("rev-parse", tree, cwd=stage.hub).out
    for person in stage.people:
        assert person.git("rev-parse", tree).out == there
        for name in (TEAM, REVIEW):
            blob = person.git("cat-file", "blob", f"{BRANCH}:{REALM}/{name}").out
            assert person.text(name) == blob
    rows = [person.shared() for person in stage.people]
    assert rows[0] == rows[1] == rows[2]
    assert len(rows[0]) == 4


async def _sees_the_mark(agent: Client, ident: str) -> None:
    listed = {row["id"]: row for row in (await ask(agent, "list"))["entries"]}
    for row in (await ask(agent, "get", id=ident), listed[ident]):
        assert (row["title"], row["standing"]) == ("Caches are cold", "unapproved")
    assert "standing" not in (await ask(agent, "search", query="gateway"))["entries"][0]


def test_a_forged_approval_does_not_count(stage: Stage, tmp_path: Path) -> None:
    ada, ben, cleo = stage.people
    new = ben("add", "Caches are cold", "--content", "After a deploy.").out.strip()
    ben("sync")
    cleo("sync")
    bound = cleo.queue()["Caches are cold"]["hash"]
    forge = tmp_path / "forge"
    cleo.git("clone", "--quiet", str(stage.hub), str(forge), cwd=tmp_path)
    document = forge / REALM / TEAM
    marks = f"approved_by: {ada.email}, approved_hash: {bound}"
    document.write_text(
        f"{document.read_text()}\n### Note\n\n<!-- lore:{new} -->\n<!-- {{{marks}}} -->\n"
        "* **Caches are cold**: After a deploy.\n"
    )
    (forge / REALM / REVIEW).unlink()
    cleo.git("commit", "--quiet", "--all", "--message", "Approved", cwd=forge)
    forged = cleo.git("rev-parse", "HEAD", cwd=forge).out[:12]

    refused = cleo.git("push", "origin", BRANCH, cwd=forge, status=1).err
    assert "error LORE203" in refused
    assert cleo.email in refused
    assert f"in commit {forged}" in refused
    assert f"({ada.email} may)" in refused

    (stage.hub / "hooks" / "pre-receive").unlink()  # as on a server without lorefs
    cleo.git("push", "--quiet", "origin", BRANCH, cwd=forge)
    for person in stage.people:
        told = person("sync").out
        assert "does not count: " in told
        assert f"{forged}" in told
        assert cleo.email in told
        (row,) = (row for row in person("list", "--json").json if row["id"] == new)
        assert row["standing"] == "unapproved"
        assert "After a deploy." not in person("context", "--query", "caches deploy").out
    ben.agent(partial(_sees_the_mark, ident=new))
    shown = ben("show", new).out
    assert f"not approved: approved in {forged} by {cleo.email}, who may not" in shown
    assert "changed since" not in shown  # the hash is the right one, and is worth nothing
    cleo("approve", new, status=5)
    ada("approve", new)
    ada("sync")
    ben("sync")
    (row,) = (row for row in ben("list", "--json").json if row["id"] == new)
    assert (row["standing"] or "", row["approved_by"]) == ("", ada.email)
