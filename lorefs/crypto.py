"""Encrypts and decrypts by age, through pyrage: the one module that knows it.

pyrage comes with the extra `lorefs[crypto]` and is loaded when it is first needed. Public keys
are those of age (`age1…`) and of ssh (`ssh-ed25519 …`).
"""

from __future__ import annotations

import base64
import binascii
import io
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from lorefs.errors import RefusedError, UsageError

AGE: Final = "age1"
SSH: Final = "ssh-ed25519 "
MARGIN: Final = 4096  # bytes that encrypting adds, for some recipients
PER_RECIPIENT: Final = 256

_AGE_START: Final = "AGE-SECRET-KEY-1"
_SSH_START: Final = b"-----BEGIN OPENSSH PRIVATE KEY-----"
_SSH_MAGIC: Final = b"openssh-key-v1\0"
_FILE_LIMIT: Final = 64 << 10  # bytes of a file of keys
_OTHERS: Final = 0o077


class CryptoError(RefusedError):
    """A text cannot be decrypted, or a key cannot be used."""


class MissingExtraError(UsageError):
    """What encrypts is not installed."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Private keys, and the public ones that belong to them."""

    recipients: tuple[str, ...]
    keys: tuple[Any, ...]  # of pyrage, which has no types

    def __repr__(self) -> str:
        """The public keys alone: what is printed by accident must not hold a secret."""
        return f"Identity({', '.join(self.recipients)})"


def require() -> Any:  # noqa: ANN401  # a module without types
    """pyrage; raises `MissingExtraError` where it is not installed."""
    try:
        import pyrage  # type: ignore[import-untyped]
    except ImportError as error:
        raise MissingExtraError(
            "what encrypts backups is not installed", hint="run `pip install 'lorefs[crypto]'`"
        ) from error
    return pyrage


def encrypt(data: bytes, recipients: tuple[str, ...]) -> bytes:
    """Data that only the owners of some public keys can read; another result every time."""
    pyrage = require()
    sealed: bytes = pyrage.encrypt(data, [_recipient(each) for each in recipients])
    return sealed


def decrypt(data: bytes, identity: Identity, limit: int) -> bytes:
    """Decrypt data, which may become `limit` bytes.

    Raises `CryptoError` for what was changed, is too large, or was encrypted for others.
    """
    pyrage = require()
    output = _Bounded(limit)
    try:
        pyrage.decrypt_io(io.BytesIO(data), output, list(identity.keys))
    except _TooLargeError:
        raise CryptoError(f"it becomes larger than {limit:,} bytes") from None
    except (pyrage.DecryptError, ValueError, OSError):
        raise CryptoError("it is damaged, or encrypted for others") from None
    return output.getvalue()


class _TooLargeError(Exception):
    pass


class _Bounded(io.BytesIO):
    """Bytes in memory, so many at most."""

    def __init__(self, limit: int) -> None:
        super().__init__()
        self.limit = limit

    def write(self, data: Any, /) -> int:  # noqa: ANN401  # whatever io takes
        if self.tell() + len(data) > self.limit:
            raise _TooLargeError
        return super().write(data)


# ---------------------------------------------------------------- keys


def read_recipients(word: str) -> tuple[str, ...]:
    """The public keys that a word is, or that stand in the file of this name, a line each.

    Raises `UsageError` for what is none.
    """
    if word.startswith(_AGE_START):  # must not be shown again
        raise UsageError(
            "that is a private key", hint="give the public one that belongs to it, age1…"
        )
    if word.startswith((AGE, SSH.strip())):
        return (_normal(word),)
    try:
        data = Path(word).expanduser().read_bytes()[:_FILE_LIMIT]
        lines = [line.strip() for line in data.decode("utf-8").splitlines()]
    except (OSError, ValueError) as error:
        raise UsageError(
            f"{word} is neither a public key nor a file of them",
            found=word,
            hint="give age1…, ssh-ed25519 …, or a file with such lines",
        ) from error
    found = tuple(_normal(line) for line in lines if line and not line.startswith("#"))
    if not found:
        raise UsageError(f"{word} holds no public key", path=word)
    return found


def _normal(word: str) -> str:
    """A public key without the comment that ssh writes behind it, checked."""
    key = " ".join(word.split()[:2]) if word.startswith(SSH) else word.strip()
    _recipient(key)
    return key


