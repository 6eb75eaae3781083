"""Makes one remote and this clone equal: push, or fetch and merge, until both say the same."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from lorefs.core.message import MERGE_SUBJECT, is_ingest
from lorefs.core.tips import FastForward, Merge, Nothing, Push, Stop, Tips, plan
from lorefs.errors import LorefsError, RefusedError
from lorefs.remote import Moved, Pushed, Refused, RemoteError
from lorefs.repo.incomplete import shallow_commits
from lorefs.sync.branch.report import Exchange
from lorefs.sync.progress import RECEIVING, SENDING

if TYPE_CHECKING:
    from collections.abc import Callable

    from lorefs.remote import Remote
    from lorefs.sync.branch.branch import Branch
    from lorefs.sync.report import Question
    from lorefs.sync.site import Site

Fetch = Literal["always", "news", "never"]

TRIES: Final = 8
PAUSE: Final = 0.05  # seconds, at most, before the second try; doubled for each further one


class RewrittenError(RefusedError):
    """The remote's branch no longer holds what it held when it was last looked at."""


class DoubtfulError(RefusedError):
    """What arrives deletes so much that somebody has to confirm it."""

    def __init__(self, questions: tuple[Question, ...]) -> None:
        super().__init__(
            "what arrived would delete most entries, so nothing of it was taken",
            hint="`lorefs sync --accept-deletions` takes it",
        )
        self.questions = questions


class Adopt(NamedTuple):
    """What the cycle does with a tip: `doubt` what it would delete, then `apply` it."""

    doubt: Callable[[str], tuple[Question, ...]]
    apply: Callable[[str], None]


def exchange(
    site: Site,
    branch: Branch,
    remote: Remote,
    adopt: Adopt,
    *,
    at: int,
    fetch: Fetch,
    follow_rewrite: bool = False,
) -> Exchange:
    """Exchange commits with a remote until nothing is left to send or to take.

    `fetch` says whether to ask the remote for news where nothing waits to be sent: "always" by a
    fetch, "news" by looking at its tip first, or "never". `follow_rewrite` takes
    a branch that was rewritten there for what was meant. Errors end up in the
    result and in the remotes table; what was committed waits. `at` is in milliseconds.
    """
    talk = _Talk(site, branch, remote, adopt, at, follow_rewrite=follow_rewrite)
    try:
        talk.run(fetch=fetch)
    except LorefsError as error:
        words = error.words if isinstance(error, RemoteError) and error.words else error.message
        with site.store.write():
            site.store.remotes.failed(remote.slug, words, at)
        return talk.result(error)
    return talk.result(None)


