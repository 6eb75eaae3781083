"""What an encrypted backup of personal documents looks like once it is opened: names and payloads.

The tree of a backup holds `key.age`, and for each document `<realm>/<document>.age`. Both names
are keyed hashes, so that they say nothing to who has no key. What a document is, and of which
repository, stands in its payload. Whoever knows a public key can encrypt for it; so payloads are
authenticated with a secret, too, which stands in `key.age` for those who can open that.
"""

from __future__ import annotations

import hmac
import json
import re
from collections.abc import Mapping
from hashlib import sha256
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

from lorefs.core.incoming import Flaw, leads_out, read_text
from lorefs.core.model import PERSONAL, TEAM_NAME, scope_of
from lorefs.errors import RefusedError

KEY_FILE: Final = "key.age"
SUFFIX: Final = ".age"
USER: Final = "user"  # the realm of the user's own store, which belongs to no repository
USER_DOCUMENT: Final = TEAM_NAME
SECRET_SIZE: Final = 32  # bytes
KEY_LIMIT: Final = 64 << 10  # bytes of an opened key file

_FORMAT: Final = b"lorefs-backup 1 "
_DOCUMENT: Final = b"document"
_KEY: Final = b"key"
_PATH_LIMIT: Final = 4096
_NAME_LENGTH: Final = 32  # hex digits
_SCP: Final = re.compile(r"(?:[^@/:]+@)?([^@/:]{2,}):(?!//)(.+)")
_NEWER: Final = "it was written by a newer lorefs, or by something else"


class BackupError(RefusedError):
    """A part of a backup cannot be used; nothing of it was taken."""


Clock = Mapping[str, int]  # of a version: by device, how many versions it has seen of each


class Payload(NamedTuple):
    """One document as it is backed up.

    `realm` names its repository, `path` its place in the worktree. `clock` counts the versions
    that each device made, so that it can be told which version stands on which. `times` says
    when entries were written last, by id, in seconds since 1970.
    """

    realm: str
    path: str
    clock: Clock
    text: str
    times: Mapping[str, int] = {}

    @property
    def label(self) -> str:
        """What people call the document."""
        return label(self.realm, self.path)


class BackupKey(NamedTuple):
    """What all who may open a backup share: a secret, and for whom everything is encrypted."""

    secret: bytes
    recipients: tuple[str, ...]

    @property
    def fingerprint(self) -> str:
        """What tells one backup's secret from another's, and nothing about it."""
        return sha256(b"lorefs-backup fingerprint\0" + self.secret).hexdigest()[:_NAME_LENGTH]

    def folder(self, realm: str) -> str:
        """The directory of a realm in the tree."""
        return self._hash(b"realm", realm)

    def name(self, realm: str, path: str) -> str:
        """The path in the tree of a document of a realm."""
        return f"{self.folder(realm)}/{self._hash(b'path', realm, path)}{SUFFIX}"

    def _hash(self, use: bytes, *words: str) -> str:
        text = b"\0".join((use, *(word.encode("utf-8", "surrogateescape") for word in words)))
        return hmac.new(self.secret, text, sha256).hexdigest()[:_NAME_LENGTH]


def label(realm: str, path: str) -> str:
    """What people call a document of a realm here."""
    return "your own store" if realm == USER else path


# ---------------------------------------------------------------- payloads


def write_payload(payload: Payload, key: BackupKey) -> bytes:
    """A payload, authenticated; `read_payload` reads it again."""
    header = _json({
        "realm": payload.realm,
        "path": payload.path,
        "clock": dict(sorted(payload.clock.items())),
        "times": dict(sorted(payload.times.items())),
    })  # fmt: skip
    return _sealed(_DOCUMENT, header + b"\n" + payload.text.encode("utf-8"), key.secret)


def read_payload(data: bytes, key: BackupKey, name: str, limit: int) -> Payload:
    """The payload that stood at a path of the tree; its text may have `limit` bytes.

    Raises `BackupError` unless it was written with this key, for this place, and is a document.
    """
    body = _unsealed(_DOCUMENT, data, key.secret, name)
    header, _, text = body.partition(b"\n")
    payload = _payload(_parsed(header, name), name)
    if key.name(payload.realm, payload.path) != name:
        raise _bad(name, "it was written for another place")
    check_path(payload.realm, payload.path, name)
    if len(text) > limit:
        raise _bad(name, f"it is larger than {limit:,} bytes (limits.documentSize)")
    read = read_text(text)
    if isinstance(read, Flaw):
        raise _bad(name, f"it {read.words}")
    return payload._replace(text=read)


def write_key(key: BackupKey) -> bytes:
    """A key; `read_key` reads it again."""
    body = _json({"secret": key.secret.hex(), "recipients": list(key.recipients)})
    return _sealed(_KEY, body, key.secret)