def _recipient(word: str) -> Any:  # noqa: ANN401  # of pyrage, which has no types
    pyrage = require()
    try:
        if word.startswith(AGE):
            return pyrage.x25519.Recipient.from_str(word)
        if word.startswith(SSH):
            return pyrage.ssh.Recipient.from_str(word)
    except pyrage.RecipientError:
        pass
    raise UsageError(
        f"{word} is no public key that can be used",
        found=word,
        hint="age1… (X25519) and ssh-ed25519 … are",
    )


def make_identity(path: Path) -> str:
    """Make a private key in a new file that nobody else can read; returns the key.

    Raises `UsageError` where the file cannot be made, or is there.
    """
    pyrage = require()
    key = pyrage.x25519.Identity.generate()
    text = f"# The key of lorefs backups. Public key: {key.to_public()}\n{key}\n"
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with open(descriptor, "w", encoding="ascii") as file:  # noqa: PTH123  # a descriptor
            file.write(text)
            file.flush()
            os.fsync(descriptor)
    except OSError as error:
        raise UsageError(
            f"the key cannot be written: {error.strerror}",
            path=str(path),
            hint="name another key with --identity FILE",
        ) from error
    return str(key)


def read_identity(path: Path) -> Identity:
    """The private keys of a file: one of age's, or a private key of ssh without passphrase.

    Raises `CryptoError` for a file that holds none, or that others can read.
    """
    require()
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            data = file.read(_FILE_LIMIT)
    except OSError as error:
        raise CryptoError(
            f"the key of the backup cannot be read: {error.strerror}",
            path=str(path),
            hint="bring it back from the copy that you kept, or name another with --identity FILE",
        ) from error
    if mode & _OTHERS:
        raise CryptoError(
            "the key of the backup can be read by others",
            path=str(path),
            hint=f"`chmod 600 {path}`",
        )
    return _ssh_identity(path, data) if _SSH_START in data else _age_identity(path, data)


def _age_identity(path: Path, data: bytes) -> Identity:
    pyrage = require()
    try:
        lines = [line.strip() for line in data.decode("utf-8").splitlines()]
        words = [line for line in lines if line.startswith(_AGE_START)]
        keys = tuple(pyrage.x25519.Identity.from_str(word) for word in words)
    except (UnicodeDecodeError, pyrage.IdentityError):
        keys = ()
    if not keys:
        raise CryptoError(
            "the file holds no key that can be used",
            path=str(path),
            hint="it has to be an age key (AGE-SECRET-KEY-1…), or an ssh-ed25519 private key",
        )
    return Identity(tuple(str(key.to_public()) for key in keys), keys)


def _ssh_identity(path: Path, data: bytes) -> Identity:
    pyrage = require()
    public, is_open = _ssh_public_key(data)
    if public is not None and not public.startswith(SSH):
        raise CryptoError(
            f"the file holds a key of type {public.partition(' ')[0]}",
            path=str(path),
            hint="`ssh-keygen -t ed25519` makes one that can be used",
        )
    if public is not None and not is_open:
        raise CryptoError(
            "the ssh key is protected by a passphrase, and nobody may be there to be asked for it",
            path=str(path),
            hint=f"use a key of its own for backups, or a copy without: `cp {path} COPY`,"
            " then `ssh-keygen -p -N '' -f COPY`",
        )
    try:
        key = pyrage.ssh.Identity.from_buffer(data)
    except pyrage.IdentityError:
        key = None
    if public is None or key is None:
        raise CryptoError("the file holds no private key of ssh that can be read", path=str(path))
    return Identity((public,), (key,))


def _ssh_public_key(data: bytes) -> tuple[str | None, bool]:
    """The public key in a private one (PROTOCOL.key of OpenSSH), and whether it is open."""
    try:
        lines = data.split(_SSH_START, 1)[1].split(b"-----END", 1)[0]
        blob = base64.b64decode(b"".join(lines.split()), validate=True)
        if not blob.startswith(_SSH_MAGIC):
            return None, True
        parts: list[bytes] = []
        place = len(_SSH_MAGIC)
        for part in range(5):  # cipher, KDF, its options, the number of keys, the public key
            size = 0 if part == 3 else int.from_bytes(blob[place : place + 4])  # noqa: PLR2004
            parts.append(blob[place + 4 : place + 4 + size])
            place += 4 + size
        public = parts[4]
        kind = public[4 : 4 + int.from_bytes(public[:4])].decode("ascii")
    except (binascii.Error, IndexError, UnicodeDecodeError):
        return None, True
    if not kind:
        return None, True
    return f"{kind} {base64.b64encode(public).decode('ascii')}", parts[0] == b"none"