class _Talk:
    """One exchange: what was sent and taken so far."""

    def __init__(
        self,
        site: Site,
        branch: Branch,
        remote: Remote,
        adopt: Adopt,
        at: int,
        *,
        follow_rewrite: bool,
    ) -> None:
        self.follow_rewrite = follow_rewrite
        self.site, self.branch, self.remote, self.adopt, self.at = site, branch, remote, adopt, at
        self.since: str | None = None
        self.sent = self.received = self.merged = self.tries = 0

    def result(self, error: LorefsError | None) -> Exchange:
        return Exchange(
            self.remote.name,
            self.branch.tip(),
            self.sent,
            self.received,
            self.merged,
            self.tries,
            error,
            self.since,
        )

    def run(self, *, fetch: Fetch) -> None:
        theirs = seen = self.since = self.site.store.remotes.state(self.remote.slug).seen
        waits = self.branch.tip() not in {None, seen}
        if not waits and (fetch == "never" or (fetch == "news" and self._is_as_seen(seen))):
            return None
        if not waits or seen is None:  # at the first contact nobody knows what is there
            theirs = self._fetch(seen)
        while True:
            match plan(self._tips(theirs, seen)):
                case Nothing():
                    return self._note(theirs)
                case Push(oid):
                    if self._push(oid, theirs):
                        return None
                    theirs = self._fetch_again(seen)
                case FastForward(oid):
                    self._take(oid, self.branch.tip())
                case Merge(ours, others):
                    self._merge(ours, others)
                case Stop(old, new):
                    seen = self._follow(old, new)

    def _follow(self, seen: str, theirs: str | None) -> str | None:
        """Go on from a rewritten branch, if that was asked for; returns what is seen now."""
        if not self.follow_rewrite:
            raise _rewritten(self.remote.name, seen, theirs)
        from lorefs.sync.branch.rewrite import keep_aside, replayed

        tip = self.branch.tip()
        keep_aside(self.branch, self.at)
        if theirs is not None:
            oid = replayed(self.branch, seen, theirs)
            self.site.step("sync move")
            self.branch.objects.move(self.branch.ref, oid, tip, "lorefs: follow a rewrite")
            self.adopt.apply(oid)
        return theirs

    def _is_as_seen(self, seen: str | None) -> bool:
        """Whether the remote has nothing new; asks for its tip alone, which is half of a fetch."""
        if seen is None or self.remote.poll() != seen:
            return False
        self._note(seen)
        return True

    def _tips(self, theirs: str | None, seen: str | None) -> Tips:
        ours = self.branch.tip()
        if theirs is None:
            return Tips(ours, None, seen)
        if ours is None or ours == theirs:
            return Tips(ours, theirs, seen, theirs_has_seen=self._holds(theirs, seen))
        objects = self.branch.objects
        return Tips(
            ours,
            theirs,
            seen,
            ours_has_theirs=objects.is_ancestor(theirs, ours),
            theirs_has_ours=objects.is_ancestor(ours, theirs),
            theirs_has_seen=self._holds(theirs, seen),
        )

    def _holds(self, theirs: str, seen: str | None) -> bool:
        if seen in {None, theirs}:
            return True
        objects = self.branch.objects
        return objects.has(seen) and objects.is_ancestor(seen, theirs)

    def _fetch(self, seen: str | None) -> str | None:
        self.site.step("sync fetch")
        self.site.tell(RECEIVING, 0, 0)
        theirs = self.remote.fetch()
        known = self.branch.tip()
        if theirs is not None and theirs != known:
            self.branch.check(theirs, known)
            if self.branch.verified:
                from lorefs.sync.branch.verify import verify

                verify(self.branch, theirs, filter(None, (known, seen)))
        return theirs

    def _fetch_again(self, seen: str | None) -> str | None:
        """After others were faster: a moment of their own for everybody, then their commits."""
        if self.tries >= TRIES:
            raise RemoteError(
                f"{self.remote.name} was pushed to by others {TRIES} times in a row",
                hint="what was committed here waits; the next sync tries again",
            )
        if self.tries > 1:
            from random import SystemRandom

            time.sleep(SystemRandom().uniform(0, PAUSE * 2**self.tries))
        return self._fetch(seen)

    def _push(self, oid: str, expected: str | None) -> bool:
        """Send a commit; False if the remote has moved."""
        self.tries += 1
        self.site.step("sync push")
        self.site.tell(SENDING, 0, 0)
        match self.remote.push(oid, expected):
            case Pushed():
                hidden = [expected] if expected else []
                self.sent += len(self.branch.objects.between(hidden, [oid]))
                self._note(oid)
                return True
            case Moved():
                return False
            case Refused(words):
                raise RemoteError(
                    f"{self.remote.name} does not take the commits",
                    words=words,
                    hint="what was committed here waits; ask whoever runs the server",
                )

    def _merge(self, ours: str, theirs: str) -> None:
        from lorefs.sync.branch.merge import merge_tips
        from lorefs.sync.branch.rewrite import keep_aside

        objects = self.branch.objects
        tip = ours
        ours = self._without_own_merges(ours, theirs)
        if objects.is_ancestor(ours, theirs):
            self._take(theirs, tip)
            return
        if not self._related(ours, theirs):
            self._check_whole(ours)
            keep_aside(self.branch, self.at)
        self.site.step("sync merge")
        merged = merge_tips(self.branch, ours, theirs)
        if not merged.discards and self._adds_nothing(merged.oid, ours, theirs):
            self._take(theirs, tip)
            return
        self._take(merged.oid, tip)
        self.received -= 1  # the merge was made here
        self.merged += 1

    def _adds_nothing(self, merged: str, ours: str, theirs: str) -> bool:
        """Whether others have all of ours already, and it is no edit made here.

        Two machines that take in the same commit of the code at once make a commit each.
        """
        objects = self.branch.objects
        if objects.commit(merged).tree != objects.commit(theirs).tree:
            return False
        return all(
            len(commit.parents) > 1 or is_ingest(commit.message)
            for commit in objects.between([theirs], [ours])
        )

    def _without_own_merges(self, ours: str, theirs: str) -> str:
        """The tip without merges that nobody else has seen and nothing of ours stands on."""
        objects = self.branch.objects
        while not objects.is_ancestor(ours, theirs):
            commit = objects.commit(ours)
            if len(commit.parents) == 1 or not commit.message.startswith(f"{MERGE_SUBJECT}\n"):
                return ours
            own = [p for p in commit.parents if not objects.is_ancestor(p, theirs)]
            if len(own) > 1:
                return ours
            ours = own[0] if own else commit.parents[0]
        return ours

    def _related(self, ours: str, theirs: str) -> bool:
        status, _ = self.branch.git.status_and_output("merge-base", ours, theirs, allowed=(0, 1))
        return status == 0

    def _check_whole(self, ours: str) -> None:
        """What looks unrelated may just be cut off from what both have."""
        cut = shallow_commits(self.branch.git.paths)
        if cut and any(commit.oid in cut for commit in self.branch.objects.between([], [ours])):
            raise RefusedError(
                f"the sync branch {self.branch.name} of this clone is shallow: where it parted"
                f" from {self.remote.name} is not here",
                hint="`git fetch --unshallow` fetches the rest",
            )

    def _take(self, oid: str, expected: str | None) -> None:
        """Make a commit the tip here, and apply it."""
        questions = self.adopt.doubt(oid)
        if questions:
            raise DoubtfulError(questions)
        objects = self.branch.objects
        hidden = [expected] if expected is not None else []
        self.received += len(objects.between(hidden, [oid]))
        self.site.step("sync move")
        objects.move(self.branch.ref, oid, expected, "lorefs: sync")
        self.adopt.apply(oid)

    def _note(self, seen: str | None) -> None:
        with self.site.store.write():
            self.site.store.remotes.succeeded(self.remote.slug, seen, self.at)


def _rewritten(remote: str, seen: str, theirs: str | None) -> RewrittenError:
    if theirs is None:
        return RewrittenError(
            f"the sync branch of {remote} is gone: it held {seen[:12]}",
            hint="nothing was sent; if that was meant, or the remote is another one now,"
            " `lorefs sync --accept-rewrite` sends it again",
        )
    return RewrittenError(
        f"the sync branch of {remote} was rewritten: it held {seen[:12]}"
        f" and leads to {theirs[:12]} now",
        hint="nothing was sent or taken; if that was meant, `lorefs sync --accept-rewrite` follows",
    )
