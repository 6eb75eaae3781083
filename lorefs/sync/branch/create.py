"""Makes a hub: a bare repository whose sync branch has a directory for each of many projects."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

from lorefs.core.message import FORMAT, FORMAT_VERSION, message
from lorefs.core.realm import is_local
from lorefs.errors import RefusedError
from lorefs.remote import GitRemote, Moved, Pushed, RemoteError
from lorefs.repo import Git, GitPaths
from lorefs.repo.objects import Signature, open_objects
from lorefs.repo.templates import template

if TYPE_CHECKING:
    from collections.abc import Mapping

HOOK: Final = "pre-receive"
SUBJECT: Final = "Lay out a hub"
WHO: Final = ("lorefs", "hub@lorefs.invalid")

# What keeps the history that all projects stand on, and lets a clone leave out other projects.
SETTINGS: Final = (
    ("receive.denyNonFastForwards", "true"),
    ("receive.denyDeletes", "true"),
    ("receive.fsckObjects", "true"),
    ("core.logAllRefUpdates", "true"),
    ("uploadpack.allowFilter", "true"),
    ("uploadpack.allowAnySHA1InWant", "true"),
)


@dataclass(frozen=True, slots=True)
class Plan:
    """What a hub is to be like.

    With `group` all members of the Unix group may write, with `check` pushes are judged by
    `lorefs check`. `now` is in seconds.
    """

    address: str
    branch: str
    now: int
    group: bool = False
    check: bool = False
    interactive: bool = False


@dataclass(frozen=True, slots=True)
class Hub:
    """A hub that is there now.

    `made` tells whether the repository is new, `laid_out` whether its branch is. `settings` are
    those of `SETTINGS` that hold because they could be set from here, `hook` the file of the
    hook that was written.
    """

    address: str
    branch: str
    made: bool
    laid_out: bool
    settings: tuple[tuple[str, str], ...] = ()
    hook: Path | None = None


def local_path(address: str, directory: Path) -> Path | None:
    """The path that an address stands for on this machine, None for one elsewhere."""
    if not is_local(address):
        return None
    if address.startswith("file://"):
        return Path(unquote(urlsplit(address).path))
    if "::" in address.partition("/")[0]:
        return None  # a helper of git's own choice of transport
    return Path(directory, Path(address).expanduser())


def create(plan: Plan, directory: Path, env: Mapping[str, str]) -> Hub:
    """Make a hub, or lay out an empty repository as one; what is one already stays as it is.

    Raises `RefusedError` where something else stands, and `RemoteError` where the address does
    not answer.
    """
    path = local_path(plan.address, directory)
    path = path and path.resolve()
    if path is None:
        return Hub(plan.address, plan.branch, made=False, laid_out=_lay_out(plan, env))
    hook = path / "hooks" / HOOK
    if plan.check:
        _check_hook(hook)
    made = _make(path, plan, env)
    laid_out = _lay_out(plan, env, path)
    git = _git(path, env)
    for name, value in SETTINGS:
        git.run(f"--git-dir={path}", "config", name, value)
    git.run(f"--git-dir={path}", "symbolic-ref", "HEAD", f"refs/heads/{plan.branch}")
    if plan.check:
        _write_hook(hook)
    return Hub(str(path), plan.branch, made, laid_out, SETTINGS, hook if plan.check else None)


def _git(path: Path, env: Mapping[str, str]) -> Git:
    return Git(GitPaths(path, path, path), env)


def _make(path: Path, plan: Plan, env: Mapping[str, str]) -> bool:
    """Make a bare repository where there is nothing; whether that was done."""
    if path.is_dir() and any(path.iterdir()):
        if (path / "HEAD").is_file() and (path / "objects").is_dir():
            return False
        raise RefusedError(
            f"{path} is no bare repository, and not empty",
            path=str(path),
            hint="name a place where nothing stands yet",
        )
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RefusedError(
            f"{path} cannot be made: {error.strerror}", path=str(path), hint="name another place"
        ) from error
    shared = ["--shared=group"] if plan.group else []
    _git(path, env).run(
        "init", "--quiet", "--bare", "--template=", f"--initial-branch={plan.branch}", *shared
    )
    return True


def _lay_out(plan: Plan, env: Mapping[str, str], path: Path | None = None) -> bool:
    """Push the first commit of the branch; whether there was none yet."""
    with tempfile.TemporaryDirectory(prefix="lorefs-") as name:
        root = Path(name)
        git = Git(GitPaths(root, root / ".git", root / ".git"), env)
        git.run("init", "--quiet", "--template=")
        address = plan.address if path is None else str(path)
        remote = GitRemote(git, address, plan.branch, interactive=plan.interactive)
        refs = _refs(remote, plan)
        if f"refs/heads/{plan.branch}" in refs:
            return False
        others = sorted(ref for ref in refs if ref.startswith("refs/"))
        if others:
            raise RefusedError(
                f"{address} is not empty: it has {others[0]}",
                found=address,
                hint="give the hub a repository of its own; `lorefs team join` takes any one",
            )
        with_root = _first_commit(git, plan)
        match remote.push(with_root, None):
            case Pushed():
                return True
            case Moved():
                return False
            case refused:
                raise RemoteError(
                    f"{address} does not take the branch {plan.branch}",
                    words=refused.words,
                    hint="ask whoever runs the server",
                )


def _first_commit(git: Git, plan: Plan) -> str:
    """The commit that the histories of all projects begin with; it holds nothing."""
    objects = open_objects(git, plumbing=True)
    who = Signature(*WHO, plan.now)
    text = message(SUBJECT, [(FORMAT, str(FORMAT_VERSION))])
    return objects.write_commit(objects.write_tree(None, {}), (), text, who, who)


def _refs(remote: GitRemote, plan: Plan) -> dict[str, str]:
    try:
        return remote.refs()
    except RemoteError as error:
        raise RemoteError(error.message, words=error.words, hint=_how(plan)) from error


def _how(plan: Plan) -> str:
    """What to run on a server, for a repository that cannot be made from here."""
    host, path = _place(plan.address)
    if plan.address.startswith(("http://", "https://")):
        return f"make an empty repository on {host}, then run this command again"
    options = "--bare --shared=group" if plan.group else "--bare"
    return (
        f"if it is not there yet, run `git init {options} --initial-branch={plan.branch} {path}`"
        f" on {host}, then this command again"
    )


def _place(address: str) -> tuple[str, str]:
    """The host and the path of an address, for people to read."""
    if "://" in address:
        parts = urlsplit(address)
        return parts.hostname or "the server", parts.path or "PATH"
    host, _, path = address.partition(":")
    return host.rpartition("@")[2], path


def _check_hook(hook: Path) -> None:
    """Somebody else's hook stays; raises before anything was made."""
    if hook.exists() and hook.read_bytes() != template(HOOK).encode():
        raise RefusedError(
            f"{hook} is there already",
            path=str(hook),
            hint="let it run `lorefs-check --receive`, too",
        )


def _write_hook(hook: Path) -> None:
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(template(HOOK), encoding="utf-8")
    hook.chmod(0o755)
