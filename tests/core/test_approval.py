"""What a policy of approval makes of changes: nothing is lost, and nothing slips through."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from lorefs.core import edit
from lorefs.core.approval import Enforced, enforce, renewed
from lorefs.core.claim import identify
from lorefs.core.document import Document, parse, serialize
from lorefs.core.holdings import holdings, says
from lorefs.core.ids import proposal_id
from lorefs.core.model import REVIEW, TEAM, TEAM_NAME, Entry
from lorefs.core.policy import approval_hash
from lorefs.core.proposal import PROPOSES, PROPOSES_HASH, applied, key_of, kind_of
from lorefs.core.source import read_entry
from tests import strategies
from tests.lore import document, entry, ident

TEAM_DOC, REVIEW_DOC, ELSEWHERE = TEAM_NAME, ".lore.review.md", "docs/.lore.md"
BOB, EVE = "bob@example.invalid", "eve@example.invalid"
POLICY = "---\npolicy: {approval: manual, approvers: [ada@example.invalid]}\n---\n\n"

Texts = dict[str, str]


def docs(texts: Texts) -> dict[str, Document]:
    """Documents with the review document beside each team document."""
    names = {TEAM_DOC: "", REVIEW_DOC: "", **texts}
    if ELSEWHERE in names:
        names.setdefault("docs/.lore.review.md", "")
    return {path: identify(parse(text), path) for path, text in names.items()}


def kept(before: Texts, after: Texts, **options: object) -> tuple[Texts, Enforced]:
    """The texts that come out, and what was done."""
    old, new = docs(before), docs(after)
    options = {"proposer": BOB, **options}
    found = enforce(old, new, **options)  # type: ignore[arg-type]
    result = {**new, **found.documents}
    return {path: serialize(each) for path, each in result.items()}, found


def waiting(texts: Texts) -> dict[str, Entry]:
    return {e.id: e for e in all_of(texts, REVIEW).values()}


def all_of(texts: Texts, scope: str) -> dict[str, Entry]:
    return {ident: each.entry for ident, each in holdings(docs(texts), scope).items()}


THREE = document(entry(1, "Ants"), entry(2, "Bees", meta="confidence: 0.8"), entry(3, "Cats"))


def test_a_new_entry_moves_to_the_review_document() -> None:
    after = THREE + "\n### Pattern\n\n- **Dogs bark**: at *night*.\n"
    texts, found = kept({TEAM_DOC: THREE}, {TEAM_DOC: after})
    assert texts[TEAM_DOC] == THREE
    (new,) = waiting(texts).values()
    assert (new.title, new.content, new.category) == ("Dogs bark", "at *night*.", "Pattern")
    assert (new.status, new.proposed_by) == ("pending", BOB)
    assert "- **Dogs bark**: at *night*." in texts[REVIEW_DOC]
    (moved,) = found.moved
    assert (moved.kind, moved.entry, moved.document) == ("new", new.id, REVIEW_DOC)


def test_headings_go_with_the_entries_that_they_came_for() -> None:
    """What stood there before stays, and so does what has anything else below."""
    dogs = "* **Dogs bark**: at night.\n"
    for stood, added in (
        ("", f"### Pattern\n\n{dogs}"),
        (THREE, f"\n## More\n\n### Pattern\n\n{dogs}"),
        (f"{THREE}\n### Pattern\n", f"\n{dogs}"),
        (f"# Ours\n\n{THREE}", f"\n### Pattern\n\n{dogs}\n### Note\n\n{dogs}"),
    ):
        texts, _ = kept({TEAM_DOC: stood}, {TEAM_DOC: stood + added})
        assert texts[TEAM_DOC] == stood
    first, _ = kept({TEAM_DOC: THREE}, {TEAM_DOC: f"### Pattern\n\n{dogs}\n{THREE}"})
    assert first[TEAM_DOC] == THREE
    prose = f"{THREE}\n### Pattern\n\nSome prose.\n"
    texts, _ = kept({TEAM_DOC: THREE}, {TEAM_DOC: f"{prose}\n{dogs}\n### Empty\n"})
    assert texts[TEAM_DOC] == f"{prose}\n### Empty\n"
    moved = document(entry(1, "Ants"), entry(3, "Cats"))
    moved += f"\n### Pattern\n\n{entry(2, 'Bees', meta='confidence: 0.8')}\n"
    assert kept({TEAM_DOC: THREE}, {TEAM_DOC: moved})[0][TEAM_DOC] == THREE


def test_a_new_entry_of_an_approver_waits_as_well_while_changes_apply() -> None:
    """So it is through lorefs, where a program may act for them."""
    after = document(entry(1, "Ants", "Changed."), entry(4, "New"))
    texts, found = kept({TEAM_DOC: THREE}, {TEAM_DOC: after}, entitled=True)
    assert [each.kind for each in found.moved] == ["new"]
    assert texts[TEAM_DOC] == document(entry(1, "Ants", "Changed."))


def test_a_change_waits_beside_the_approved_text() -> None:
    after = THREE.replace("**Bees**: Something", "**Bees sting**: Nothing")
    texts, found = kept({TEAM_DOC: THREE}, {TEAM_DOC: after})
    assert texts[TEAM_DOC] == THREE
    new = waiting(texts)[proposal_id(BOB, ident(2))]
    assert (new.title, new.content) == ("Bees sting", "Nothing to know.")
    assert (new.confidence, new.status, new.proposed_by) == (0.8, "pending", BOB)
    assert key_of(new, PROPOSES) == ident(2)
    assert key_of(new, PROPOSES_HASH) == approval_hash(all_of({TEAM_DOC: THREE}, TEAM)[ident(2)])
    assert kind_of(new) == "change"
    assert found.moved[0].target == ident(2)


def test_who_edits_again_edits_the_same_proposal() -> None:
    """The file was put back meanwhile, so the second edit says nothing of the first."""
    first, _ = kept({TEAM_DOC: THREE}, {TEAM_DOC: THREE.replace("**Bees**", "**Wasps**")})
    after = first | {TEAM_DOC: THREE.replace("**Bees**: Something", "**Bees**: A lot")}
    second, _ = kept(first, after)
    assert second[TEAM_DOC] == THREE
    (new,) = waiting(second).values()
    assert (new.title, new.content) == ("Wasps", "A lot to know.")


def test_two_people_propose_apart() -> None:
    first, _ = kept({TEAM_DOC: THREE}, {TEAM_DOC: THREE.replace("**Bees**", "**Wasps**")})
    after = first | {TEAM_DOC: THREE.replace("**Bees**", "**Hornets**")}
    second, _ = kept(first, after, proposer=EVE)
    assert {each.title: each.proposed_by for each in waiting(second).values()} == {
        "Wasps": BOB, "Hornets": EVE
    }  # fmt: skip


def test_a_removal_waits_and_the_entry_stays_where_it_was() -> None:
    after = document(entry(1, "Ants"), entry(3, "Cats"))
    texts, _ = kept({TEAM_DOC: THREE}, {TEAM_DOC: after})
    assert texts[TEAM_DOC] == THREE
    (new,) = waiting(texts).values()
    assert (kind_of(new), key_of(new, PROPOSES), new.title) == ("removal", ident(2), "Bees")


def test_a_document_that_is_gone_comes_back_as_it_was() -> None:
    before = "Some prose.\n\n" + THREE
    texts, found = kept({TEAM_DOC: before}, {TEAM_DOC: ""})
    assert texts[TEAM_DOC] == before
    assert [each.kind for each in found.moved] == ["removal"] * 3


def test_a_status_is_proposed_like_all_else() -> None:
    after = THREE.replace("confidence: 0.8", "confidence: 0.8, status: archived")
    texts, _ = kept({TEAM_DOC: THREE}, {TEAM_DOC: after})
    (new,) = waiting(texts).values()
    target = all_of(texts, TEAM)[ident(2)]
    assert applied(new, target, target).entry.status == "archived"


def test_nobody_vouches_for_themselves() -> None:
    marks = f"confidence: 0.8, approved_by: {BOB}"
    texts, found = kept({TEAM_DOC: THREE}, {TEAM_DOC: THREE.replace("confidence: 0.8", marks)})
    assert texts[TEAM_DOC] == THREE
    assert not waiting(texts)
    assert [each.kind for each in found.moved] == ["kept"]
    texts, _ = kept({}, {TEAM_DOC: document(entry(1, "Ants", meta=f"approved_by: {BOB}"))})
    assert waiting(texts)[ident(1)].approved_by == ""


def test_an_entry_that_moves_elsewhere_is_put_back() -> None:
    before = {TEAM_DOC: THREE, ELSEWHERE: document(entry(9, "Nine"))}
    after = {
        TEAM_DOC: document(entry(1, "Ants"), entry(3, "Cats")),
        ELSEWHERE: document(entry(2, "Bees", meta="confidence: 0.8"), entry(9, "Nine")),
    }
    texts, found = kept(before, after)
    assert texts[TEAM_DOC] == THREE
    assert ident(2) not in texts[ELSEWHERE]
    assert [each.kind for each in found.moved] == ["kept"]


def test_another_form_of_the_same_is_no_change() -> None:
    after = THREE.replace("* **Ants**", "- **Ants**")
    texts, found = kept({TEAM_DOC: THREE}, {TEAM_DOC: after})
    assert (texts[TEAM_DOC], found.moved) == (after, ())


def test_what_waits_is_free_to_be_edited_and_moves_back() -> None:
    first, _ = kept({TEAM_DOC: THREE}, {TEAM_DOC: document(*(entry(n, t) for n, t in NEW))})
    edited = first | {REVIEW_DOC: first[REVIEW_DOC].replace("Dogs", "Ducks")}
    texts, found = kept(first, edited, proposer=EVE)
    assert (texts, found.moved) == ({**edited}, ())
    # moved by hand into the team document, the edit with it
    (dogs,) = [block for block in parse(first[REVIEW_DOC]).blocks if block.id == ident(4)]
    team = serialize(edit.place(parse(first[TEAM_DOC]), dogs._replace(lead=""), "Gotcha"))
    gone = serialize(edit.remove(parse(first[REVIEW_DOC]), ident(4)))
    texts, found = kept(first, {TEAM_DOC: team, REVIEW_DOC: gone}, proposer=EVE)
    assert all_of(texts, TEAM).keys() == all_of(first, TEAM).keys()
    assert texts[REVIEW_DOC] == first[REVIEW_DOC]
    assert waiting(texts)[ident(4)].proposed_by == BOB


NEW = ((1, "Ants"), (2, "Bees"), (3, "Cats"), (4, "Dogs"))


def test_an_approved_entry_does_not_go_back_to_the_review_document() -> None:
    after = {TEAM_DOC: document(entry(1, "Ants"), entry(3, "Cats")),
             REVIEW_DOC: document(entry(2, "Bees", meta="confidence: 0.8"))}  # fmt: skip
    texts, _ = kept({TEAM_DOC: THREE}, after)
    assert texts[TEAM_DOC] == THREE
    (new,) = waiting(texts).values()
    assert kind_of(new) == "removal"


def test_a_stale_buffer_updates_what_waits() -> None:
    added = THREE + "* **Dogs**: bark.\n"
    first, _ = kept({TEAM_DOC: THREE}, {TEAM_DOC: added})
    texts, _ = kept(first, first | {TEAM_DOC: added.replace("bark", "bark loudly")})
    assert texts[TEAM_DOC] == THREE
    (new,) = waiting(texts).values()
    assert new.content == "bark loudly."


def test_the_policy_stays_and_what_was_wanted_is_on_record() -> None:
    mine = POLICY.replace("ada", "bob")
    for after in (mine + THREE, THREE):
        texts, found = kept({TEAM_DOC: POLICY + THREE}, {TEAM_DOC: after})
        assert texts[TEAM_DOC] == POLICY + THREE
        (record,) = found.discards
        assert (record.field, record.reason) == ("front_matter.policy", "unentitled")
        assert (record.theirs or "## Long-term") in after
    texts, _ = kept({TEAM_DOC: THREE}, {TEAM_DOC: mine + THREE})
    assert texts[TEAM_DOC] == THREE


def test_what_git_brought_nobody_wrote() -> None:
    after = document(entry(1, "Ants", "Changed."), entry(3, "Cats"), entry(4, "Dogs"))
    texts, found = kept({TEAM_DOC: THREE}, {TEAM_DOC: after}, brought=docs({TEAM_DOC: after}))
    assert (texts[TEAM_DOC], found.moved) == (after, ())


def test_a_copy_is_left_alone() -> None:
    """It has no row, and goes nowhere."""
    after = document(entry(1, "Ants"), entry(7, "Seven"))
    texts, found = kept(
        {TEAM_DOC: document(entry(1, "Ants"))}, {TEAM_DOC: after},
        owners=lambda ids: dict.fromkeys(ids, ELSEWHERE),
    )  # fmt: skip
    assert (texts[TEAM_DOC], found.moved) == (after, ())


def test_metadata_that_nobody_can_read_is_no_proposal() -> None:
    after = THREE.replace("{confidence: 0.8}", "{confidence: [}")
    texts, found = kept({TEAM_DOC: THREE}, {TEAM_DOC: after})
    assert texts[TEAM_DOC] == THREE
    assert [record.theirs for record in found.discards] == ["<!-- {confidence: [} -->"]


# ---------------------------------------------------------------- properties


WAYS = ("keep", "keep", "title", "content", "category", "drop", "out")


@st.composite
def changes(draw: st.DrawFn) -> tuple[Texts, Texts]:
    """A team's documents, and what somebody made of them."""
    found = draw(st.lists(strategies.entries(), max_size=5, unique_by=lambda each: each.id))
    plain = [each._replace(path="", scope=TEAM) for each in found]
    before = edit.insert_all(parse("# Lore\n\nSome prose.\n"), plain)
    after, review = before, parse("")
    for each in plain:
        match draw(
            st.sampled_from(("keep", "keep", "title", "content", "category", "drop", "out"))
        ):
            case "title":
                after = edit.replace_fields(after, each.id, {"title": draw(strategies.titles())})
            case "content":
                after = edit.replace_fields(after, each.id, {"content": draw(strategies.phrases())})
            case "category":
                after = edit.replace_fields(after, each.id, {"category": "Elsewhere"})
            case "drop":
                after = edit.remove(after, each.id)
            case "out":
                after, block = edit.take(after, each.id)
                review = edit.place(review, block._replace(lead=""), block.category)
            case _:
                pass
    taken = {each.id for each in plain}
    for each in draw(st.lists(strategies.entries(), max_size=3, unique_by=lambda each: each.id)):
        if each.id not in taken:
            after = edit.insert(after, each._replace(extra=()))
    return {TEAM_DOC: serialize(before)}, {
        TEAM_DOC: serialize(after),
        REVIEW_DOC: serialize(review),
    }


