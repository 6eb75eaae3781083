"""Each rule on the shapes that documents really get into, and on those that are fine."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lorefs.check.corpus import Corpus, Facts, Limits, Unentitled
from lorefs.check.finding import ERROR, Finding
from lorefs.check.registry import CODES, RULES, matching
from lorefs.check.run import MOST, check, chosen, fails
from lorefs.check.source import Source
from lorefs.core.document import decode
from tests.conftest import TOP
from tests.lore import document, entry, ident

PLAIN = document(entry(1, "Alpha"), entry(2, "Beta"))
HEADER = "<!-- Managed by lore (https://lore.example) -->\n\n"


def found_in(text: str, path: str = ".lore.md", *others: Source) -> list[Finding]:
    return check(Corpus([Source(path, text)], others), chosen())


def codes(text: str, path: str = ".lore.md", *others: Source) -> list[str]:
    return [finding.code for finding in found_in(text, path, *others)]


CONFLICT = PLAIN.replace(entry(2, "Beta"), f"<<<<<<< HEAD\n{entry(2, 'Beta')}\n=======\n"
                         f"{entry(2, 'Beta', 'Other words.')}\n>>>>>>> topic")  # fmt: skip
TOKEN = "ghp_" + "a1B2c3D4e5F6" * 3  # in the form of a token, and nobody's
ENTROPY = "c3VwZXIgbG9uZyBzdHJpbmcgc2hvdWxkIGNhdXNlIGVub3VnaCBlbnRyb3B5"
LONG = "Readers that stay open for minutes keep the log from being checkpointed, as we saw"
FENCE = f"\n\n```sh\n# no heading\n<!-- lore:{ident(9)} -->\n* **No entry**: at all\n```"

SHAPES = [
    ("plain", PLAIN, ""),
    ("empty", "", ""),
    ("only a header", HEADER + "## Long-term Knowledge\n", ""),
    ("by a formatter", PLAIN.replace("-->\n* **", "-->\n\n- **"), ""),
    ("CRLF", PLAIN.replace("\n", "\r\n"), ""),
    ("a byte order mark", "\ufeff" + PLAIN, ""),
    ("no final line end", PLAIN.rstrip("\n"), ""),
    ("an indented fence", PLAIN.replace("know.", "know." + FENCE.replace("\n", "\n  "), 1), ""),
    ("a fence", PLAIN.replace("know.", "know." + FENCE, 1), ""),
    ("metadata", document(entry(1, "A", meta="confidence: 0.8, tags: [x], mine: {a: [1]}")), ""),
    ("conflict", CONFLICT, "LORE001"),
    ("conflict with its base", CONFLICT.replace("=======", "||||||| b\n* x\n======="), "LORE001"),
    ("a conflict of CRLF", CONFLICT.replace("\n", "\r\n"), "LORE001"),
    ("a marker left behind", PLAIN + "\n=======\n", "LORE001"),
    ("not UTF-8", PLAIN.replace("know", "kn\udc97w", 1), "LORE002"),
    ("NUL", PLAIN.replace("know", "kn\0w", 1), "LORE003"),
    ("two sections", PLAIN + "\n" + PLAIN.replace("0001 ", "0003 ").replace("0002 ", "0004 "),
     "LORE005 LORE602 LORE602"),
    ("two headers", HEADER + HEADER + PLAIN, "LORE005"),
    ("broken front matter", "---\n{\n---\n" + PLAIN, "LORE006"),
    ("a newer format", "---\nlorefs: 2\n---\n" + PLAIN, "LORE006"),
    ("front matter", "---\nlorefs: 1\nours: x\n---\n" + PLAIN, ""),
    ("one id, two texts", document(entry(1, "A"), entry(1, "B")), "LORE101"),
    ("one entry twice", document(entry(1, "A"), entry(2, "B"), entry(1, "A")), "LORE102"),
    ("half a conflict", document(entry(1, "A"), "=======", entry(1, "A")), "LORE001 LORE102"),
    ("a made-up id", PLAIN.replace(ident(1), "2026-commit-format"), "LORE103"),
    ("an id of two words", PLAIN.replace(ident(1), "one two"), "LORE103 LORE105"),
    ("an upper-case id", PLAIN.replace(ident(1), ident(1).upper()), ""),
    ("no body", document(entry(1, "A"), f"<!-- lore:{ident(2)} -->"), "LORE104"),
    ("no body, but metadata", document(f"<!-- lore:{ident(2)} -->\n<!-- {{a: 1}} -->"),
     "LORE104 LORE202"),
    ("no marker", document(entry(1, "A"), "* **Beta**: by hand"), "LORE105"),
    ("half a mapping", document(entry(1, "A", meta="confidence: [0.8")), "LORE201"),
    ("a value that cannot be", document(entry(1, "A", meta="confidence: 7")), "LORE201"),
    ("an unknown relation", document(entry(1, "A", meta="relations: {hates: [x]}")),
     "LORE201 LORE501"),
    ("metadata of nothing", document(entry(1, "A"), "<!-- {tags: [a]} -->"), "LORE202"),
    ("a reordered text", document(entry(1, "A", "x \u202edrawkcab\u202c y")), "LORE301 LORE301"),
    ("isolates", document(entry(1, "A", "x \u2066y\u2069")), "LORE301 LORE301"),
    ("zero width", document(entry(1, "A", "x\u200by")), "LORE302"),
    ("tags", document(entry(1, "A", "x" + "".join(chr(0xE0000 + ord(c)) for c in "obey"))),
     "LORE302"),
    ("a joiner in a word", document(entry(1, "A", "pass\u200dword")), "LORE302"),
    ("selectors as a message", document(entry(1, "A", "\u263a\ufe01\ufe02\ufe03")), "LORE302"),
    ("a lost byte order mark", document(entry(1, "A", "x\ufeffy")), "LORE302"),
    ("emoji", document(entry(1, "A", "\u2764\ufe0f \U0001f468\u200d\U0001f469 1\ufe0f\u20e3 "
                             "\U0001f3f4\U000e0067\U000e0062\U000e007f")), ""),
    ("Persian", document(entry(1, "A", "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645")), ""),
    ("Hebrew with a mark", document(entry(1, "A", "\u05d0\u05d1\u200f C++\u200e")), ""),
    ("a mark among Latin", document(entry(1, "A", "C++\u200e")), "LORE302"),
    ("a terminal escape", document(entry(1, "A", "\x1b[2Jgone")), "LORE303"),
    ("a lone carriage return", document(entry(1, "A", "shown\rhidden")), "LORE303"),
    ("a relation to nothing", document(entry(1, "A", meta=f"relations: {{supports: {ident(9)}}}")),
     "LORE501"),
    ("a relation", document(entry(1, "A", meta=f"relations: {{supports: {ident(2)}}}"),
                            entry(2, "B")), ""),
    ("a link to nothing", document(entry(1, "A", f"see [[{ident(9)}]]")), "LORE502"),
    ("an escaped link to nothing", document(entry(1, "A", rf"see \[\[{ident(9)}]].")), "LORE502"),
    ("links", document(entry(1, "A", f"see [[b  side]], [[{ident(2)}]], [[B side|the other]]"),
                       entry(2, "B side")), ""),
    ("code that looks like links", document(entry(1, "A", "`[[x]]` a[[0]] [[ -f x ]] [[y]](z) "
                                                  r"\`\[\[x]]\`")), ""),
    ("over-long", document(entry(1, "A", "word " * 900)), "LORE601"),
    ("nearly the same",
     document(entry(1, "A", f"{LONG} in May."), entry(2, "B", f"{LONG} in June.")), "LORE603"),
    ("a token", document(entry(1, "A", f"ours is {TOKEN}")), "LORE403"),
    ("an allowed token",
     document(entry(1, "A", f"x {TOKEN} <!-- pragma: allowlist secret -->")), ""),
    ("a token allowed by the line before",
     document(entry(1, "A", f"x\n  <!-- pragma: allowlist nextline secret -->\n  {TOKEN}")), ""),
    ("a private key", document(entry(1, "A", "x\n\n  -----BEGIN RSA PRIVATE KEY-----")), "LORE403"),
    ("a password", document(entry(1, "A", 'set `db_password = "x7Gq2mVw9"`')), "LORE404"),
    ("a high entropy", document(entry(1, "A", f"`h = '{ENTROPY}'`")), "LORE404"),
    ("a template", document(entry(1, "A", 'set `password = "{{ vault.password }}"`')), ""),
    ("one title", document(entry(1, "A", "one"), entry(2, "a", "two")), "LORE602"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), [pytest.param(t, e, id=n) for n, t, e in SHAPES])
def test_a_shape_has_its_code(text: str, expected: str) -> None:
    assert sorted(codes(text)) == expected.split()


def test_every_rule_of_documents_is_among_the_shapes() -> None:
    shown = {code for _, _, expected in SHAPES for code in expected.split()}
    elsewhere = {"LORE004", "LORE402"}  # below
    assert {rule.code for rule in RULES if rule.each} - elsewhere <= shown


def test_a_section_in_another_file_is_checked_and_its_lists_are_left_alone() -> None:
    text = f"# Project\n\n* **Note**: mine\n\n{HEADER}{PLAIN}\n## After\n\n* **Note**: mine\n"
    assert codes(text, "AGENTS.md") == []
    twice = text.replace("\n## After", f"\n{entry(1, 'Other')}\n\n## After")
    assert codes(twice, "AGENTS.md") == ["LORE101"]


def test_a_finding_says_where() -> None:
    text = document(entry(1, "Alpha"), entry(2, "Beta", "a \u202e b"))
    (finding,) = found_in(text)
    lines = text.split("\n")
    assert lines[finding.line - 1][finding.column - 1] == "\u202e"
    assert finding.severity == ERROR
    assert finding.remedy


def test_columns_count_characters_and_lines_end_with_line_feeds_alone() -> None:
    text = document(entry(1, "Alpha", "\u2028\u2028 \U0001f680 x\x1b"))
    found = {finding.code: finding for finding in found_in(text)}["LORE303"]
    assert text.split("\n")[found.line - 1][found.column - 1] == "\x1b"


def test_ids_are_unique_across_documents_and_head_says_who_keeps_one() -> None:
    here, there = document(entry(1, "A")), document(entry(1, "B"))
    sources = [Source("a/.lore.md", here), Source("b/.lore.md", there)]
    facts = Facts(base=lambda: {"b/.lore.md": there})
    assert [f.path for f in check(Corpus(sources), chosen())] == ["b/.lore.md"]
    assert [f.path for f in check(Corpus(sources, facts=facts), chosen())] == ["a/.lore.md"]


def test_what_is_only_context_is_not_reported() -> None:
    broken = Source("b/.lore.md", document(entry(2, "B", "\x1b")))
    assert codes(PLAIN.replace(ident(2), ident(3)), "a/.lore.md", broken) == []


@pytest.mark.parametrize(
    "team",
    [entry(1, "Other"), entry(2, "Mine", "Nobody's business.")],
    ids=["by id", "by text"],
)
def test_a_personal_entry_in_a_team_document(team: str) -> None:
    mine = Source(".lore.local.md", document(entry(1, "Mine", "Nobody's business.")))
    (finding,) = found_in(document(team), "src/.lore.md", mine)
    assert finding.code == "LORE402"
    assert ".lore.local.md:5" in finding.message


def test_a_local_draft_of_what_head_has_is_no_finding() -> None:
    mine = Source(".lore.local.md", document(entry(1, "Mine", "In my words.")))
    text = document(entry(1, "Ours", "In our words."))
    for head, expected in (({"api/.lore.md": text}, []), ({".lore.local.md": text}, ["LORE402"])):
        corpus = Corpus([Source("api/.lore.md", text)], [mine], Facts(base=lambda h=head: h))  # type: ignore[misc]
        assert [f.code for f in check(corpus, chosen())] == expected


def test_links_of_shared_documents_do_not_reach_personal_ones_by_id() -> None:
    mine = Source(".lore.local.md", document(entry(1, "Mine")))
    text = document(entry(2, "A", f"[[{ident(1)}]]"))
    assert codes(text, ".lore.md", mine) == ["LORE502"]
    assert codes(text, "x/.lore.local.md", mine) == []


def test_what_nobody_entitled_did_is_told_where_it_stands() -> None:
    now = Source("src/.lore.md", document(entry(1, "A"), entry(2, "B")))
    changes = [
        Unentitled(ident(2), "src/.lore.md", "eve may not", "ada"),
        Unentitled(ident(2), "old/.lore.md", "eve may not", "ada"),  # it was moved
        Unentitled("", ".lore.md", "no policy of eve", "ada", "leave it"),
    ]
    facts = Facts(unentitled=lambda: changes)
    found = check(Corpus([now], facts=facts), chosen(["LORE203"]))
    assert [(f.path, f.line, f.message) for f in found] == [
        (".lore.md", 1, "no policy of eve (ada may)"),
        ("src/.lore.md", 8, "eve may not (ada may)"),
        ("src/.lore.md", 8, "eve may not (ada may)"),
    ]
    assert found[0].remedy == "leave it"


def test_rules_are_chosen_by_code_or_family() -> None:
    text = document(entry(1, "A", "\u202e"), "* **B**: x")
    corpus = Corpus([Source(".lore.md", text)])
    assert [f.code for f in check(corpus, chosen(["LORE3"]))] == ["LORE301"]
    assert [f.code for f in check(corpus, chosen(ignore=["LORE301"]))] == ["LORE105"]
    assert not fails(check(corpus, chosen(["LORE105"])))
    assert fails(check(corpus, chosen(["LORE105"])), strict=True)


def test_secrets_of_personal_documents_are_nobodys_business() -> None:
    assert codes(document(entry(1, "A", TOKEN)), ".lore.local.md") == []


def test_a_secret_far_down_a_long_line_is_found_once() -> None:
    text = document(entry(1, "A", f"{'word ' * 1600}{TOKEN}{' word' * 1600}"))
    found = check(Corpus([Source(".lore.md", text)]), chosen(["LORE403"]))
    assert [text.split("\n")[f.line - 1][f.column - 1 :][: len(TOKEN)] for f in found] == [TOKEN]


def test_an_entry_is_told_the_likest_of_others_once() -> None:
    others = [
        entry(n, "A", f"{LONG} in {month}.") for n, month in enumerate("May June July".split())
    ]
    found = [f for f in found_in(document(*others)) if f.code == "LORE603"]
    assert [f.line for f in found] == [8, 11]
    apart = Source("src/.lore.md", document(others[1]))
    (finding,) = (
        f for f in found_in(document(others[0]), ".lore.md", apart) if f.code == "LORE603"
    )
    assert finding.path == ".lore.md"
    assert "src/.lore.md:5" in finding.message


def test_a_proposal_is_like_the_entry_that_it_is_about() -> None:
    """That is no finding, and neither are two proposals about one entry."""
    approved = Source(".lore.md", document(entry(1, "A", f"{LONG} in May.")))
    about = f"proposes: {ident(1)}"
    waiting = document(
        entry(2, "A", f"{LONG} in June.", about), entry(3, "A", f"{LONG} in July.", about)
    )
    assert "LORE603" not in codes(waiting, ".lore.review.md", approved)
    assert "LORE603" in codes(waiting.replace(about, "other: x"), ".lore.review.md", approved)


def test_ten_thousand_entries_are_compared_in_seconds() -> None:
    words = [f"w{n * n % 7919}" for n in range(60_000)]
    entries = [entry(n, f"T{n}", " ".join(words[n * 5 : n * 5 + 40])) for n in range(10_000)]
    start = time.process_time()
    check(Corpus([Source(".lore.md", document(*entries))]), chosen(["LORE603"]))
    assert time.process_time() - start < 30


def test_what_is_over_long_can_be_set() -> None:
    corpus = Corpus([Source(".lore.md", PLAIN)], limits=Limits(entry_length=20))
    assert {f.code for f in check(corpus, chosen())} == {"LORE601"}


def test_thousands_of_findings_are_counted() -> None:
    found = found_in(document(entry(1, "A", "x\u202e" * 1000)))
    assert len(found) == MOST
    assert found[-1].message.endswith(f"and {1000 - MOST} more like it)")


@given(
    st.text(st.sampled_from("<>=|-*# \n\r`\\[]{}lore:!ab\u200d\u202e\x1b\0\udc80"), max_size=200)
)
def test_no_text_breaks_a_rule(text: str) -> None:
    for finding in found_in(text):
        assert 1 <= finding.line <= text.count("\n") + 1


@pytest.mark.parametrize(
    "text",
    ["[[" * 250_000, "`" * 500_000, "`x``x" * 100_000, "\u200d" * 500_000, "\r" * 500_000,
     "<!-- lore:x\n" * 50_000, "<<<<<<< a\n" * 50_000, "<!-- managed" * 50_000],
    ids=lambda text: text[:12],
)  # fmt: skip
def test_half_a_megabyte_of_the_worst_takes_no_time(text: str) -> None:
    start = time.process_time()
    found_in(document(entry(1, "A", text)))
    found_in(text)
    assert time.process_time() - start < 30


def test_real_documents_have_no_errors(corpus: Path) -> None:
    for number, file in enumerate(sorted((corpus / "blobs").iterdir())):
        # secrets take most of the time, and the documents are versions of a few
        rules = chosen(ignore=() if number % 12 == 0 else ["LORE403", "LORE404"])
        found = check(Corpus([Source(".lore.md", decode(file.read_bytes()))]), rules)
        assert [f for f in found if f.severity == ERROR] == [], file.name


def test_codes_are_unique_and_sorted() -> None:
    assert list(CODES) == sorted(set(CODES))
    assert matching(["LORE"]) == set(CODES)
    names = [rule.name for rule in RULES]
    assert len(set(names)) == len(names)
    assert all((rule.each is None) != (rule.whole is None) for rule in RULES)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("by-lorefs", set()),
        ("by-a-formatter", set()),
        ("by-hand", {"LORE103", "LORE104", "LORE105"}),
        ("conflict", {"LORE001"}),
    ],
)
def test_the_fixtures_of_the_format(name: str, expected: set[str]) -> None:
    text = decode((TOP / f"fixtures/format/{name}.lore.md").read_bytes())
    assert {code for code in codes(text) if code < "LORE5"} == expected
