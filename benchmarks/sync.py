"""What lorefs promises about the sync branch, measured as in `measures.py`.

    python benchmarks/sync.py [--runs N] [--only GROUP]

The remote is a bare repository beside the clone, so that git and lorefs talk to it over the same
pipe. "In process" is a workspace that stays open, as in a program that watches: a file is
looked at when an event names it, and none by each cycle.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from functools import partial
from itertools import count
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.measures import BARE, Row, git, opened, process, ratio, repository, seconds, table
from benchmarks.synthetic import document
from lorefs.api import Workspace
from lorefs.core.document import decode, parse
from lorefs.store import Origin
from lorefs.sync.branch.merge import merge_tips

ENTRIES = 100  # of a document of 70 KB
LOREFS = [sys.executable, "-m", "lorefs"]
ORIGIN = Origin("sync", "bench", 1_760_000_000_000, "batch")
NAMES = ".lore.md\n.lore.review.md\n.lore.local.md\n"


def paths(number: int) -> list[str]:
    """The documents of a clone, each in a directory of its own."""
    return [f"d{n:04}/.lore.md" for n in range(number)]


def documents(number: int, entries: int = ENTRIES) -> dict[str, str]:
    """Documents with their texts, no two alike."""
    return {path: document(entries, seed) for seed, path in enumerate(paths(number), 1)}


def shared(folder: Path, files: dict[str, str], *, tracked: bool = False, code: int = 1) -> Path:
    """A repository with code and documents and a bare remote; git ignores them or tracks them."""
    names = {f"src/d{n // 500}/f{n}.txt": f"{n}\n" for n in range(code)}
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
    repo = repository(folder / "clone", README="code\n")
    for name, text in (names | files).items():
        (repo / name).parent.mkdir(parents=True, exist_ok=True)
        (repo / name).write_text(text)
    if not tracked:
        (repo / ".git" / "info" / "exclude").write_text(NAMES)
    git(repo, "add", "--all")
    git(repo, "commit", "--quiet", "--message=files")
    git(repo, "repack", "-adq")  # as it comes out of a clone
    git(folder, "init", "--quiet", "--bare", "--initial-branch=main", "remote.git")
    git(repo, "remote", "add", "origin", str(folder / "remote.git"))
    git(repo, "push", "--quiet", "--set-upstream", "origin", "main")
    for name, value in (
        ("user.name", "Bench"),
        ("user.email", "bench@example.invalid"),
        ("lorefs.sync.enabled", str(not tracked).lower()),
    ):
        git(repo, "config", name, value)
    return repo


def another_line(file: Path, number: int) -> None:
    """Change one entry, as an editor would."""
    lines = file.read_text().split("\n")
    bullets = [n for n, line in enumerate(lines) if line.startswith("* **")]
    lines[bullets[number % len(bullets)]] += f" More, {number}."
    file.write_text("\n".join(lines))


def exchanged(workspace: Workspace, *, rescan: bool = True) -> None:
    """One cycle, which has to succeed."""
    report = workspace.sync(rescan=rescan)
    assert report.ok, [each.error for each in report.exchanges]


# ---- cycles


def cycle_rows(folder: Path, runs: int) -> list[Row]:
    """Cycles with nothing to do, and with one changed entry."""
    texts = documents(100)
    repo, plain = shared(folder / "lore", texts), shared(folder / "git", texts, tracked=True)
    numbers, turns = count(), count()

    def save(where: Path) -> str:
        path = paths(100)[next(turns) % 100]
        another_line(where / path, next(numbers))
        return path

    def nothing(workspace: Workspace) -> float:
        return seconds(partial(exchanged, workspace, rescan=False))

    def taken_in(workspace: Workspace) -> float:
        path = save(repo)  # which an event names
        return seconds(lambda: workspace.take_in([path])) + nothing(workspace)

    def fetch() -> float:
        return process(["git", "fetch", "--quiet"], repo)

    def by_git() -> float:
        save(plain)
        took = process(["git", "add", "--all"], plain)
        took += process(["git", "commit", "--quiet", "--message=change"], plain)
        return took + process(["git", "push", "--quiet"], plain)

    def alone() -> float:
        return process([*LOREFS, "sync", "--quiet"], repo)

    def changed() -> float:
        save(repo)
        return alone()

    bare = partial(process, BARE, repo)
    rows = []
    with opened(repo) as workspace:
        exchanged(workspace)
        inside = partial(nothing, workspace)
        rows += [
            Row("cycle with nothing to do, in process, 100 documents of 70 KB",
                "git fetch with nothing new", ratio(inside, fetch, runs), 1.2),
            Row("one changed entry, committed and pushed, in process",
                "git add + git commit + git push",
                ratio(partial(taken_in, workspace), by_git, runs), 1.2),
        ]  # fmt: skip
    return [
        rows[0],
        Row("the same as lorefs sync, whole process", "git fetch + bare",
            ratio(alone, lambda: fetch() + bare(), runs), 9.0),
        rows[1],
        Row("the same as lorefs sync, whole process", "git add + commit + push + bare",
            ratio(changed, lambda: by_git() + bare(), runs), 5.0),
    ]  # fmt: skip


# ---- the sync branch


def commit_rows(folder: Path, runs: int) -> list[Row]:
    """A commit on the sync branch beside much code, and beside little."""
    texts = documents(1)
    few, many = shared(folder / "few", texts), shared(folder / "many", texts, code=50_000)
    numbers = count()

    def taken_in(workspace: Workspace) -> float:
        another_line(workspace.root / paths(1)[0], next(numbers))
        return seconds(workspace.take_in)

    def commit(workspace: Workspace) -> float:
        taken_in(workspace)
        return committed(workspace)

    def committed(workspace: Workspace) -> float:
        return seconds(lambda: workspace.here.commit(ORIGIN))

    with opened(few) as small, opened(many) as large:
        for each in (small, large):
            exchanged(each)
        os.sync()  # 50,000 new files would go to the disk with the first commits
        found = ratio(partial(commit, large), partial(commit, small), runs)
        both = ratio(
            lambda: taken_in(large) + committed(large),
            lambda: taken_in(small) + committed(small),
            runs,
        )
    return [
        Row("in process: commit one changed document beside 50,000 files", "beside 1 file",
            found, 1.3),
        Row("the same, with the file taken in before", "beside 1 file", both, 0.0),
    ]  # fmt: skip


def merge_rows(folder: Path, runs: int) -> list[Row]:
    """A merge of two tips that changed different entries of the same documents."""
    texts = documents(1000)
    repo = shared(folder / "thousand", texts)
    changed = paths(1000)[::100]
    with opened(repo) as workspace:
        exchanged(workspace)
        branch = workspace.here.branch
        objects = branch.objects
        base = branch.tip()
        assert base is not None
        first = objects.commit(base)
        tips = []
        for number in (3, 60):
            for path in changed:
                another_line(repo / path, number)
            data = {path: (repo / path).read_bytes() for path in changed}
            for path in changed:
                (repo / path).write_text(texts[path])
            tree = objects.write_tree(first.tree, data)
            tips.append(objects.write_commit(tree, [base], "side\n", first.author, first.committer))
        trees = [first.tree, *(objects.commit(tip).tree for tip in tips)]
        oids = [objects.leaves(tree)[path].oid for tree in trees for path in changed]

        def read_and_parse() -> object:
            return [parse(decode(data)) for data in objects.blobs(oids).values()]

        found = ratio(
            lambda: seconds(lambda: merge_tips(branch, *tips)),
            lambda: seconds(read_and_parse),
            runs,
        )
    return [
        Row("merge of two sync tips, 10 changed documents of 1,000",
            "reading and parsing the 30 versions", found, 4.0)
    ]  # fmt: skip


# ---- first exchanges


def first_rows(folder: Path, runs: int) -> list[Row]:
    """The first sync of much lore and of little, sent and received, by entry."""
    sizes = (1000, 10)
    turns = count()

    def first(number: int) -> tuple[float, float]:
        place = folder / f"first{next(turns)}"
        repo = shared(place, documents(number))
        with opened(repo) as workspace:
            sent = seconds(partial(exchanged, workspace))
        git(place, "clone", "--quiet", "--single-branch", "remote.git", "other")
        other = place / "other"
        git(other, "config", "lorefs.sync.enabled", "true")
        (other / ".git" / "info" / "exclude").write_text(NAMES)
        for path in paths(number):
            (other / path).parent.mkdir()
        with opened(other) as workspace:
            received = seconds(partial(exchanged, workspace))
            assert workspace.store.entries.count() == number * ENTRIES
        return sent / number, received / number

    large, *_ = (first(sizes[0]) for _ in range(1))
    small = [first(sizes[1]) for _ in range(runs)]
    sent, received = (sorted(each[n] for each in small)[len(small) // 2] for n in (0, 1))
    return [
        Row("first sync of 100,000 entries in 1,000 documents, per entry",
            "of 1,000 entries in 10 documents", large[0] / sent, 1.5),
        Row("the same, received by another clone", "of 1,000 entries in 10 documents",
            large[1] / received, 1.5),
    ]  # fmt: skip


GROUPS = {"cycle": cycle_rows, "commit": commit_rows, "merge": merge_rows, "first": first_rows}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--runs", type=int, default=9, help="counted pairs a row")
    parser.add_argument("--only", choices=tuple(GROUPS))
    options = parser.parse_args()
    rows: list[Row] = []
    for name, measure in GROUPS.items():
        if options.only in {None, name}:
            with tempfile.TemporaryDirectory() as folder:
                rows += measure(Path(folder), options.runs)
    print(table(rows))


if __name__ == "__main__":
    main()