@settings(max_examples=60)
@given(changes())
def test_nothing_slips_through_nothing_is_lost_and_twice_is_once(pair: tuple[Texts, Texts]) -> None:
    before, after = pair
    texts, found = kept(before, after)
    old, stands, waits = all_of(before, TEAM), all_of(texts, TEAM), waiting(texts)
    assert stands == old
    told = {says(each) for each in waits.values()} | {says(each) for each in stands.values()}
    for each in (*all_of(after, TEAM).values(), *waiting(after).values()):
        assert says(each) in told, each
    assert {each.entry for each in found.moved if each.kind != "kept"} == set(waits)
    assert all(each.status == "pending" and each.proposed_by == BOB for each in waits.values())
    for text in texts.values():
        assert serialize(parse(text)) == text
    again, nothing = kept(before, texts)
    assert (again, nothing.moved) == (texts, ())


@settings(max_examples=60)
@given(changes())
def test_untouched_entries_keep_their_bytes(pair: tuple[Texts, Texts]) -> None:
    before, after = pair
    texts, _ = kept(before, after)
    for each in parse(before[TEAM_DOC]).blocks:
        if each.id:
            assert each.text in texts[TEAM_DOC]


@settings(max_examples=60)
@given(changes(), st.data())
def test_what_is_only_taken_away_comes_back_to_the_byte(
    pair: tuple[Texts, Texts], data: st.DataObject
) -> None:
    before, _ = pair
    team = parse(before[TEAM_DOC])
    ids = [block.id for block in team.blocks if block.id]
    gone = data.draw(st.sets(st.sampled_from(ids)) if ids else st.just(set()))
    texts, _ = kept(before, {TEAM_DOC: serialize(edit.remove_all(team, gone))})
    assert texts[TEAM_DOC] == before[TEAM_DOC]


