"""A connection that stays open signs with the key of now, whoever put it into its place: this program or another."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from certs.charter_drafts import toml_bytes
from certs.keyfiles import private_pem
from certs.signing import charter_signer
from federation.client.connection import Connection, Credentials
from federation.values.clock import stamp
from federation.values.identity import MemberId
from federation.values.keys import SigningKey, next_of
from tests.support.federation import SmallFederation
from tests.support.waiting import wait_for

WINDOW, NODE = "police/client/desk", "police/node/police-1"


@pytest.fixture
def federation(tmp_path: Path) -> SmallFederation:
    return SmallFederation(tmp_path)


@pytest.fixture
def connection(federation: SmallFederation) -> Iterator[Connection]:
    party = federation.party(WINDOW)
    own = Credentials(party.installation, party.certificate, party.key, party.signing_key)
    with Connection(trust=federation.trust(), credentials=own, officer="甲") as opened:
        yield opened


def signs_with(connection: Connection) -> str:
    signed = connection.statement(b"body", method="/x/y", destination=NODE)
    return signed.signatures[0].keyid


def listed_alone(federation: SmallFederation, key: SigningKey) -> None:
    """Have the charter list this key of the window in the place of the former one."""

    def edit(content: bytes) -> bytes:
        file = tomllib.loads(content.decode())
        [row] = [row for row in file["installations"] if row["installation"] == WINDOW]
        now = datetime.now(UTC)
        row["keys"] = [
            {
                **row["keys"][0],
                "public": key.public.hex(),
                "not_before": stamp(now - timedelta(minutes=1)),
                "not_after": stamp(now + timedelta(days=1)),
            }
        ]
        return toml_bytes(file)

    signer = charter_signer(federation.charter_keys[MemberId("police")])
    federation.office.republish(MemberId("police"), edit, signer)


def in_place(path: Path, pem: bytes) -> None:
    """Put the next key where its program looks for it, whole."""
    next_of(path).with_suffix(".part").write_bytes(pem)
    os.replace(next_of(path).with_suffix(".part"), next_of(path))


def by_this_program(path: Path, pem: bytes) -> None:
    in_place(path, pem)


def by_another_command(path: Path, pem: bytes) -> None:
    in_place(path, pem)
    os.replace(next_of(path), path)


@pytest.mark.parametrize("exchanged", [by_this_program, by_another_command])
def test_an_open_connection_signs_with_the_key_that_the_charter_lists_from_now_on(
    federation: SmallFederation, connection: Connection, exchanged: Callable[[Path, bytes], None]
) -> None:
    private = Ed25519PrivateKey.generate()
    key, path = SigningKey(private), federation.party(WINDOW).signing_key
    assert signs_with(connection) == federation.party(WINDOW).signer.keyid
    exchanged(path, private_pem(private))
    assert signs_with(connection) == federation.party(WINDOW).signer.keyid  # the charter does not list it yet
    listed_alone(federation, key)
    wait_for(
        lambda: connection.charter.key(key.keyid),
        lambda found: found is not None,
        what="the charter that lists it",
    )
    assert signs_with(connection) == key.keyid
    assert SigningKey.load(path).keyid == key.keyid
    assert not next_of(path).exists()
