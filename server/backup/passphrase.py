"""The passphrase of a backup: read from a file that its owner alone can read, never from the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from federation.errors import Unavailable
from server.keyfiles import KEY_BYTES

#: A shorter one can be tried out by whoever has the file.
LEAST_CHARACTERS: Final = 16
_MOST_BYTES: Final = 1024
#: Memory of 64 MiB and a fifth of a second for each try (RFC 7914).
_N, _R, _P = 2**16, 8, 1


def read_passphrase(path: Path) -> bytes:
    """Return the passphrase in `path`; raises `Unavailable` when it is missing or too weak a secret."""
    try:
        mode, content = path.stat().st_mode, path.read_bytes()[: _MOST_BYTES + 1]
    except OSError as error:
        raise _bad(f"{path}: {error.strerror}: name the file that holds the passphrase") from None
    if mode & 0o077:
        raise _bad(
            f"{path} can be read by others: run chmod 600 on it, and choose another passphrase if they did"
        )
    phrase = content.removesuffix(b"\n").removesuffix(b"\r")
    if len(content) > _MOST_BYTES or b"\n" in phrase:
        raise _bad(f"{path} holds more than one line of {_MOST_BYTES} bytes: name the file of the passphrase")
    try:
        characters = len(phrase.decode())
    except UnicodeDecodeError:
        raise _bad(f"{path} holds no text: name the file of the passphrase") from None
    if characters < LEAST_CHARACTERS:
        raise _bad(
            f"the passphrase in {path} has {characters} characters: use {LEAST_CHARACTERS} or more, such as "
            "the output of `openssl rand -base64 24`"
        )
    return phrase


def key_of(passphrase: bytes, salt: bytes) -> bytes:
    """Return the key that a passphrase gives with the salt of one file."""
    return Scrypt(salt=salt, length=KEY_BYTES, n=_N, r=_R, p=_P).derive(passphrase)


def _bad(says: str) -> Unavailable:
    return Unavailable(says, reason="BAD_PASSPHRASE_FILE")
