"""Agents at work: the SDK's own client, over the standard input and output of real processes."""

from __future__ import annotations

import os
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

pytest.importorskip("mcp", reason="the extra lorefs[mcp] is not installed")

import anyio
from mcp import Client, MCPError, StdioServerParameters

from tests.cli.conftest import FIRST, LORE, SECOND, THIRD
from tests.cli.terminal import TOP, Lorefs
from tests.gitrepo import Repo

Work = Callable[[Client], Awaitable[None]]


@pytest.fixture
def lore(repo: Repo) -> Lorefs:
    repo.commit("Our lore", **{".lore.md": LORE, "api/errors.py": "x = 1\n"})
    return Lorefs(repo.path)


def client(lorefs: Lorefs) -> Client:
    environment = {**os.environ, "PYTHONPATH": str(TOP)}
    server = StdioServerParameters(
        command=sys.executable, args=["-m", "lorefs", "mcp"], env=environment, cwd=lorefs.path
    )
    return Client(server, read_timeout_seconds=40)


def work(lorefs: Lorefs, *jobs: Work) -> None:
    """Run jobs at once, each with a client and a server of its own."""

    async def one(job: Work) -> None:
        async with client(lorefs) as agent:
            await job(agent)

    async def all_of_them() -> None:
        async with anyio.create_task_group() as group:
            for job in jobs:
                group.start_soon(one, job)

    anyio.run(all_of_them)


async def ask(agent: Client, tool: str, **arguments: Any) -> Any:  # noqa: ANN401  # JSON
    result = await agent.call_tool(tool, arguments)
    assert not result.is_error, result.content
    return result.structured_content


async def fail(agent: Client, tool: str, **arguments: Any) -> Any:  # noqa: ANN401  # JSON
    result = await agent.call_tool(tool, arguments)
    assert result.is_error
    assert "Traceback" not in str(result.content)
    return result.structured_content


def test_an_agent_reads_and_writes_and_the_log_says_so(lore: Lorefs, repo: Repo) -> None:
    async def job(agent: Client) -> None:
        tools = {tool.name: tool for tool in (await agent.list_tools()).tools}
        assert tools.keys() == {
            "search", "get", "list", "add", "update", "archive", "restore", "relate",
            "promote", "conflicts", "resolve", "context", "proposals",
        }  # fmt: skip
        assert all(tool.description for tool in tools.values())
        assert tools["get"].annotations is not None
        assert tools["get"].annotations.read_only_hint

        found = await ask(agent, "search", query="checkpoints")
        assert [each["id"] for each in found["entries"]] == [FIRST]
        added = await ask(
            agent, "add", title="Errors are documents", content="See `errors.py`.",
            category="Pattern", tags=["api"], path="api",
        )  # fmt: skip
        changed = await ask(
            agent, "update", id=added["id"], confidence=0.5, tags_add=["http"], if_rev=added["rev"]
        )
        assert (changed["confidence"], changed["tags"]) == (0.5, ["api", "http"])
        everything = await ask(agent, "list", limit=2)
        assert (everything["total"], len(everything["entries"])) == (3, 2)

        related = await ask(agent, "relate", id=added["id"], type="supersedes", target=SECOND)
        assert related["relations"] == [{"type": "supersedes", "id": SECOND}]
        context = await ask(agent, "context", paths=["api/errors.py"], budget=500)
        assert context["ids"][0] == added["id"]
        assert SECOND not in context["ids"]
        assert "## Errors are documents" in context["text"]
        assert context["tokens"] <= 500
        await ask(agent, "relate", id=added["id"], type="supersedes", target=SECOND, remove=True)

        assert (await ask(agent, "archive", id=FIRST))["status"] == "archived"
        assert (await ask(agent, "restore", id=FIRST))["status"] == "active"
        assert (await ask(agent, "conflicts")) == {"conflicts": []}

    work(lore, job)
    assert "Errors are documents" in repo.read("api/.lore.md")
    changes = lore("log", "--json").json
    assert {each["source"] for each in changes if each["op"] in {"add", "edit"}} == {"mcp"}


def test_a_stale_revision_is_an_error_with_the_current_row(lore: Lorefs, repo: Repo) -> None:
    async def job(agent: Client) -> None:
        read = await ask(agent, "get", id=FIRST)
        lore("edit", FIRST, "--title", "By hand")
        error = await fail(agent, "update", id=FIRST, title="By agent", if_rev=read["rev"])
        assert error["error"] == "Conflict"
        assert error["current"]["title"] == "By hand"
        rev = error["current"]["rev"]
        for tool in ("archive", "restore"):
            assert "current" in await fail(agent, tool, id=FIRST, if_rev=read["rev"])
        await ask(agent, "update", id=FIRST, title="By agent", if_rev=rev)

    work(lore, job)
    assert "**By agent**" in repo.read(".lore.md")


