"""What comes in is text that can be taken in, or a flaw with its place."""

from __future__ import annotations

import pytest

from lorefs.core.incoming import IN_CONFLICT, NOT_UTF8, NUL, Flaw, leads_out, read_text


@pytest.mark.parametrize(
    ("data", "flaw", "words"),
    [
        (b"# A\n\nb\0\n", Flaw(NUL, 3, 6), "holds a NUL byte"),
        (b"# A\n\xff\n", Flaw(NOT_UTF8, 2, 4), "is not UTF-8 at byte 4"),
        (b"\n<<<<<<< a\n", Flaw(IN_CONFLICT, 2), "has conflict markers in line 2"),
        (b"\xff\0", Flaw(NUL, 1, 1), "holds a NUL byte"),
    ],
)
def test_a_flaw_is_told_with_its_place(data: bytes, flaw: Flaw, words: str) -> None:
    assert read_text(data) == flaw
    assert flaw.words == words


@pytest.mark.parametrize("text", ["", "# Läufe\r\n=======\n"])
def test_all_other_text_comes_in_as_it_is(text: str) -> None:
    assert read_text(text.encode()) == text


@pytest.mark.parametrize(
    ("path", "out"),
    [
        ("a/.lore.md", False),
        ("..a/b..", False),
        ("/a", True),
        ("a//b", True),
        ("./a", True),
        ("a/../b", True),
        ("a/.GIT/b", True),
        (".g\u200cit/a", True),
        ("a/.git. ./b", True),
        ("a/git~1/b", True),
        ("a/.git:x/b", True),
        ("a/git/.gitignore", False),
        ("", True),
    ],
)
def test_paths_that_lead_out(path: str, *, out: bool) -> None:
    assert leads_out(path) is out
