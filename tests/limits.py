"""What tests need of the machine to be refused something: no privileges, and a small disk."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

# Runs a command without root's right to pass over permissions (capabilities(7): CAP_DAC_OVERRIDE
# and CAP_DAC_READ_SEARCH, dropped by PR_CAPBSET_DROP), so that it owns its files as anybody does.
_POWERLESS = """
import ctypes, os, sys
for capability in (1, 2):
    if ctypes.CDLL(None).prctl(24, capability, 0, 0, 0):
        sys.exit("privileges cannot be dropped here")
os.execv(sys.argv[1], sys.argv[1:])
"""


def powerless(folder: Path) -> tuple[str, ...]:
    """What to put before a command so that permissions hold for it, as for any user."""
    prefix = (sys.executable, "-I", "-c", _POWERLESS) if os.geteuid() == 0 else ()
    probe = folder / "unreadable"
    probe.write_text("")
    probe.chmod(0)
    done = subprocess.run([*prefix, "/bin/cat", probe], capture_output=True, check=False)
    probe.unlink()
    if b"Permission denied" not in done.stderr:
        pytest.skip("root's privileges cannot be dropped here")
    return prefix


@contextmanager
def small_disk(folder: Path, size: int) -> Iterator[Path]:
    """A file system of so many bytes in memory, mounted at a new folder."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "lorefs-test", str(folder)]
    try:
        done = subprocess.run(mount, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("there is no mount command here")
    if done.returncode:
        pytest.skip(f"no file system can be mounted here: {done.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@contextmanager
def filled(disk: Path) -> Iterator[None]:
    """Leave no byte free on a disk while the context lasts."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        for size in (1 << 16, 1 << 12, 1):
            try:
                while file.write(b"x" * size) == size:
                    pass
            except OSError:
                continue
    try:
        yield
    finally:
        filler.unlink()