def test_three_texts_become_one_where_a_proposal_is_older_than_its_target() -> None:
    base = read_entry(parse(entry(1, "Ants", "One. Two. Three.")).blocks[0], path="")
    target = base._replace(title="Emmets", tags=("a",))
    proposal = base._replace(content="One. Two. Four.", tags=("b",))
    done = applied(proposal, target, base)
    assert done.clashes == ()
    assert (done.entry.title, done.entry.content) == ("Emmets", "One. Two. Four.")
    assert done.entry.tags == ("a", "b")
    clash = applied(base._replace(title="Termites"), target, base)
    assert (clash.clashes, clash.entry.title) == (("title",), "Termites")
    assert applied(proposal, target, None).clashes == ("title", "content", "tags")


# ---------------------------------------------------------------- odd ways


def test_an_entry_that_stands_twice_waits_once_or_twice() -> None:
    after = THREE + "\n" + entry(5, "Dogs") + "\n\n" + entry(5, "Dogs") + "\n"
    texts, _ = kept({TEAM_DOC: THREE}, {TEAM_DOC: after})
    assert [each.title for each in waiting(texts).values()] == ["Dogs"]
    after = after.removesuffix("know.\n") + "bark.\n"
    texts, _ = kept({TEAM_DOC: THREE}, {TEAM_DOC: after})
    assert sorted(each.content for each in waiting(texts).values()) == [
        "Something to bark.", "Something to know."
    ]  # fmt: skip
    assert texts[TEAM_DOC] == THREE


