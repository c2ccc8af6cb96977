"""A private key that somebody has encrypted is refused with a sentence at every door that reads one."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from compose.cli import main
from federation.errors import Unavailable
from federation.transport.pair import matching_pair
from federation.values.identity import Installation
from server.stores.signing_key import load_signer

WHO = "police/node/police-1"


def typed(*words: object, code: int = 0) -> str:
    ran = CliRunner().invoke(main, [*map(str, words)])
    assert ran.exit_code == code, ran.output
    return ran.output


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """An authority with its keys, and a node whose certificate it has issued."""
    at, keys, home = "hutong.example", tmp_path / "keys", tmp_path / "home"
    typed("certs", "authority", "--federation", at, "--member", "police", "--out", keys, "--root")
    typed(
        "node", "init", "--home", home, "--installation", WHO, "--listen", "127.0.0.1:7401",
        "--endpoint", "localhost:7401", "--charter", tmp_path / "published",
    )  # fmt: skip
    typed("certs", "issue", "--csr", home / "request.json", "--federation", at, "--ca", keys, "--out", home)
    return tmp_path


def encrypt(path: Path) -> None:
    key = load_pem_private_key(path.read_bytes(), password=None)
    path.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"sixteen letters!"))
    )


@pytest.mark.parametrize("name", ["signing.key", "tls.key"])
def test_an_installation_says_which_of_its_keys_is_encrypted(place: Path, name: str) -> None:
    encrypt(place / "home" / name)
    (place / "home" / "request.json").unlink()
    shown = typed(
        "node", "init", "--home", place / "home", "--installation", WHO, "--listen", "127.0.0.1:7401",
        "--endpoint", "localhost:7401", "--charter", place / "published", code=1,
    )  # fmt: skip
    assert f"{name} is encrypted" in shown


@pytest.mark.parametrize("name", ["signing.next.key", "tls.next.key"])
def test_a_next_key_that_is_encrypted_or_cut_short_is_named(place: Path, name: str) -> None:
    typed("node", "keys", "next", "--home", place / "home")
    encrypt(place / "home" / name)
    assert f"{name} is encrypted" in typed("node", "keys", "next", "--home", place / "home", code=1)
    (place / "home" / name).write_text("-----BEGIN PRIVATE KEY-----\n", "utf-8")
    assert f"{name} holds no private key" in typed("node", "keys", "next", "--home", place / "home", code=1)


def test_an_authority_says_that_its_key_is_encrypted(place: Path) -> None:
    typed("node", "keys", "next", "--home", place / "home")
    encrypt(place / "keys" / "ca.key")
    shown = typed(
        "certs", "issue", "--csr", place / "home" / "next.request.json", "--federation", "hutong.example",
        "--ca", place / "keys", "--out", place / "issued", code=1,
    )  # fmt: skip
    assert "ca.key is encrypted" in shown


def test_what_signs_a_charter_says_that_it_is_encrypted(place: Path) -> None:
    encrypt(place / "keys" / "root.key")
    shown = typed(
        "charter", "refresh", "--published", place, "--publisher-key", place / "keys" / "root.key", code=1
    )
    assert "root.key is encrypted" in shown


def test_a_server_goes_on_when_an_encrypted_key_comes_into_its_folder(place: Path) -> None:
    """What reads keys while it serves expects `ValueError`, keeps the former ones and warns."""
    home = place / "home"
    encrypt(home / "tls.key")
    with pytest.raises(ValueError, match=r"tls\.key is encrypted"):
        matching_pair(home / "tls.pem", home / "tls.key")
    encrypt(home / "signing.key")
    with pytest.raises(Unavailable, match=r"signing\.key is encrypted"):
        load_signer(home / "signing.key", Installation.parse(WHO))
