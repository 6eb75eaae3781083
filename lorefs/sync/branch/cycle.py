"""One cycle: take in what changed here, commit it, exchange it, apply what came back.

What does the work is loaded where there is some.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from lorefs.core.message import INGESTED
from lorefs.errors import RefusedError
from lorefs.repo.incomplete import is_partial, shallow_commits
from lorefs.sync.branch.branch import FETCHED
from lorefs.sync.branch.exchange import Adopt, DoubtfulError, Fetch, exchange
from lorefs.sync.branch.news import (
    ARRIVED,
    EVERY_ID,
    TAKEN,
    is_changed_here,
    is_changed_there,
    is_judged,
    is_unpoliced,
    standing_here,
    untaken_code,
)
from lorefs.sync.branch.report import Committed, CycleReport
from lorefs.sync.report import Report, joined
from lorefs.sync.site import APPLIED, is_filter_news, is_filtered

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from lorefs.core.judgement import Doubt, Standing
    from lorefs.core.message import Trailer
    from lorefs.errors import LorefsError
    from lorefs.remote import Remote
    from lorefs.store import Origin
    from lorefs.sync.branch.branch import Branch
    from lorefs.sync.branch.news import Ids
    from lorefs.sync.branch.report import Exchange
    from lorefs.sync.report import Question
    from lorefs.sync.site import Site


class Wish(NamedTuple):
    """What is asked of a cycle; `fetch` is that of `exchange`."""

    fetch: Fetch = "always"
    accept_deletions: bool = False
    accept_rewrite: bool = False
    start_fresh: bool = False


def cycle(
    site: Site,
    branch: Branch,
    remotes: Sequence[Remote],
    origin: Origin,
    wish: Wish,
) -> CycleReport:
    """Exchange with all remotes. What files brought was taken in before."""
    before = standing_here(site)
    talks = _Talks(site, branch, remotes, origin, wish)
    _adopt_cloned(site, branch)
    if branch.tip() is None:  # what others have comes first, or two histories would meet
        talks.begin()
    withdraw: Ids = EVERY_ID if wish.accept_deletions else frozenset()
    done, arrived = commit_and_apply(
        site, branch, origin, fresh=wish.start_fresh, withdraw=withdraw
    )
    talks.reports.append(arrived)
    talks.go_on()
    brought, refusal = _take_code(site, branch, origin, wish)
    talks.reports.append(brought)
    talks.go_on()  # of what was taken in since
    _judge(site, branch)
    now = standing_here(site)
    return CycleReport(
        tip=branch.tip(),
        committed=done.new,
        arrived=joined(*talks.reports),
        exchanges=tuple(talks.exchanges.values()),
        questions=tuple(_questions(talks.exchanges.values())),
        refusal=refusal,
        waiting=waiting(site, branch, remotes),
        standing=now,
        doubts=_new_doubts(before, now),
    )


class _Talks:
    """The exchanges of one cycle by remote, and the reports of what arrived, in order."""

    def __init__(
        self, site: Site, branch: Branch, remotes: Sequence[Remote], origin: Origin, wish: Wish
    ) -> None:
        self.site, self.branch, self.remotes = site, branch, remotes
        self.origin, self.wish = origin, wish
        self.exchanges: dict[str, Exchange] = {}
        self.reports: list[Report] = []

    def begin(self) -> None:
        """Meet each remote, whether there is something to send or not."""
        for remote in self.remotes:
            self.exchanges[remote.slug] = self._talk(remote, "always")

    def go_on(self) -> None:
        """Exchange what is there now; a remote that failed is left alone, none is asked twice."""
        for remote in self.remotes:
            first = self.exchanges.get(remote.slug)
            if first is None or first.error is None:
                then = self._talk(remote, "never" if first else self.wish.fetch)
                self.exchanges[remote.slug] = _both(first, then)

    def _talk(self, remote: Remote, fetch: Fetch) -> Exchange:
        adopt = Adopt(self._doubt, self._apply)
        rewrite = self.wish.accept_rewrite
        return exchange(
            self.site,
            self.branch,
            remote,
            adopt,
            at=self.origin.at,
            fetch=fetch,
            follow_rewrite=rewrite,
        )

    def _doubt(self, oid: str) -> tuple[Question, ...]:
        """What has to be confirmed before a commit is applied."""
        if self.wish.accept_deletions:
            return ()
        from lorefs.sync.branch.arrive import doubtful

        return doubtful(self.site, self.branch, oid)

    def _apply(self, oid: str) -> None:
        fresh = self.wish.start_fresh and self.site.store.state(APPLIED) is None
        self.reports.append(_arrive(self.site, self.branch, oid, self.origin, fresh=fresh))


def commit_and_apply(
    site: Site,
    branch: Branch,
    origin: Origin,
    *,
    fresh: bool = False,
    withdraw: Ids = frozenset(),
) -> tuple[Committed, Report]:
    """Commit what changed here, and apply what others put onto the branch of this clone.

    That is a linked worktree, or a process that was ended before it could apply it. With
    `fresh` a branch that nothing was applied of replaces what stands here. `withdraw` holds the
    ids of entries that may be deleted for others because they are restricted now.
    """
    report = Report()
    _adopt_cloned(site, branch)
    if is_filter_news(site):
        from lorefs.sync.branch.follow import prepare

        prepare(site)
    if site.store.state(APPLIED) is None and branch.tip() is not None:
        report = _apply_tip(site, branch, origin, fresh=fresh)
    trailers = _start(site, branch)
    done, followed = _commit(site, branch, origin, trailers, withdraw=withdraw)
    report = joined(report, followed)
    if done.tip is not None:
        report = joined(report, _apply_tip(site, branch, origin))
    _judge(site, branch)
    return done, report


def _judge(site: Site, branch: Branch) -> None:
    """Mark in the rows what nobody entitled has approved, if the branch went on since."""
    if not (is_judged(site) or is_unpoliced(site, branch)):
        from lorefs.sync.branch.standing import catch_up

        catch_up(site, branch)


def _commit(
    site: Site,
    branch: Branch,
    origin: Origin,
    trailers: list[Trailer],
    *,
    withdraw: Ids = frozenset(),
) -> tuple[Committed, Report]:
    """Commit what changed here, and then hide what the filter leaves out."""
    done = Committed(branch.tip(), new=False)
    if withdraw or is_changed_here(site):
        from lorefs.sync.branch.commit import commit_rows

        done = commit_rows(site, branch, at=origin.at, trailers=trailers, withdraw=withdraw)
    if not is_filtered(site):
        return done, Report()
    from lorefs.sync.branch.follow import follow

    return done, follow(site, branch, origin)


def _adopt_cloned(site: Site, branch: Branch) -> None:
    """Start from the branch that `git clone` has brought along, if there is none here yet.

    A shallow or partial clone has too little of it until the first exchange.
    """
    paths = site.git.paths
    if branch.tip() is not None or shallow_commits(paths) or is_partial(paths):
        return
    for remote in site.config.sync.remotes:
        cloned = branch.look_up(f"refs/remotes/{remote}/{branch.name}")
        if cloned is not None:
            try:
                branch.check(cloned)
                if branch.verified:
                    from lorefs.sync.branch.verify import verify

                    verify(branch, cloned, ())
            except RefusedError:
                continue  # the exchange fetches it, too, and says what is wrong with it
            branch.objects.move(branch.ref, cloned, None, "lorefs: start from the clone")
            return


def _start(site: Site, branch: Branch) -> list[Trailer]:
    """What the first commit of a branch says of the code that the rows came from."""
    if branch.tip() is not None:
        return []
    from lorefs.sync.branch.code import starting_point

    code = starting_point(site, branch)
    if code is None:
        return []
    with site.store.write():
        site.store.set_state(TAKEN, code)
    return [(INGESTED, code)]


def _take_code(
    site: Site, branch: Branch, origin: Origin, wish: Wish
) -> tuple[Report, LorefsError | None]:
    """Take in what the code branch gained, and commit that."""
    code = untaken_code(site, branch)
    if code is None:
        return Report(), None
    from lorefs.sync.branch.code import MassDeletionError, take_code

    from_git = origin._replace(source="git")
    try:
        report = take_code(site, branch, code, from_git, accept_deletions=wish.accept_deletions)
    except MassDeletionError as error:
        return Report(), error
    if report is None:
        return Report(), None
    _, followed = _commit(site, branch, origin, [(INGESTED, code)])
    return joined(report, followed), None


def _apply_tip(site: Site, branch: Branch, origin: Origin, *, fresh: bool = False) -> Report:
    tip = branch.tip()
    if tip is None or not is_changed_there(site, branch):
        return Report()
    return _arrive(site, branch, tip, origin, fresh=fresh)


def _arrive(site: Site, branch: Branch, oid: str, origin: Origin, *, fresh: bool) -> Report:
    from lorefs.sync.branch.arrive import arrive

    source = origin._replace(source=ARRIVED)
    return arrive(site, branch, oid, source, instead=fresh)


def _new_doubts(before: Standing | None, now: Standing | None) -> tuple[Doubt, ...]:
    known = before.doubts if before else {}
    return tuple(each for key, each in now.doubts.items() if known.get(key) != each) if now else ()


def _questions(exchanges: Iterable[Exchange]) -> Iterator[Question]:
    for each in exchanges:
        if isinstance(each.error, DoubtfulError):
            yield from each.error.questions


def _both(first: Exchange | None, second: Exchange) -> Exchange:
    if first is None:
        return second
    return second._replace(
        sent=first.sent + second.sent,
        received=first.received + second.received,
        merged=first.merged + second.merged,
        tries=first.tries + second.tries,
        since=first.since,
    )


def waiting(site: Site, branch: Branch, remotes: Sequence[Remote]) -> int:
    """How many commits some remote does not have, as far as is known here."""
    tip = branch.tip()
    if tip is None or not remotes:
        return 0
    return max(_missing(site, branch, tip, remote) for remote in remotes)


def _missing(site: Site, branch: Branch, tip: str, remote: Remote) -> int:
    seen = site.store.remotes.state(remote.slug).seen
    if seen == tip:
        return 0
    # what another worktree of this clone has met is known here, too
    refs = f"{FETCHED}/{remote.slug}", f"refs/remotes/{remote.name}/{branch.name}"
    met = (seen, *map(branch.look_up, refs))
    hidden = [oid for oid in met if oid is not None and branch.objects.has(oid)]
    return len(branch.objects.between(hidden, [tip]))