def test_what_another_one_proposed_is_theirs() -> None:
    """Who writes the same adds nothing, who writes something else under the id adds an entry."""
    first, _ = kept({TEAM_DOC: THREE}, {TEAM_DOC: THREE + "\n" + entry(5, "Dogs") + "\n"})
    again = first | {TEAM_DOC: THREE + "\n" + entry(5, "Dogs") + "\n"}
    texts, _ = kept(first, again, proposer=EVE)
    assert texts == first
    other = first | {TEAM_DOC: THREE + "\n" + entry(5, "Cats", "Purr.") + "\n"}
    texts, _ = kept(first, other, proposer=EVE)
    assert {each.title: each.proposed_by for each in waiting(texts).values()} == {
        "Dogs": BOB, "Cats": EVE
    }  # fmt: skip


def test_an_approved_entry_that_moves_and_changes_is_a_change() -> None:
    after = {TEAM_DOC: document(entry(1, "Ants"), entry(3, "Cats")),
             REVIEW_DOC: document(entry(2, "Wasps", meta="confidence: 0.8"))}  # fmt: skip
    texts, _ = kept({TEAM_DOC: THREE}, after)
    assert texts[TEAM_DOC] == THREE
    (new,) = waiting(texts).values()
    assert (kind_of(new), new.title, new.id) == ("change", "Wasps", proposal_id(BOB, ident(2)))


