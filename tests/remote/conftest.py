"""Bare repositories behind every way there is to a git remote, all on this machine."""

from __future__ import annotations

import base64
import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.gitrepo import Repo

Address = Callable[[Path], str]


@pytest.fixture
def bare(tmp_path: Path) -> Repo:
    """An empty bare repository."""
    path = tmp_path / "remote.git"
    path.mkdir()
    repo = Repo(path)
    repo("init", "--quiet", "--bare")
    repo("config", "http.receivepack", "true")
    return repo


@contextmanager
def ssh_server(folder: Path, env: pytest.MonkeyPatch) -> Iterator[str]:
    """A real sshd on loopback with keys of its own; yields the start of its addresses."""
    sshd, keygen = shutil.which("sshd") or "/usr/sbin/sshd", shutil.which("ssh-keygen")
    if not Path(sshd).exists() or keygen is None:
        pytest.skip("sshd is not installed (Debian: openssh-server)")
    folder.mkdir()
    for name in ("host", "client"):
        subprocess.run([keygen, "-q", "-t", "ed25519", "-N", "", "-f", folder / name], check=True)
    shutil.copy(folder / "client.pub", folder / "authorized_keys")
    (folder / "authorized_keys").chmod(0o600)
    port = free_port()
    (folder / "config").write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {folder}/host\nPidFile {folder}/pid\n"
        f"AuthorizedKeysFile {folder}/authorized_keys\nStrictModes no\nUsePAM no\n"
        "PasswordAuthentication no\nPermitRootLogin yes\n"
    )
    Path("/run/sshd").mkdir(exist_ok=True)
    with subprocess.Popen(
        [sshd, "-D", "-e", "-f", folder / "config"], stderr=subprocess.DEVNULL
    ) as server:
        try:
            wait_for(port)
            env.setenv(
                "GIT_SSH_COMMAND",
                f"ssh -F none -p {port} -i {folder}/client -oIdentitiesOnly=yes"
                f" -oStrictHostKeyChecking=no -oUserKnownHostsFile={folder}/known",
            )
            yield f"ssh://{os.environ.get('USER', 'root')}@127.0.0.1"
        finally:
            server.terminate()


class GitHttp(BaseHTTPRequestHandler):
    """Serves repositories through `git http-backend`; asks for a password where `secret` is."""

    root: Path
    secret: str | None = None

    def do_GET(self) -> None:
        self.answer(b"")

    def do_POST(self) -> None:
        if self.headers.get("Transfer-Encoding") == "chunked":
            self.answer(b"".join(iter(self.chunk, b"")))
        else:
            self.answer(self.rfile.read(int(self.headers.get("Content-Length", 0))))

    def chunk(self) -> bytes:
        data = self.rfile.read(int(self.rfile.readline(), 16))
        self.rfile.readline()
        return data

    def answer(self, body: bytes) -> None:
        if self.secret and self.headers.get("Authorization") != self.secret:
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="lore"')
            self.end_headers()
            return
        path, _, query = self.path.partition("?")
        done = subprocess.run(
            ["git", "http-backend"],
            input=body,
            capture_output=True,
            check=False,
            timeout=30,
            env={
                **os.environ,
                "GIT_PROJECT_ROOT": str(self.root),
                "GIT_HTTP_EXPORT_ALL": "1",
                "PATH_INFO": path,
                "QUERY_STRING": query,
                "REQUEST_METHOD": self.command,
                "CONTENT_TYPE": self.headers.get("Content-Type", ""),
                "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
                "HTTP_GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
                "REMOTE_USER": "tester",
            },
        )
        head, _, rest = done.stdout.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n") if line)
        self.send_response(int(headers.pop("Status", "200").split()[0]))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(rest)

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@contextmanager
def http_server(root: Path, secret: str | None = None) -> Iterator[str]:
    """A web server on loopback; yields the start of its addresses."""
    basic = "Basic " + base64.b64encode(secret.encode()).decode() if secret else None
    handler = type("Handler", (GitHttp,), {"root": root, "secret": basic})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def wait_for(port: int) -> None:
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    pytest.fail(f"nobody listens on port {port}")


@pytest.fixture(params=["path", "file", "ssh", "http"])
def address(
    request: pytest.FixtureRequest, bare: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """The address of the bare repository, by each way there is to it."""
    with ExitStack() as stack:
        match request.param:
            case "path":
                yield str(bare.path)
            case "file":
                yield f"file://{bare.path}"
            case "ssh":
                start = stack.enter_context(ssh_server(tmp_path / "ssh", monkeypatch))
                yield f"{start}{bare.path}"
            case _:
                start = stack.enter_context(http_server(bare.path.parent))
                yield f"{start}/{bare.path.name}"
