"""What errors say of themselves."""

from __future__ import annotations

import pytest

from lorefs.errors import GitError, telling


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ("", ""),
        ("fatal: '/x' does not appear to be a git repository\nfatal: Could not read\n\nand more",
         "fatal: '/x' does not appear to be a git repository"),
        ("Warning: Permanently added 'h' to the list.\nssh: connect to host h: refused\nfatal: x",
         "ssh: connect to host h: refused"),
        ("warning: redirecting", "warning: redirecting"),
        ("[remote rejected] (pre-receive hook declined)\nremote: \nremote: closed\nremote: today",
         "closed today"),
    ],
)  # fmt: skip
def test_the_line_that_tells_most(words: str, line: str) -> None:
    assert telling(words) == line
    assert GitError("git failed", words=words).reason == (line or "git failed")