def test_a_proposal_moves_to_another_category_and_back_to_a_removal() -> None:
    first, _ = kept({TEAM_DOC: THREE}, {TEAM_DOC: THREE.replace("**Bees**", "**Wasps**")})
    team = parse(THREE)
    moved = serialize(edit.replace_fields(team, ident(2), {"category": "Pattern"}))
    second, _ = kept(first, first | {TEAM_DOC: moved})
    (new,) = waiting(second).values()
    assert (new.title, new.category) == ("Wasps", "Pattern")
    third, _ = kept(second, second | {TEAM_DOC: serialize(edit.remove(team, ident(2)))})
    (new,) = waiting(third).values()
    assert (kind_of(new), new.title) == ("removal", "Wasps")
    assert third[TEAM_DOC] == THREE


def test_a_policy_that_nobody_can_read_is_another_one() -> None:
    for wrong in ("policy: maybe", "policy: {approval: auto}", "policy: ["):
        after = f"---\n{wrong}\n---\n\n{THREE}"
        texts, found = kept({TEAM_DOC: POLICY + THREE}, {TEAM_DOC: after})
        assert texts[TEAM_DOC] == POLICY + THREE
        assert len(found.discards) == 1
    other = POLICY.replace("---\n\n", "realm: shop\n---\n\n")
    texts, found = kept({TEAM_DOC: POLICY + THREE}, {TEAM_DOC: other + THREE})
    assert (texts[TEAM_DOC], found.moved) == (other + THREE, ())