def read_key(data: bytes) -> BackupKey:
    """The key of an opened key file. Raises `BackupError` for what is none."""
    found = _parsed(data.partition(b"\n")[2], KEY_FILE)
    try:
        secret = bytes.fromhex(found["secret"])
        recipients = tuple(str(each) for each in found["recipients"])
    except (KeyError, TypeError, ValueError):
        raise _bad(KEY_FILE, _NEWER) from None
    if len(secret) != SECRET_SIZE or not recipients:
        raise _bad(KEY_FILE, _NEWER)
    _unsealed(_KEY, data, secret, KEY_FILE)
    return BackupKey(secret, recipients)


def check_path(realm: str, path: str, name: str) -> None:
    """Raise `BackupError` unless a path is that of a personal document of a realm."""
    if realm == USER:
        if path != USER_DOCUMENT:
            raise _bad(name, "it is no personal document")
        return
    if leads_out(path):
        raise _bad(name, "its path leads out of the worktree")
    if not path.isprintable() or len(path) > _PATH_LIMIT:
        raise _bad(name, "its path cannot be printed")
    if scope_of(path) != PERSONAL:
        raise _bad(name, "it is no personal document")


def _payload(found: Mapping[str, Any], name: str) -> Payload:
    try:
        realm, path = found["realm"], found["path"]
        clock, times = _counts(found["clock"]), _counts(found["times"])
    except (KeyError, TypeError, ValueError, OverflowError):
        raise _bad(name, _NEWER) from None
    if not (isinstance(realm, str) and isinstance(path, str)):
        raise _bad(name, _NEWER)
    return Payload(realm, path, clock, "", times)


def _counts(found: Any) -> dict[str, int]:  # noqa: ANN401  # whatever JSON can hold
    return {str(key): int(value) for key, value in dict(found).items()}


def _sealed(kind: bytes, body: bytes, secret: bytes) -> bytes:
    return b"%s%s %s\n%s" % (_FORMAT, kind, _seal(kind, body, secret), body)


def _unsealed(kind: bytes, data: bytes, secret: bytes, name: str) -> bytes:
    first, _, body = data.partition(b"\n")
    start = _FORMAT + kind + b" "
    if not first.startswith(start):
        raise _bad(name, _NEWER)
    if not hmac.compare_digest(first.removeprefix(start), _seal(kind, body, secret)):
        raise _bad(name, "it was not written by one of your machines")
    return body


def _seal(kind: bytes, body: bytes, secret: bytes) -> bytes:
    key = hmac.digest(secret, b"seal\0" + kind, "sha256")
    return hmac.digest(key, body, "sha256").hex().encode("ascii")


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=True, separators=(",", ":")).encode("ascii")


def _parsed(data: bytes, name: str) -> dict[str, Any]:
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        raise _bad(name, _NEWER) from None
    if not isinstance(found, dict):
        raise _bad(name, _NEWER)
    return found


def _bad(name: str, cause: str) -> BackupError:
    return BackupError(
        f"{name} of the backup cannot be used: {cause}",
        path=name,
        hint="nothing of it was taken, and it was left as it is",
    )


# ---------------------------------------------------------------- versions


def stands_on(newer: Clock, older: Clock) -> bool:
    """Whether all that a version has seen, another one has seen, too."""
    return all(newer.get(device, 0) >= count for device, count in older.items())


def united(one: Clock, other: Clock) -> dict[str, int]:
    """The clock of who has seen both."""
    return {device: max(one.get(device, 0), other.get(device, 0)) for device in {**one, **other}}


def ticked(clock: Clock, device: str, least: int = 0) -> dict[str, int]:
    """The clock of the next version that a device makes; its count is `least` at least."""
    return {**clock, device: max(clock.get(device, 0) + 1, least)}


# ---------------------------------------------------------------- realms


def realm_of_url(url: str) -> str | None:
    """The name of the repository behind a remote's address, however it is reached.

    `host/path` in the end: `git@host:a/b.git` and `https://host/a/b` are one repository. None
    for what is a path on this machine, which tells others nothing.
    """
    if "://" in url:
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            return None
        if parts.scheme == "file" or not parts.hostname:
            return None
        host = parts.hostname if port in {None, 22, 80, 443, 9418} else f"{parts.hostname}:{port}"
        path = parts.path
    else:
        found = _SCP.fullmatch(url)
        if found is None:
            return None
        host, path = found[1].lower(), found[2]
    path = path.strip("/").removesuffix(".git").strip("/")
    return f"{host}/{path}" if path else None


def realm_of_root(commit: str) -> str:
    """The name of a repository by its first commit."""
    return f"root:{commit}"
