"""Files what the merge driver settled, once the merge has come to an end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lorefs.repo import operation
from lorefs.spool import runs

if TYPE_CHECKING:
    from lorefs.core.ledger import Discard
    from lorefs.repo import GitPaths
    from lorefs.spool import Run
    from lorefs.sync.corpus import Corpus
    from lorefs.sync.reconcile.observe import Observation


def collect_spool(paths: GitPaths, observation: Observation, corpus: Corpus) -> list[Discard]:
    """The records of the runs whose result is what the file says; the spool is emptied.

    While git is still merging the runs stay; those of an aborted merge are thrown away.
    """
    found: list[Discard] = []
    if operation(paths) is not None:
        return found
    for run in runs(paths.lorefs_dir / "spool"):
        found += _kept(run, observation, corpus)
        run.file.unlink(missing_ok=True)
    return found


def _kept(run: Run, observation: Observation, corpus: Corpus) -> list[Discard]:
    """The records that still hold: all where nobody touched the result, else one by one."""
    if observation.hashes.get(run.path) == run.result:
        return list(run.discards)
    text = corpus.text(run.path)
    return [discard for discard in run.discards if discard.chosen and discard.chosen in text]
