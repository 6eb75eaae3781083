"""How a workspace shows what waits for approval, and settles it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lorefs.api.reading import Reading
from lorefs.core.model import REVIEW, TEAM, document_path
from lorefs.errors import ConflictError, RefusedError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lorefs.core.policy import Policy
    from lorefs.store import Row
    from lorefs.sync.corpus import Corpus
    from lorefs.sync.decisions.review import Proposal


class Approving(Reading):
    """The lore of a worktree, with what waits for somebody's approval."""

    def policy(self) -> Policy:
        """The policy of the team that counts here."""
        from lorefs.sync.policy import policy_here  # readers rarely need it

        self.take_in()
        return policy_here(self.site)

    def may_approve(self) -> bool:
        """Whether whoever works here may approve of entries."""
        return self._is_entitled(self.policy())

    def _is_entitled(self, policy: Policy) -> bool:
        from lorefs.sync.policy import author_here

        return policy.entitles(author_here(self.site, self._actor, policy))

    def proposals(self, *, rejected: bool = False) -> list[Proposal]:
        """What waits for approval, the oldest first; with `rejected` what was rejected, too."""
        from lorefs.sync.decisions.review import proposal_of, waiting

        policy = self.policy()
        rows = waiting(self.store, rejected=rejected, team=policy.is_manual)
        return [proposal_of(self.store, row) for row in rows]

    def proposal(self, reference: str) -> Proposal:
        """One of them, also where it was rejected; raises `UsageError` for any other entry."""
        from lorefs.sync.decisions.review import proposal_of

        row = self.get(reference)
        self._check_proposal(row)
        return proposal_of(self.store, row)

    def approve(
        self, references: Sequence[str], *, if_rev: int | str | None = None, force: bool = False
    ) -> list[Row]:
        """Let proposals stand, all of them or none; returns the entries as they are then.

        A removal gives its last row. `if_rev` is the `rev` or the `hash` of the one proposal, or
        the hash that its approval would be bound to. Raises `RefusedError` for who may not
        approve, and `ConflictError` where an entry says something else by now than what a
        proposal was made of, unless with `force`.
        """
        from lorefs.sync.decisions.review import carry_out, proposal_of

        self._check_approver("approve")
        if if_rev is not None and len(references) > 1:
            raise UsageError("a revision is that of one proposal", hint="approve them one by one")
        found = [self.proposal(reference) for reference in references]
        after: dict[str, Row] = {}

        def change(corpus: Corpus) -> None:
            for each in found:
                row = self.store.entries.resolve(each.row.entry.id)
                self._check_proposal(row)
                now = proposal_of(self.store, row, corpus)
                if if_rev is not None and str(if_rev) not in {str(row.rev), row.hash, now.hash}:
                    raise ConflictError(
                        f"{row.entry.id} has changed: it is at revision {row.rev} now",
                        current=row,
                        hint="look at it again with `lorefs review`",
                    )
                carry_out(corpus, now, self._actor, force=force)
                last = now.target or row
                after[last.entry.id] = last

        paths = {document_path(each.row.entry.path, TEAM) for each in found}
        unknown = any(self.store.documents.state(path) is None for path in paths)
        self._change(change, discover=unknown, approve=True)
        return [self.store.entries.get(ident) or row for ident, row in after.items()]

    def reject(self, references: Sequence[str], why: str) -> list[Row]:
        """Turn proposals down; they stay in the review document, with the reason.

        That is for approvers, and for whoever proposed it.
        """
        from lorefs.sync.decisions.review import turn_down

        if not why.strip():
            raise UsageError("whoever proposed it wants to know why", hint="say it with --why TEXT")
        rows = [self.proposal(reference).row for reference in references]
        from lorefs.core.policy import folded

        mine = folded(self._actor)
        own = (row.entry.scope == REVIEW and folded(row.entry.proposed_by) == mine for row in rows)
        if not all(own):
            self._check_approver("reject what others proposed")

        def change(corpus: Corpus) -> None:
            for row in rows:
                turn_down(corpus, row, why)

        self._change(change, approve=True)
        return [self.store.entries.resolve(row.entry.id) for row in rows]

    def _check_proposal(self, row: Row) -> None:
        from lorefs.core.proposal import is_waiting

        if row.entry.scope != REVIEW and not (is_waiting(row.entry) or row.standing):
            raise UsageError(
                f"{row.entry.id} does not wait for approval",
                found=row.entry.title,
                hint="`lorefs review` lists what waits",
            )

    def _check_approver(self, what: str) -> Policy:
        """Raise `RefusedError`, naming who may, unless whoever works here is an approver."""
        policy = self.policy()
        if not self._is_entitled(policy):
            who = ", ".join(policy.approvers) or "nobody"
            raise RefusedError(
                f"{self._actor or 'an unknown author'} may not {what} here; {who} may",
                hint="the policy stands in the front matter of the root document",
            )
        return policy
