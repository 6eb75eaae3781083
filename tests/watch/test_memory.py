"""What watch has freed goes back to the system."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

PROGRAM = """
import threading
from lorefs.watch.memory import give_back, share_one_store

def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) // 256  # megabytes

def work():  # what is kept at the end keeps all before it from being given back by itself
    pieces = [bytes(1000) for _ in range(50_000)]
    kept.append(pieces[-1])

kept = []
share_one_store()
before = resident()
thread = threading.Thread(target=work)
thread.start()
thread.join()
give_back()
assert resident() - before < 20, (before, resident())
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the GNU C library alone can do that")
def test_what_a_thread_freed_is_given_back() -> None:
    subprocess.run([sys.executable, "-c", PROGRAM], check=True)


def test_without_that_library_nothing_happens() -> None:
    program = "import sys; sys.platform = 'other'\n" + PROGRAM.replace("< 20", ">= 0")
    subprocess.run([sys.executable, "-c", program], check=True)
