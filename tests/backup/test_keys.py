"""Keys of age and of ssh: which are taken, and what is said of the others."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from lorefs.crypto import (
    CryptoError,
    decrypt,
    encrypt,
    make_identity,
    read_identity,
    read_recipients,
)
from lorefs.errors import LorefsError, UsageError
from tests.backup.conftest import MINE, Machine, Machines

LIMIT = 1000


def ssh_key(path: Path, *options: str, passphrase: str = "") -> Path:
    if shutil.which("ssh-keygen") is None:
        pytest.skip("ssh-keygen is not installed")
    command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", passphrase, "-C", "a comment"]
    subprocess.run([*command, "-f", str(path), *options], check=True, timeout=30)
    return path


def test_an_age_key(tmp_path: Path) -> None:
    secret = make_identity(tmp_path / "new" / "key")
    identity = read_identity(tmp_path / "new" / "key")
    assert secret.startswith("AGE-SECRET-KEY-1")
    one, two = (encrypt(b"text", identity.recipients) for _ in range(2))
    assert one != two
    assert decrypt(one, identity, LIMIT) == decrypt(two, identity, LIMIT) == b"text"
    with pytest.raises(UsageError):
        make_identity(tmp_path / "new" / "key")
    assert read_identity(tmp_path / "new" / "key").recipients == identity.recipients


def test_an_ssh_key(tmp_path: Path) -> None:
    path = ssh_key(tmp_path / "id")
    identity = read_identity(path)
    recipients = read_recipients(f"{path}.pub")
    assert identity.recipients == recipients
    assert read_recipients(Path(f"{path}.pub").read_text()) == recipients
    assert decrypt(encrypt(b"text", recipients), identity, LIMIT) == b"text"


def test_an_ssh_key_with_a_passphrase_is_refused_with_a_way_out(tmp_path: Path) -> None:
    with pytest.raises(CryptoError, match="passphrase") as caught:
        read_identity(ssh_key(tmp_path / "id", passphrase="open sesame"))  # noqa: S106  # opens nothing
    assert "ssh-keygen -p" in str(caught.value.hint)


def test_another_kind_of_ssh_key_is_named(tmp_path: Path) -> None:
    with pytest.raises(CryptoError, match="ecdsa"):
        read_identity(ssh_key(tmp_path / "id", "-t", "ecdsa"))


@pytest.mark.parametrize(
    "text", ["", "nonsense", "AGE-SECRET-KEY-1NONSENSE", "\x00\xff",
             "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n",
             "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEA\n-----END"]
)  # fmt: skip
def test_what_is_no_key_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "key"
    path.write_text(text, encoding="latin-1")
    path.chmod(0o600)
    with pytest.raises(CryptoError, match=r"no .*key") as caught:
        read_identity(path)
    assert caught.value.path == str(path)


def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    make_identity(tmp_path / "key")
    (tmp_path / "key").chmod(0o640)
    with pytest.raises(CryptoError, match="read by others") as caught:
        read_identity(tmp_path / "key")
    assert "chmod 600" in str(caught.value.hint)


@pytest.mark.parametrize(
    "word", ["age1nonsense", "ssh-ed25519 AAAA", "ssh-rsa AAAA", "no-such-file", ""]
)
def test_what_is_no_public_key_is_refused(word: str) -> None:
    with pytest.raises(UsageError):
        read_recipients(word)


def test_a_private_key_is_not_shown_again(tmp_path: Path) -> None:
    secret = make_identity(tmp_path / "key")
    with pytest.raises(UsageError, match="private key") as caught:
        read_recipients(secret)
    assert secret not in repr(vars(caught.value))


def test_a_file_of_public_keys(tmp_path: Path) -> None:
    make_identity(tmp_path / "key")
    public = read_identity(tmp_path / "key").recipients[0]
    path = tmp_path / "keys"
    path.write_text(f"# mine\n\n{public}\n", encoding="utf-8")
    assert read_recipients(str(path)) == (public,)
    path.write_text("# none\n", encoding="utf-8")
    with pytest.raises(UsageError, match="no public key"):
        read_recipients(str(path))


@pytest.mark.parametrize("size", [0, 1, LIMIT, LIMIT + 1, 100 * LIMIT])
def test_what_is_decrypted_is_bounded(tmp_path: Path, size: int) -> None:
    make_identity(tmp_path / "key")
    identity = read_identity(tmp_path / "key")
    sealed = encrypt(b"x" * size, identity.recipients)
    if size <= LIMIT:
        assert decrypt(sealed, identity, LIMIT) == b"x" * size
    else:
        with pytest.raises(CryptoError, match="larger"):
            decrypt(sealed, identity, LIMIT)


def test_machines_with_ssh_keys_of_their_own(machines: Machines, tmp_path: Path) -> None:
    keys = {name: ssh_key(tmp_path / f"{name}-key") for name in ("desk", "laptop")}
    desk = machines.machine("desk")
    desk.add("Of the desk")
    desk.setup(identity=keys["desk"], add=read_recipients(f"{keys['laptop']}.pub"))
    laptop = machines.machine("laptop")
    laptop.restore(identity=keys["laptop"])
    laptop.add("Of the laptop")
    laptop.backup()
    assert desk.backup().received == (MINE,)
    assert desk.titles() == laptop.titles() == ["Of the desk", "Of the laptop"]
    assert not desk.identity.exists()


def test_a_key_that_went_away_is_an_error_with_a_way_out(desk: Machine) -> None:
    desk.identity.unlink()
    with pytest.raises(LorefsError, match="no key on this machine"):
        desk.backup()


def test_without_the_extra_it_says_what_to_install(desk: Machine) -> None:
    program = (
        "import sys; sys.modules['pyrage'] = None; from lorefs.crypto import encrypt\n"
        "from lorefs.errors import LorefsError\n"
        "try: encrypt(b'', ())\n"
        "except LorefsError as error: print(error.status, error.hint)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=30
    )
    assert done.stdout == "2 run `pip install 'lorefs[crypto]'`\n"
    del desk