def test_what_cannot_be_done_is_an_error_and_the_server_goes_on(lore: Lorefs) -> None:
    async def job(agent: Client) -> None:
        assert (await fail(agent, "get", id="zzzz"))["error"] == "UnknownEntry"
        assert len((await fail(agent, "get", id="019e8d03"))["candidates"]) == 3
        assert "directory" in (await fail(agent, "add", title="T", path="../x"))["message"]
        assert (await fail(agent, "add", title="T", confidence=7))["found"] == "7.0"
        await fail(agent, "context", paths=["../../etc/passwd"])
        await fail(agent, "resolve", conflict="1", choice="ours")
        await fail(agent, "resolve", conflict="1")
        await fail(agent, "relate", id=FIRST, type="supports", target=FIRST)
        assert (await agent.call_tool("get", {})).is_error
        assert (await ask(agent, "get", id=SECOND))["title"] == "Retries are not idempotent"

    work(lore, job)


def test_documents_are_resources(lore: Lorefs, repo: Repo) -> None:
    async def job(agent: Client) -> None:
        listed = (await agent.list_resources()).resources
        assert [each.name for each in listed] == [".lore.md"]
        read = await agent.read_resource(str(listed[0].uri))
        assert getattr(read.contents[0], "text", "") == repo.read(".lore.md")
        for path in ("gone/.lore.md", "../.lore.md", ".lore.local.md", ".git/config"):
            with pytest.raises(MCPError):
                await agent.read_resource(f"lore://documents/{path}")

    lore("add", "Mine", "--personal")
    work(lore, job)


def test_what_was_deleted_comes_back(lore: Lorefs) -> None:
    async def job(agent: Client) -> None:
        await ask(agent, "get", id=FIRST)
        lore("rm", FIRST)
        await fail(agent, "get", id=FIRST)
        assert (await ask(agent, "restore", id=FIRST))["confidence"] == 0.8

    work(lore, job)


def test_personal_entries_are_promoted(lore: Lorefs, repo: Repo) -> None:
    async def job(agent: Client) -> None:
        mine = await ask(agent, "add", title="Mine", personal=True)
        assert mine["scope"] == "personal"
        (given,) = (await ask(agent, "promote", ids=[mine["id"]]))["entries"]
        assert (given["id"], given["document"]) == (mine["id"], ".lore.md")
        assert (await fail(agent, "promote", ids=[FIRST]))["error"] == "Usage"

    work(lore, job)
    assert "* **Mine**" in repo.read(".lore.md")


def test_conflicts_are_settled(lore: Lorefs, repo: Repo) -> None:
    lore("init")
    repo.commit("attributes")
    repo("branch", "topic")
    for branch, value in (("main", "0.9"), ("topic", "0.3")):
        repo("switch", "--quiet", branch)
        text = repo.read(".lore.md").replace("0.8", value)
        repo.commit(branch, **{".lore.md": text})
    repo("switch", "--quiet", "main")
    repo("merge", "--quiet", "topic")

    async def job(agent: Client) -> None:
        (conflict,) = (await ask(agent, "conflicts"))["conflicts"]
        assert (conflict["field"], conflict["chosen"]) == ("confidence", "0.3")
        side = "ours" if conflict["ours"] == "0.9" else "theirs"
        settled = await ask(agent, "resolve", conflict=str(conflict["number"]), choice=side)
        assert (settled["open"], settled["now"]["confidence"]) == (False, 0.9)
        assert len((await ask(agent, "conflicts", settled=True))["conflicts"]) == 1

    work(lore, job)


def test_two_agents_at_once_lose_nothing(lore: Lorefs, repo: Repo) -> None:
    def job(name: str) -> Work:
        async def run(agent: Client) -> None:
            for number in range(4):
                await ask(agent, "add", title=f"{name} {number}", content=f"By {name}.")
                for _ in range(20):  # as an agent would: read again, repeat
                    row = await ask(agent, "get", id=THIRD)
                    result = await agent.call_tool(
                        "update",
                        {"id": THIRD, "content": f"{row['content']} {name}{number}",
                         "if_rev": row["rev"]},
                    )  # fmt: skip
                    if not result.is_error:
                        break
                else:
                    pytest.fail("never got through")

        return run

    work(lore, job("one"), job("two"))
    text = repo.read(".lore.md")
    for name in ("one", "two"):
        for number in range(4):
            assert f"**{name} {number}**" in text
            assert f" {name}{number}" in text


def test_outside_of_a_repository_it_says_so(tmp_path: Any) -> None:  # noqa: ANN401
    (tmp_path / "empty").mkdir()
    failed = Lorefs(tmp_path / "empty")("mcp", status=3)
    assert "hint" in failed.err
