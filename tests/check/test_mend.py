"""What `--fix` mends, and that it changes nothing else."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lorefs.check.corpus import Corpus, Facts
from lorefs.check.mend import mend
from lorefs.check.registry import CODES, RULES
from lorefs.check.run import check, chosen
from lorefs.check.source import Source
from lorefs.core.document import ENTRY, decode, parse
from lorefs.core.ids import derived_id, is_uuid
from lorefs.core.source import read_entry
from tests.check.test_rules import SHAPES
from tests.cli.terminal import Lorefs
from tests.gitrepo import Repo
from tests.lore import document, entry, ident

PERMANENT = {"LORE001", "LORE002", "LORE003", "LORE005", "LORE006"}


def mended(text: str, path: str = ".lore.md", base: str | None = None) -> str:
    facts = Facts(base=lambda: {} if base is None else {path: base})
    found = mend(Corpus([Source(path, text)], facts=facts), CODES)
    assert all(each.done for each in found)
    return found[0].after if found else text


def codes(text: str) -> list[str]:
    return [finding.code for finding in check(Corpus([Source(".lore.md", text)]), chosen())]


def values(text: str) -> list[tuple[str, str, str]]:
    """Category, title and content of all entries, in their order, whatever their ids."""
    entries = (
        read_entry(b, path="") for b in parse(text).blocks if b.category and b.text[0] != "#"
    )
    return [(each.category, each.title, each.content) for each in entries]


def test_an_exact_copy_goes() -> None:
    text = document(entry(1, "A"), entry(2, "B"), entry(1, "A"))
    assert mended(text) == document(entry(1, "A"), entry(2, "B"))


def test_a_copy_with_other_words_gets_an_id_of_its_own() -> None:
    text = document(entry(1, "A", "one"), entry(1, "A", "two"), entry(1, "A", "two"))
    after = mended(text)
    assert [title for _, title, _ in values(after)] == ["A", "A"]
    assert after == document(
        entry(1, "A", "one"), entry(1, "A", "two").replace(ident(1), derived_id(".lore.md", "A"))
    )


def test_the_document_that_had_the_id_keeps_it() -> None:
    one, two = document(entry(1, "A", "one")), document(entry(1, "A", "two"))
    sources = [Source("a/.lore.md", one), Source("b/.lore.md", two)]
    assert [each.path for each in mend(Corpus(sources), CODES)] == ["b/.lore.md"]
    facts = Facts(base=lambda: {"b/.lore.md": two})
    assert [each.path for each in mend(Corpus(sources, facts=facts), CODES)] == ["a/.lore.md"]


def test_a_made_up_id_is_derived_and_links_follow() -> None:
    text = document(
        entry(1, "A", "[[2026-x]] and 2026-x", meta="relations: {supports: [2026-x]}"),
        entry(2, "B").replace(ident(2), "2026-x"),
    )
    new = derived_id(".lore.md", "lore:2026-x")
    assert is_uuid(new)
    after = mended(text)
    assert after == document(
        entry(1, "A", f"[[{new}]] and 2026-x", meta=f"relations: {{supports: [{new}]}}"),
        entry(2, "B").replace(ident(2), new),
    )
    assert codes(after) == []


def test_links_of_other_documents_follow_too() -> None:
    made_up = Source("a/.lore.md", document(entry(2, "B").replace(ident(2), "2026-x")))
    linking = Source("b/.lore.md", document(entry(1, "A", "see [[2026-x]].")))
    after = {each.path: each.after for each in mend(Corpus([made_up, linking]), CODES)}
    assert f"see [[{derived_id('a/.lore.md', 'lore:2026-x')}]]." in after["b/.lore.md"]


def test_the_marker_of_an_entry_that_is_gone_goes() -> None:
    orphan = f"<!-- lore:{ident(9)} -->"
    text = document(orphan, entry(1, "A"), f"{orphan}\n<!-- {{a: 1}} -->", entry(2, "B"), orphan)
    assert mended(text) == document(entry(1, "A"), entry(2, "B"))


def test_markers_are_written_and_a_retitled_entry_keeps_its_id() -> None:
    text = document("* **New title**: The words.", "* **Other**: More.").replace("\n", "\r\n")
    base = document("* **Old title**: The words.")
    kept = derived_id(".lore.md", "Old title")
    assert f"<!-- lore:{kept} -->\r\n* **New title**" in mended(text, base=base)
    assert derived_id(".lore.md", "New title") in mended(text)
    assert codes(mended(text)) == []


def test_characters_that_nobody_sees_go() -> None:
    text = document(entry(1, "A\u200b", "x \u202eabc\u202c \U000e0041y\u00ad \u2764\ufe0f"))
    assert mended(text) == document(entry(1, "A", "x abc y \u2764\ufe0f"))


def test_what_would_become_something_else_stays() -> None:
    """Without the hidden character the line would be a heading, or a marker."""
    for line in ("\u200b### Heading", f"\u200b<!-- lore:{ident(5)} -->\n* **X**: y"):
        text = f"{document(entry(1, 'A'))}\n{line}\n"
        assert "\u200b" in mended(text)


def test_a_document_in_conflict_is_left_alone() -> None:
    text = {name: text for name, text, _ in SHAPES}["conflict"]
    assert mended(text + "\u202e") == text + "\u202e"


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, text, _ in SHAPES])
def test_nothing_that_can_be_mended_is_left(name: str, text: str) -> None:
    after = mended(text)
    assert mended(after) == after
    left = set(codes(after))
    fixable = {rule.code for rule in RULES if rule.fixable}
    if "LORE001" not in left and name != "an id of two words":
        assert not left & fixable
    assert len(values(after)) <= len(values(text))


ODD = st.sampled_from([
    *"*#- \n\r`[]{}:x", "\u200b", "\u202e", f"<!-- lore:{ident(1)} -->\n", "<!-- lore:y -->\n",
    "* **A**: b\n", "### H\n\n", "\n\n", "<!-- {a: 1} -->\n", "```\n",
])  # fmt: skip


@given(st.lists(ODD, max_size=30).map("".join))
def test_mending_settles_and_loses_no_words(text: str) -> None:
    text = "### H\n\n" + text
    after = mended(text)
    assert mended(after) == after
    visible = [s.replace("\u200b", "").replace("\u202e", "") for s in (text, after)]
    if "LORE102" not in codes(text):
        words = [[w for w in t.split() if "lore:" not in w and w not in {"<!--", "-->"}]
                 for t in visible]  # fmt: skip
        dropped = [w for w in words[0] if w not in words[1] and w not in {"{a:", "1}"}]
        assert dropped == []


def test_real_documents_need_no_mending(corpus: Path) -> None:
    for file in sorted((corpus / "blobs").iterdir())[::10]:
        text = decode(file.read_bytes())
        assert mended(text) == text


def test_thousands_of_made_up_ids_take_seconds() -> None:
    entries = [entry(n, f"E{n}", f"[[x{n - 1}]]").replace(ident(n), f"x{n}") for n in range(5000)]
    start = time.process_time()
    after = mended(document(*entries))
    assert time.process_time() - start < 20
    assert f"[[{derived_id('.lore.md', 'lore:x4998')}]]" in after


# ---------------------------------------------------------------- the command


def test_the_command_lists_what_it_did(repo: Repo, lorefs: Lorefs) -> None:
    text = document(entry(1, "A"), entry(1, "A"), "* **By hand**: x\u200b", entry(2, "B", "\x1b"))
    repo.write("src/.lore.md", text).chmod(0o640)
    done = lorefs("check", "--fix", status=1)
    assert 'src/.lore.md: mended LORE102 removed a copy of "A"' in done.out
    assert 'src/.lore.md: mended LORE105 wrote the marker of "By hand"' in done.out
    assert "src/.lore.md: mended LORE302 removed 1 invisible character" in done.out
    assert "LORE303" in done.out
    assert (repo.path / "src/.lore.md").stat().st_mode & 0o777 == 0o640
    blocks = [b for b in parse(repo.read("src/.lore.md")).blocks if b.kind == ENTRY]
    assert [b.id for b in blocks] == [ident(1), derived_id("src/.lore.md", "By hand"), ident(2)]
    again = lorefs("check", "--fix", "--json", status=1).json
    assert again["mended"] == []
    assert [file.name for file in (repo.path / "src").iterdir()] == [".lore.md"]


def test_only_what_is_selected_is_mended(repo: Repo, lorefs: Lorefs) -> None:
    repo.write(".lore.md", document("* **By hand**: x\u200b"))
    lorefs("check", "--fix", "--select", "LORE302")
    assert repo.read(".lore.md") == document("* **By hand**: x")


def test_what_is_staged_is_not_mended(lorefs: Lorefs) -> None:
    assert "worktree" in lorefs("check", "--fix", "--staged", status=2).err


def test_a_file_that_cannot_be_written_is_named(repo: Repo, lorefs: Lorefs) -> None:
    if os.geteuid() == 0:
        pytest.skip("root writes everywhere")
    repo.write("a/.lore.md", document("* **By hand**: x"))
    (repo.path / "a").chmod(0o555)
    assert "a/.lore.md cannot be written" in lorefs("check", "--fix", status=1).err
