"""What a program must not change comes back as an error of ours, with a way out."""

from __future__ import annotations

import pytest

from lorefs.errors import UsageError
from tests.clones import Clone
from tests.gitrepo import Repo


@pytest.mark.parametrize(
    ("field", "value", "hint"),
    [("id", "x", "keeps its id"), ("path", "src", "`move`"), ("scope", "personal", "`demote`")],
)
def test_no_edit_changes_what_an_entry_is(repo: Repo, field: str, value: str, hint: str) -> None:
    with Clone(repo).open() as workspace:
        row = workspace.add("One")
        with pytest.raises(UsageError) as raised:
            workspace.update(row.entry.id, {field: value, "confidence": 0.5})
        assert hint in (raised.value.hint or "")
        assert workspace.get(row.entry.id) == row, "nothing is changed"
