"""What a policy of approval makes of a change: what has to wait goes to the review document.

Pure: documents before and after a change that was made here in, documents as they may stand out.
Nothing that somebody wrote is lost by it: a new entry moves, and what would change an approved
entry becomes an entry of its own that names it.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from lorefs.core import edit
from lorefs.core.claim import identify, with_markers
from lorefs.core.document import Block, Document, line_end, parse, serialize
from lorefs.core.holdings import (
    Holding,
    beside,
    further_changes,
    has_readable_metadata,
    holdings,
    proposable,
    renamed,
    says,
)
from lorefs.core.ids import proposal_id
from lorefs.core.ledger import Discard
from lorefs.core.metadata import MetadataError, plain
from lorefs.core.model import REVIEW, TEAM, TEAM_NAME, Entry, scope_of
from lorefs.core.policy import PolicyError, approval_hash, folded, read_policy
from lorefs.core.proposal import (
    PROPOSES,
    PROPOSES_HASH,
    PROPOSES_STATUS,
    REJECTED_BECAUSE,
    REMOVES,
)
from lorefs.core.put_back import (
    front_matter,
    put_back,
    replace_block,
    with_front_matter_of,
    without_left_headings,
)
from lorefs.core.source import cut, read_entry
from lorefs.core.versions import by_id, same

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    # Tells the documents that hold the rows of some ids, by id.
    Owners = Callable[[Iterable[str]], Mapping[str, str]]

EMPTY: Final = Document("", (), "")
UNENTITLED: Final = "unentitled"  # the reason of a record of what cannot wait, and was put back

Kind = Literal["new", "change", "removal", "kept"]


class Moved(NamedTuple):
    """What was not let through.

    `entry` waits in the review document `document`, and `target` is the approved entry that it
    is about, "" for a new one. Where nothing waits (an entry was moved, the policy changed:
    "kept"), `entry` is what was put back into `document`, "" for the policy.
    """

    kind: Kind
    entry: str
    target: str
    document: str
    title: str


class Enforced(NamedTuple):
    """The documents that became others, and why; records of what could not wait."""

    documents: dict[str, Document]
    moved: tuple[Moved, ...] = ()
    discards: tuple[Discard, ...] = ()


def enforce(
    before: Mapping[str, Document],
    after: Mapping[str, Document],
    *,
    proposer: str,
    entitled: bool = False,
    owners: Owners = lambda _: {},
    brought: Mapping[str, Document] | None = None,
) -> Enforced:
    """What a change may do to some documents where approval is manual.

    `before` and `after` hold each document that changed and the review document beside each
    team document. New team entries wait in any case; changes of approved ones, and of the
    policy, where the proposer (an email) is not `entitled`. `owners` tells where other entries
    stand; what stands in `brought` as it does in `after`, git put there, and nobody wrote it.
    Raises `DocumentError` where a review document cannot hold what it should.
    """
    batch = _Batch(before, after, proposer, brought or {})
    batch.hold_new(owners)
    if not entitled:
        batch.hold_changes()
        batch.hold_policy()
    return batch.enforced(after)


def renewed(before: Document, after: Document, approver: str) -> Document:
    """The document after an approver's change, whose approvals are of what entries say now.

    An approval that the change itself gave or took stays as it is.
    """
    old = by_id(before)
    for ident, block in by_id(after).items():
        was = old.get(ident)
        if was is None or was.text == block.text or "approved_hash" not in block.text:
            continue
        entry, known = read_entry(block, path=""), read_entry(was, path="")
        found = approval_hash(entry)
        if entry.approved_hash == known.approved_hash and found != approval_hash(known):
            marks = {"approved_by": approver, "approved_hash": found}
            after = edit.replace_fields(after, ident, marks)
    return after


class _Batch:
    """The documents of one change, as they become what they may be."""

    def __init__(
        self,
        before: Mapping[str, Document],
        after: Mapping[str, Document],
        proposer: str,
        brought: Mapping[str, Document],
    ) -> None:
        self.before = before
        self.documents = dict(after)
        self.proposer = proposer
        self.roots = brought
        self.brought = {path: by_id(document) for path, document in brought.items()}
        self.old = holdings(before, TEAM)
        self.new = holdings(after, TEAM, self.old)
        self.waited = holdings(before, REVIEW)
        self.waiting = holdings(after, REVIEW)
        self.queue: dict[str, list[Block]] = {}  # what goes to each review document
        self.moved: list[Moved] = []
        self.discards: list[Discard] = []

    def enforced(self, after: Mapping[str, Document]) -> Enforced:
        """What came of it."""
        for path, blocks in self.queue.items():
            self.documents[path] = edit.place_all(self.documents.get(path, EMPTY), blocks)
        for path, wrote in after.items():
            if scope_of(path) == TEAM and self.documents[path] is not wrote:
                base = self.before.get(path, EMPTY)
                self.documents[path] = without_left_headings(self.documents[path], base, wrote)
        changed = {
            path: _still_identified(document, path)
            for path, document in self.documents.items()
            if document != after.get(path, EMPTY)
        }
        return Enforced(changed, tuple(self.moved), tuple(self.discards))

    # ------------------------------------------------------------ new entries

    def hold_new(self, owners: Owners) -> None:
        """Move entries that no team document held before to the review documents."""
        added = [
            Holding(path, block)
            for path in sorted(self.documents)
            if scope_of(path) == TEAM
            for block in self.documents[path].blocks
            if block.id and block.id not in self.old and not self._is_brought(path, block)
        ]
        known = owners({each.block.id for each in added}) if added else {}
        gone: dict[str, set[str]] = {}
        held: dict[str, Entry] = {}
        for each in added:
            owner = known.get(each.block.id, "")
            if scope_of(owner) == TEAM and owner not in self.documents:
                continue  # a copy, which has no row and goes nowhere
            gone.setdefault(each.document, set()).add(each.block.id)
            self._hold(each, held)
        for path, idents in gone.items():
            self.documents[path] = edit.remove_all(self.documents[path], idents)

    def _hold(self, new: Holding, held: dict[str, Entry]) -> None:
        """Move one of them, unless it says what waits already; `held` are those of before."""
        entry, ident = new.entry, new.block.id
        known = self.waiting.get(ident)
        if ident in held:  # it stands twice
            if says(entry) == says(held[ident]):
                return
            ident = proposal_id(self.proposer, f"{ident} {approval_hash(entry)}")
            known = self.waiting.get(ident)
        elif known is not None and not self._is_mine(known.entry):
            if says(entry) == says(known.entry):
                self._note("new", ident, "", known.document, entry)
                return
            ident = proposal_id(self.proposer, ident)
            known = self.waiting.get(ident)
        held[new.block.id] = entry
        review = known.document if known else beside(new.document)
        self._note("new", ident, "", review, entry)
        was = self.waited.get(ident)
        if was is not None and known is None and says(was.entry) == says(entry):
            there = self.documents.get(was.document, EMPTY)
            self.documents[was.document] = put_back(there, self.before[was.document], ident)
            return
        who = was.entry.proposed_by if was else ""
        fields: dict[str, object] = {"status": "pending", "proposed_by": who or self.proposer}
        if known is not None:
            mine = dict(entry.extra)
            kept = dict(known.entry.extra).items()
            fields |= {key: source for key, source in kept if key not in mine}
            fields[REJECTED_BECAUSE] = None
        self._wait(review, renamed(new.block, ident, self._eol(review)), fields | _NO_MARKS)

    # ------------------------------------------------------------ approved entries

    def hold_changes(self) -> None:
        """Put approved entries back, and let what they were to become wait."""
        for ident, was in self.old.items():
            now = self.new.get(ident)
            if now is None:
                self._hold_removal(ident, was)
            elif now.document != was.document or not same(now.block, was.block):
                self._hold_change(ident, was, now)

    def _hold_change(self, ident: str, was: Holding, now: Holding) -> None:
        if self._is_brought(now.document, now.block):
            return
        before, after = was.entry, now.entry
        if before == after:
            return  # the same in another form
        if now.document != was.document:
            self.documents[now.document] = edit.remove(self.documents[now.document], ident)
        self._put_back(ident, was)
        if proposable(before) == proposable(after):
            self._note("kept", ident, ident, was.document, before)
        else:
            self._propose(was, now)

    def _hold_removal(self, ident: str, was: Holding) -> None:
        brought = self.brought.get(was.document)
        if brought is not None and ident not in brought:
            return
        self._put_back(ident, was)
        copy = self.waiting.get(ident)
        if copy is not None and ident not in self.waited:  # it was moved there
            self.documents[copy.document] = edit.remove(self.documents[copy.document], ident)
            if says(copy.entry) != says(was.entry):
                self._propose(was, copy)
                return
        self._propose(was, None)

    def _put_back(self, ident: str, was: Holding) -> None:
        there, base = self.documents.get(was.document, EMPTY), self.before[was.document]
        if there is not base:  # as a document is that was put back as a whole
            self.documents[was.document] = put_back(there, base, ident)

    def _propose(self, was: Holding, now: Holding | None) -> None:
        """Let a change of an approved entry wait, or its removal where `now` is None."""
        target = was.entry
        ident = proposal_id(self.proposer, target.id)
        known = self.waiting.get(ident)
        review = known.document if known else beside(was.document)
        self._note("change" if now else "removal", ident, target.id, review, target)
        fields: dict[str, object] = {
            "status": "pending",
            "proposed_by": self.proposer,
            PROPOSES: plain(target.id),
            PROPOSES_HASH: plain(approval_hash(target)),
            PROPOSES_STATUS: None,
            REMOVES: None if now else "true",
            REJECTED_BECAUSE: None,
        }
        if now is not None and scope_of(now.document) == TEAM and now.entry.status != target.status:
            fields[PROPOSES_STATUS] = plain(now.entry.status)
        source = known or now or was
        block = source.block
        if known is not None:
            if PROPOSES_HASH in dict(known.entry.extra):
                del fields[PROPOSES_HASH]  # what it was made of first
            if now is not None:
                changes = further_changes(target, known.entry, now.entry)
                block = block._replace(category=str(changes.pop("category", block.category)))
                fields = changes | fields
        elif now is None:
            fields["content"] = ""
        elif not has_readable_metadata(block):
            block = self._with_metadata_of(was, block)
        self._wait(review, renamed(block, ident, self._eol(review)), fields | _NO_MARKS)

    def _with_metadata_of(self, was: Holding, block: Block) -> Block:
        """A source with the metadata of the approved entry in place of what nobody can read."""
        old, new = cut(was.block).metadata, cut(block).metadata
        ident = was.block.id
        self.discards.append(Discard(ident, "metadata", old, old, new, old, UNENTITLED))
        parts = cut(block)
        if old:
            return block._replace(text="".join(parts._replace(metadata=old)))
        return block._replace(text="".join(parts._replace(metadata="", gap="")))

    # ------------------------------------------------------------ the policy

    def hold_policy(self) -> None:
        """Put back the front matter of the root document if it has another policy now."""
        if TEAM_NAME not in self.documents:
            return
        before, after = self.before.get(TEAM_NAME, EMPTY), self.documents[TEAM_NAME]
        policy = _policy(after)
        if policy in {_policy(before), _policy(self.roots.get(TEAM_NAME, before))}:
            return
        self.documents[TEAM_NAME] = with_front_matter_of(after, before)
        old, new = (block and block.text for block in (front_matter(before), front_matter(after)))
        self.discards.append(Discard("", "front_matter.policy", old, old, new, old, UNENTITLED))
        self.moved.append(Moved("kept", "", "", TEAM_NAME, "policy"))

    # ------------------------------------------------------------ what they share

    def _wait(self, document: str, block: Block, fields: Mapping[str, object]) -> None:
        """Put a block into a review document, in place of what it has with that id."""
        with suppress(MetadataError):  # it is held all the same, and `check` says what is wrong
            block = edit.with_fields(block, fields, self._eol(document))
        known = self.waiting.get(block.id)
        there = None if known is None else by_id(self.documents[document]).get(block.id)
        if there is not None and there.category == block.category:
            self.documents[document] = replace_block(self.documents[document], block)
            return
        if there is not None:
            self.documents[document] = edit.remove(self.documents[document], block.id)
        self.queue.setdefault(document, []).append(block._replace(lead=""))

    def _note(self, kind: Kind, ident: str, target: str, document: str, entry: Entry) -> None:
        self.moved.append(Moved(kind, ident, target, document, entry.title))

    def _eol(self, document: str) -> str:
        return line_end(self.documents.get(document, EMPTY))

    def _is_mine(self, entry: Entry) -> bool:
        return folded(entry.proposed_by) == folded(self.proposer)

    def _is_brought(self, path: str, block: Block) -> bool:
        return same(self.brought.get(path, {}).get(block.id), block)


# Nobody says for themselves who approved of an entry, and of what.
_NO_MARKS: Final[dict[str, object]] = {"approved_by": "", "approved_hash": ""}


def _policy(document: Document) -> object:
    """What is compared of policies: what they say, the source of one that nobody can read."""
    try:
        return read_policy(document)
    except PolicyError:
        block = front_matter(document)
        return block and block.text


def _still_identified(document: Document, path: str) -> Document:
    """The document, with a marker for each entry that its text alone would give another id."""
    again = identify(parse(serialize(document)), path).blocks
    if len(again) != len(document.blocks):
        return document
    pairs = zip(document.blocks, again, strict=True)
    known = {new.id for old, new in pairs if new.id == old.id}
    return with_markers(document, lambda block: block.id not in known)
