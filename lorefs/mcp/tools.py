"""What agents may ask for and change: each method is a tool, and its docstring what they read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

from lorefs.api.context import Question, plain
from lorefs.api.values import brief, checked_source
from lorefs.core.excerpt import heading
from lorefs.core.model import Relation
from lorefs.core.relevance import tokens
from lorefs.core.resolution import choices, losers
from lorefs.errors import ConflictError, UnknownEntryError, UsageError
from lorefs.store import Filter

if TYPE_CHECKING:
    from collections.abc import Callable

    from lorefs.api import Workspace
    from lorefs.store import Row
    from lorefs.sync.decisions.conflicts import Conflict
    from lorefs.sync.decisions.review import Proposal

    Value = dict[str, Any]

RelationType = Literal["supersedes", "challenges", "supports", "depends_on", "relates_to"]
MOST: Final = 200  # entries that one answer holds


class Tools:
    """The tools; `open_workspace` opens the worktree anew for each call, and the call closes it.

    So a changed configuration and a database that was made anew are seen, and calls that run at
    once get along as processes do.
    """

    def __init__(self, open_workspace: Callable[[], Workspace]) -> None:
        self._open = open_workspace

    # ------------------------------------------------------------ reading

    def search(
        self, query: str, category: str | None = None, path: str | None = None, limit: int = 20
    ) -> dict[str, Any]:
        """Find entries by words that all have to be there, or by FTS5 syntax; the best first.

        For a question in your own words, or for the files you are about to change, use `context`.
        Do not rely on one with the standing "unapproved".
        """
        with self._open() as workspace:
            where = Filter(category=category, path=path, waiting=False)
            hits = workspace.search(query, where, _limit(limit))
            return {"entries": [brief(hit.row) | {"score": round(hit.score, 4)} for hit in hits]}

    def get(self, id: str) -> dict[str, Any]:
        """Give one entry; `id` is any unique start or end of its id. `rev` goes into `if_rev`.

        Do not rely on one with the standing "unapproved".
        """
        with self._open() as workspace:
            row = workspace.get(id)
            workspace.note_use([row.entry.id])
            return brief(row)

    def list_entries(  # noqa: PLR0913, PLR0917  # calls name what they filter by
        self,
        category: str | None = None,
        tags: list[str] | None = None,
        path: str | None = None,
        scope: Literal["team", "review", "personal"] | None = None,
        status: Literal["active", "pending", "rejected", "archived"] | None = None,
        source: str | None = None,
        limit: int = 50,
        offset: int = 0,
    ) -> dict[str, Any]:
        """List entries that fit all that is given; `path` is a directory with all below it.

        `source` is "here", "user" for the user's own store, "shared" or "hub:NAME": what stands
        elsewhere can only be read. What waits for approval is left out, unless you ask for a
        scope or a status.
        """
        asked = scope is not None or status is not None
        where = Filter(
            category, tuple(tags or ()), path, scope, status,
            source=source and checked_source(source), waiting=asked,
        )  # fmt: skip
        with self._open() as workspace:
            rows = workspace.entries(where)
            shown = rows[max(offset, 0) :][: _limit(limit)]
            return {"total": len(rows), "entries": [brief(row) for row in shown]}

    def context(
        self, paths: list[str] | None = None, query: str = "", budget: int | None = None
    ) -> dict[str, Any]:
        """Give the entries that matter for files and a question, within a budget of tokens.

        Ask before you change files. `paths` are relative to the top of the repository and need
        not exist. The text is Markdown, the best entry first.
        """
        with self._open() as workspace:
            limit = workspace.config.context.budget if budget is None else budget
            head = heading(paths or (), query)
            room = limit - tokens(head)
            found = workspace.context(Question(tuple(paths or ()), query, room), plain)
            workspace.note_use(piece.row.entry.id for piece in found.pieces)
            text = head + "".join(piece.text for piece in found.pieces)
            return {
                "text": text if found.pieces else "",
                "ids": [piece.row.entry.id for piece in found.pieces],
                "tokens": tokens(text) if found.pieces else 0,
                "left_out": found.left_out._asdict(),
            }

    def proposals(self) -> dict[str, Any]:
        """List what waits for a person's approval, the oldest first; you cannot approve of it.

        `wanted` is what would stand, null for a removal; `target` is the entry as it stands.
        """
        with self._open() as workspace:
            return {"proposals": [_proposal(each) for each in workspace.proposals()]}

    # ------------------------------------------------------------ changing

    def add(  # an entry has so many fields, and calls name them
        self,
        title: str,
        content: str = "",
        category: str | None = None,
        tags: list[str] | None = None,
        confidence: float = 1.0,
        path: str = "",
        personal: bool = False,  # noqa: FBT001, FBT002  # calls name all arguments
    ) -> dict[str, Any]:
        """Add a durable fact: one line as `title`, Markdown as `content`. Gives the new entry.

        `path` is the directory it is about. A personal entry never leaves the machine. Where the
        team approves of its entries, it waits for that: its status is `pending` then.
        """
        if not 0 <= confidence <= 1:
            raise UsageError("confidence is a number from 0 to 1", found=str(confidence))
        with self._open() as workspace:
            row = workspace.add(
                title, content=content, category=category, tags=tags or (),
                confidence=confidence, path=path, personal=personal,
            )  # fmt: skip
            return brief(row)

    def update(  # noqa: PLR0913, PLR0917  # as above
        self,
        id: str,
        title: str | None = None,
        content: str | None = None,
        category: str | None = None,
        confidence: float | None = None,
        tags_add: list[str] | None = None,
        tags_remove: list[str] | None = None,
        if_rev: int | str | None = None,
    ) -> dict[str, Any]:
        """Change fields of an entry, and give it back.

        `if_rev` is the `rev` that you read: if somebody changed the entry since, nothing is
        written, and the error holds the entry as `current`. Where the team approves of its
        entries, the change may have to wait: then the entry is as it was, and `waits` holds what
        you proposed.
        """
        named = {"title": title, "content": content, "category": category, "confidence": confidence}
        changes: Value = {key: value for key, value in named.items() if value is not None}
        if confidence is not None and not 0 <= confidence <= 1:
            raise UsageError("confidence is a number from 0 to 1", found=str(confidence))
        if tags_add:
            changes["tags_add"] = tags_add
        if tags_remove:
            changes["tags_remove"] = tags_remove
        with self._open() as workspace:
            return _changed(workspace, workspace.update(id, changes, if_rev=if_rev))

    def archive(self, id: str, if_rev: int | str | None = None) -> dict[str, Any]:
        """Take an entry out of use; it stays in its document, and `restore` brings it back."""
        with self._open() as workspace:
            row = workspace.update(id, {"status": "archived"}, if_rev=if_rev)
            return _changed(workspace, row)

    def restore(
        self, id: str, rev: int | None = None, if_rev: int | str | None = None
    ) -> dict[str, Any]:
        """Bring back an entry: an archived or a deleted one, or one as it was at revision `rev`."""
        with self._open() as workspace:
            row = _known(workspace, id)
            if row is not None and if_rev is not None:
                _check_rev(row, if_rev)
            if row is not None and rev is None:
                row = workspace.update(row.entry.id, {"status": "active"}, if_rev=if_rev)
                return _changed(workspace, row)
            restoration = workspace.past.revision(id, -1 if rev is None else rev)
            workspace.past.bring_back(restoration)
            ids = [each.entry.id for each in restoration.differences]
            return _changed(workspace, workspace.get(ids[0] if ids else id))

    def relate(
        self,
        id: str,
        type: RelationType,
        target: str,
        remove: bool = False,  # noqa: FBT001, FBT002  # calls name all arguments
        if_rev: int | str | None = None,
    ) -> dict[str, Any]:
        """Say how an entry stands to another one, or take that back with `remove`.

        An entry that is superseded by another is shown by `context` no more.
        """
        with self._open() as workspace:
            row = workspace.get(id)
            other = workspace.get(target).entry.id if not remove else _full(workspace, target)
            if other == row.entry.id:
                raise UsageError("an entry has no relation to itself", found=target)
            relations = set(row.entry.relations)
            relation = Relation(type, other)
            relations = relations - {relation} if remove else relations | {relation}
            changes = {"relations": tuple(sorted(relations))}
            # what was read here must still be so, or another relation would be lost
            expected = row.rev if if_rev is None else if_rev
            row = workspace.update(row.entry.id, changes, if_rev=expected)
            return _changed(workspace, row)

    def promote(self, ids: list[str], directory: str | None = None) -> dict[str, Any]:
        """Give personal entries to the team, if the person you work for wants that.

        All of them or none; the ids stay. They go to the document of their directory, or to
        that of `directory`. Gives each as it stands then: it may wait for an approval.
        """
        with self._open() as workspace:
            rows = workspace.promote(ids, directory=directory)
            return {"entries": [brief(row) for row in rows]}

    # ------------------------------------------------------------ settling

    def conflicts(
        self,
        settled: bool = False,  # noqa: FBT001, FBT002  # calls name all arguments
    ) -> dict[str, Any]:
        """List what merges discarded and nobody has settled; `settled` lists those, too."""
        with self._open() as workspace:
            found = workspace.conflicts.all() if settled else workspace.conflicts.open()
            return {"conflicts": [_conflict(each) for each in found]}

    def resolve(
        self,
        conflict: str,
        choice: Literal["ours", "theirs", "both", "keep"] | None = None,
        value: str | None = None,
    ) -> dict[str, Any]:
        """Settle a conflict by its number or id: with a side, with another value, or `keep`."""
        if (choice is None) == (value is None):
            raise UsageError("give either a choice or a value", hint="`keep` leaves all as it is")
        with self._open() as workspace:
            found = workspace.conflicts.get(conflict)
            if value is not None:
                workspace.conflicts.write(found, value)
            elif choice == "keep":
                workspace.conflicts.keep(found)
            elif choice is not None:
                workspace.conflicts.resolve(found, choice)
            return _conflict(workspace.conflicts.get(found.record.id))


def _limit(wanted: int) -> int:
    return min(max(wanted, 1), MOST)


def _known(workspace: Workspace, reference: str) -> Row | None:
    try:
        return workspace.get(reference)
    except UnknownEntryError:
        return None


def _full(workspace: Workspace, reference: str) -> str:
    """The id that is meant; that of an entry which is gone has to be given in full."""
    row = _known(workspace, reference)
    return reference if row is None else row.entry.id


def _check_rev(row: Row, expected: int | str) -> None:
    if str(expected) not in {str(row.rev), row.hash}:
        raise ConflictError(
            f"{row.entry.id} has changed: it is at revision {row.rev} now, not {expected}",
            current=row,
            hint="read it again, and repeat the edit on what it says now",
        )


def _changed(workspace: Workspace, row: Row) -> Value:
    """A row after a change, with what of the change waits for approval."""
    ids = [each.entry for each in workspace.held if each.kind != "kept"]
    rows = [workspace.store.entries.get(ident) for ident in ids if ident != row.entry.id]
    waits = [brief(each) for each in rows if each is not None]
    return brief(row) | ({"waits": waits} if waits else {})


def _proposal(proposal: Proposal) -> Value:
    """A proposal: what it is, what it is about, and what would stand."""
    wanted, target = proposal.wanted, proposal.target
    about = target or proposal.row
    return {
        "kind": proposal.kind,
        "proposed_by": proposal.row.entry.proposed_by,
        "changed_since": list(proposal.clashes),
        "proposal": brief(proposal.row),
        "target": target and brief(target),
        "wanted": wanted and brief(about._replace(entry=wanted)),
    }


def _conflict(conflict: Conflict) -> Value:
    record = conflict.record
    return {
        "number": conflict.number,
        "open": conflict.is_open,
        "id": record.id,
        **record.discard._asdict(),
        "choices": choices(record.discard),
        "lost": losers(record.discard),
        "now": conflict.row and brief(conflict.row),
    }
