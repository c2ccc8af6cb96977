"""Private keys on disk: readable by their owner only, and never overwritten."""

from __future__ import annotations

import os
import secrets
from errno import EEXIST
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat


def private_pem(key: PrivateKeyTypes) -> bytes:
    """Return `key` as unencrypted PKCS#8 PEM."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def write_private(path: Path, pem: bytes) -> None:
    """Write a private key with mode 0600; raises `FileExistsError` rather than replace one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(pem)
            file.flush()
            os.fsync(file.fileno())
        os.link(scratch, path)  # whole or not at all: a key that was cut short would stay for ever
    except FileExistsError:
        raise FileExistsError(EEXIST, os.strerror(EEXIST), str(path)) from None
    finally:
        scratch.unlink(missing_ok=True)
