"""What all tests share: isolation from the machine they run on, and real git repositories."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import hypothesis
import pytest
from hypothesis import HealthCheck

from tests.clones import Clone, Team
from tests.gitrepo import Repo

# Machines that run tests are noisy: how long an example takes says nothing there.
hypothesis.settings.register_profile(
    "lorefs",
    deadline=None,
    # the test server repeats the same examples; `make test` and `make nightly` look for new ones
    derandomize="CI" in os.environ,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
hypothesis.settings.register_profile(
    "replay", hypothesis.settings.get_profile("lorefs"), derandomize=False
)
hypothesis.settings.load_profile("lorefs")


def pytest_configure(config: pytest.Config) -> None:
    """Let a seed that is given count, on the test server, too."""
    if config.getoption("--hypothesis-seed", None) is not None:
        hypothesis.settings.load_profile("replay")


MEMORY = Path("/dev/shm")  # noqa: S108  # pytest makes a directory of its own in it
ROOM = 4 << 30  # bytes free there; a run takes less than one of them


def _keep_directories_in_memory() -> None:
    """Make temporary directories where a file costs a tenth, if that is a place for programs."""
    if "TMPDIR" in os.environ or not os.access(MEMORY, os.W_OK):
        return
    found = os.statvfs(MEMORY)
    if found.f_bavail * found.f_frsize >= ROOM and not found.f_flag & os.ST_NOEXEC:
        tempfile.tempdir = str(MEMORY)


_keep_directories_in_memory()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Offer to write expected results anew, for people to read in the diff."""
    parser.addoption("--update-golden", action="store_true", help="write expected results anew")


TOP = Path(__file__).resolve().parent.parent
REAL_HOME = Path.home()
XDG = ("CONFIG", "DATA", "CACHE", "STATE")

# Where lorefs, git or a shell completion would leave something in a home directory.
WATCHED = (
    ".bash_completions",
    ".bashrc",
    ".cache/lorefs",
    ".config/git",
    ".config/lorefs",
    ".gitconfig",
    ".local/share/lorefs",
    ".local/state/lorefs",
    ".zfunc",
    ".zshrc",
)

GIT_CONFIG = """\
[user]
	name = Ada Example
	email = ada@example.invalid
[init]
	defaultBranch = main
[protocol "file"]
	allow = always
[commit]
	gpgsign = false
[gc]
	auto = 0
[maintenance]
	auto = false
"""


@pytest.fixture(scope="session", autouse=True)
def isolation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Give the whole session a home, a git identity and a configuration of its own."""
    home = tmp_path_factory.mktemp("home")
    config = home / ".gitconfig"
    config.write_text(GIT_CONFIG)
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.startswith(("GIT_", "LOREFS_")) and name != "LOREFS_CORPUS":
                patch.delenv(name)
        for name in ("EDITOR", "VISUAL", "PAGER", "NO_COLOR", "FORCE_COLOR", "COLUMNS"):
            patch.delenv(name, raising=False)
        patch.setenv("HOME", str(home))
        for kind in XDG:
            patch.setenv(f"XDG_{kind}_HOME", str(home / kind.lower()))
        patch.setenv("GIT_CONFIG_GLOBAL", str(config))
        patch.setenv("GIT_CONFIG_NOSYSTEM", "1")
        patch.setenv("GIT_CEILING_DIRECTORIES", str(home.parent))
        patch.setenv("GIT_TERMINAL_PROMPT", "0")
        patch.setenv("LC_ALL", "C.UTF-8")
        patch.setenv("TZ", "UTC")
        _isolate_libgit2(home)
        yield home


def _isolate_libgit2(home: Path) -> None:
    """libgit2 ignores git's variables and looked up the home directory when it was loaded."""
    import pygit2
    from pygit2.enums import ConfigLevel

    for level in (ConfigLevel.SYSTEM, ConfigLevel.PROGRAMDATA, ConfigLevel.XDG):
        pygit2.settings.search_path[level] = str(home / "nothing")
    pygit2.settings.search_path[ConfigLevel.GLOBAL] = str(home)


@pytest.fixture(autouse=True)
def real_home_is_untouched() -> Iterator[None]:
    """Fail any test that leaves a trace in the real home directory."""
    before = _traces()
    yield
    changed = sorted(name for name, trace in _traces().items() if trace != before[name])
    if changed:
        pytest.fail(f"the test changed the real home directory: {', '.join(changed)}")


def _traces() -> dict[str, tuple[int, int] | None]:
    return {name: _trace(REAL_HOME / name) for name in WATCHED}


def _trace(path: Path) -> tuple[int, int] | None:
    try:
        found = path.lstat()
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns


@pytest.fixture
def make_repo(tmp_path: Path) -> Callable[..., Repo]:
    """A function that makes an empty repository at a name below the test's directory."""

    def make(name: str = "repo", *options: str) -> Repo:
        path = tmp_path / name
        path.mkdir(parents=True)
        repo = Repo(path)
        repo.init(*options)
        return repo

    return make


@pytest.fixture
def repo(make_repo: Callable[..., Repo]) -> Repo:
    """An empty repository."""
    return make_repo()


@pytest.fixture
def team(tmp_path: Path) -> Team:
    """A bare remote with a first commit of code."""
    found = Team(tmp_path)
    found.seed(**{"README.md": "code\n"})
    return found


@pytest.fixture
def ada(team: Team) -> Clone:
    """A clone of it with sync on."""
    return team.clone("ada")


@pytest.fixture
def bob(team: Team, ada: Clone) -> Clone:
    """A second one."""
    del ada
    return team.clone("bob")


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The directory of real documents; tests that need it are skipped where it is absent."""
    path = Path(os.environ.get("LOREFS_CORPUS", TOP.parent / "shared" / "corpus"))
    if not (path / "blobs").is_dir():
        pytest.skip(f"no corpus of real documents at {path} (set LOREFS_CORPUS)")
    return path
