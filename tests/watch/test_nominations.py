"""With `suggest.auto`, watch keeps the list of what is worth promoting; nothing else happens."""

from __future__ import annotations

from tests.lore import document, entry, ident
from tests.watch.conftest import Watching, eventually

OLD = 1_735_689_600_000  # the first of January 2025
DAY = 86_400_000


def test_watch_nominates_and_status_says_so(watching: Watching) -> None:
    repo, lorefs = watching.repo, watching.lorefs
    (repo.path / ".git/info/exclude").write_text(".lore.local.md\n")
    text = document(entry(11, "Mine", "Sandboxes sleep on Sundays."), entry(12, "Mine, too", "So."))
    repo.write(".lore.local.md", text)
    lorefs("reconcile")
    lorefs("config", "set", "suggest.auto", "true")
    reads = (f"{OLD + day * DAY} {ident(n)}\n" for n in (11, 12) for day in range(5))
    repo.write(".git/lorefs/reads.log", "".join(reads))
    process = watching.start()
    eventually(lambda: watching.status()["nominations"] == [ident(11), ident(12)])
    assert "2 personal entries may be worth promoting" in lorefs("status").out
    assert repo.read(".lore.local.md") == text
    lorefs("suggest", "--dismiss", ident(12))
    assert watching.status()["nominations"] == [ident(11)]
    lorefs("promote", ident(11))
    assert watching.status()["nominations"] == []
    watching.end(process)
