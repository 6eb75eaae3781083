"""What people, pipes and programs get to see."""

from __future__ import annotations

import re
import subprocess

import pytest

from tests.cli.conftest import FIRST
from tests.cli.terminal import Lorefs, command, environment
from tests.gitrepo import Repo

STYLE = re.compile(r"\x1b\[[0-9;]*m")

ESCAPES = "\x1b]0;owned\x07 \x1b[2J \x9b31m \u202eabc \u200b"
HOSTILE = f"""\
### Gotcha\x1b[31m

<!-- lore:{FIRST} -->
<!-- {{tags: ["a\x1b[5mb"], odd: "\x1b[1m"}} -->
* **Title {ESCAPES}**: text {ESCAPES}

  &#27;[2J and [a link](http://example.invalid/&#27;[5m) and `code &#x9b;`

  ```&#27;[7m
  {ESCAPES}
  ```
"""


def without_styles(text: str) -> str:
    return STYLE.sub("", text)


@pytest.mark.parametrize(
    "arguments",
    [["list"], ["show", FIRST], ["show", FIRST, "--format", "html"],
     ["show", FIRST, "--format", "text"], ["show", FIRST, "--format", "md"],
     ["search", "text"], ["log"], ["diff"], ["rm", FIRST], ["status"],
     ["list", "--json"], ["show", FIRST, "--json"], ["search", "text", "--json"]],
)  # fmt: skip
@pytest.mark.parametrize("terminal", [True, False])
def test_nothing_in_a_document_reaches_the_terminal_as_a_command(
    lorefs: Lorefs, repo: Repo, arguments: list[str], terminal: bool
) -> None:
    repo.write(".lore.md", HOSTILE)
    done = lorefs.on_terminal(*arguments) if terminal else lorefs(*arguments)
    unsafe = re.findall("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]", without_styles(done.out))
    assert unsafe == []


def test_a_terminal_gets_styles_and_a_pipe_does_not(lore: Lorefs) -> None:
    assert STYLE.search(lore.on_terminal("list").out)
    assert "\x1b" not in lore("list").out


def test_show_gives_what_is_asked_for(lore: Lorefs) -> None:
    lore("edit", FIRST, "--content", "Some **bold** <b>text</b>")
    source = lore("show", FIRST).out
    assert lore.on_terminal("show", FIRST, "--format", "md").out.count("**bold**") == 1
    assert lore("show", FIRST, "--format", "md").out == source
    assert "\nSome bold <b>text</b>\n" in lore("show", FIRST, "--format", "text").out
    page = lore("show", FIRST, "--format", "html").out
    assert page.startswith(f'<article id="lore-{FIRST}">\n<h2>')
    assert "<p>Some <strong>bold</strong> &lt;b&gt;text&lt;/b&gt;</p>\n</article>\n" in page
    assert lore("show", FIRST, "--format", "json").out == lore("show", FIRST, "--json").out


def test_show_takes_one_format(lore: Lorefs) -> None:
    lore("show", FIRST, "--json", "--format", "html", status=2)
    lore("show", FIRST, "--format", "pdf", status=2)


def test_no_color_is_respected(lore: Lorefs) -> None:
    out = lore.on_terminal("list", env={"NO_COLOR": "1"}).out
    colors = [code for code in STYLE.findall(out) if re.search(r"\[(?:\d+;)*3\dm", code)]
    assert colors == []


def test_a_dumb_terminal_gets_plain_text(lore: Lorefs) -> None:
    assert "\x1b" not in lore.on_terminal("list", env={"TERM": "dumb"}).out


def test_a_list_on_a_terminal_is_grouped_and_never_wider_than_it(lore: Lorefs) -> None:
    lines = without_styles(lore.on_terminal("list", width=44).out).splitlines()
    assert lines[:2] == [".lore.md", "  Gotcha"]
    assert max(map(len, lines)) <= 44
    lines = without_styles(lore.on_terminal("list", "--status", "pending").out).splitlines()
    assert lines == [".lore.md", "  Decision", "    3c3c3c3c  We ship on Tuesdays  pending"]


def test_what_is_wrong_and_what_helps_is_never_cut(lore: Lorefs) -> None:
    done = lore.on_terminal("sync", status=5, width=30)
    assert "`lorefs sync setup` turns it on, step by step" in done.out
    done = lore.on_terminal("restore", "--rev", "1", status=2, width=30)
    assert "`lorefs restore --at COMMIT`" in done.out


def test_show_on_a_terminal_renders_markdown(lore: Lorefs) -> None:
    lore("edit", FIRST, "--content", "Some **bold** text and\n\n- a list")
    out = lore.on_terminal("show", FIRST).out
    assert "\x1b[1mbold\x1b[0m" in out
    assert " • a list" in without_styles(out)


def test_search_on_a_terminal_marks_what_matched(lore: Lorefs) -> None:
    assert "\x1b[1mgateway\x1b[0m" in lore.on_terminal("search", "gateway").out


def test_errors_go_to_standard_error(lore: Lorefs) -> None:
    done = lore("show", "nothing", status=2)
    assert done.out == ""
    assert done.err.startswith("error: ")


def test_a_reader_that_has_seen_enough_is_no_error(lore: Lorefs) -> None:
    with subprocess.Popen(
        command("list", "--json"),
        cwd=lore.path,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(50) == 141