def test_metadata_that_nobody_can_read_of_an_entry_that_had_none() -> None:
    after = THREE.replace("* **Ants**: Some", "<!-- {a: [} -->\n* **Ants**: Any")
    texts, _ = kept({TEAM_DOC: THREE}, {TEAM_DOC: after})
    assert texts[TEAM_DOC] == THREE
    (new,) = waiting(texts).values()
    assert (new.content, kind_of(new)) == ("Anything to know.", "change")


def test_what_stood_around_an_entry_may_be_gone() -> None:
    for after in ("Only prose.\n", document(entry(3, "Cats"), category="Other")):
        texts, _ = kept({TEAM_DOC: THREE}, {TEAM_DOC: after})
        assert all_of(texts, TEAM) == all_of({TEAM_DOC: THREE}, TEAM)
    first = entry(1, "Ants") + "\n\n" + entry(2, "Bees") + "\n"  # under no heading
    texts, _ = kept({TEAM_DOC: first}, {TEAM_DOC: entry(2, "Bees") + "\n"})
    assert texts[TEAM_DOC] == first


def test_entries_without_a_marker_keep_their_ids_and_bytes() -> None:
    hand = "### Gotcha\n\n* **Ants**: one\n* **Ants**: two\n* **Bees**: three\n"
    for after in (
        hand.replace("one", "other"),
        hand.replace("* **Ants**: two\n", ""),
        hand.replace("* **Bees**: three\n", "* **Wasps**: four\n* **Bees**: three\n"),
    ):
        texts, _ = kept({TEAM_DOC: hand}, {TEAM_DOC: after})
        assert {e.content for e in all_of(texts, TEAM).values()} == {"one", "two", "three"}
        assert all_of(texts, TEAM).keys() == all_of({TEAM_DOC: hand}, TEAM).keys()
        assert len(waiting(texts)) == 1


def test_an_approval_goes_for_what_was_approved() -> None:
    """An approver's own change renews it; one that the change gave or took stays."""
    old = read_entry(parse(entry(1, "Ants")).blocks[0], path="")
    meta = f"approved_by: {EVE}, approved_hash: x{approval_hash(old)}"
    before = parse(document(entry(1, "Ants", meta=meta), entry(2, "Bees")))
    after = edit.replace_fields(before, ident(1), {"title": "Emmets"})
    after = edit.replace_fields(after, ident(2), {"title": "Wasps"})
    found = {b.id: read_entry(b, path="") for b in renewed(before, after, BOB).blocks if b.id}
    new = found[ident(1)]
    assert (new.approved_by, new.approved_hash) == (BOB, approval_hash(new))
    assert found[ident(2)].approved_by == ""
    given = edit.replace_fields(after, ident(1), {"approved_hash": "y"})
    assert renewed(before, given, BOB) == given
    same = edit.replace_fields(before, ident(1), {"status": "archived"})
    assert renewed(before, same, BOB) == same


def test_a_proposal_whose_keys_are_odd_is_a_new_entry() -> None:
    odd = Entry(ident(1), "A", extra=((PROPOSES, "[&a"), ("removes", "yes")))
    assert (key_of(odd, PROPOSES), kind_of(odd)) == ("", "new")
