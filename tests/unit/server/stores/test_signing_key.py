"""A server takes its next signing key once the charter lists it, whatever happens to the file on the way."""

from __future__ import annotations

import errno
import os
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from certs.charter_drafts import toml_bytes
from certs.keyfiles import private_pem
from certs.signing import charter_signer
from federation.errors import Unavailable
from federation.values.clock import stamp
from federation.values.identity import MemberId
from federation.values.keys import SigningKey, next_of
from server.stores.signing_key import KeyFollower, insist_own_signing_key, load_signer
from tests.support.federation import SmallFederation
from tests.support.waiting import wait_for

NODE = "police/node/police-1"


@pytest.fixture
def federation(tmp_path: Path) -> SmallFederation:
    return SmallFederation(tmp_path)


def list_key(federation: SmallFederation, key: SigningKey, *, alone: bool = False) -> None:
    """Have the charter list a further key of the node, or that one alone."""

    def edit(content: bytes) -> bytes:
        file = tomllib.loads(content.decode())
        [row] = [row for row in file["installations"] if row["installation"] == NODE]
        now = datetime.now(UTC)
        new = {
            **row["keys"][0],
            "public": key.public.hex(),
            "not_before": stamp(now - timedelta(minutes=1)),
            "not_after": stamp(now + timedelta(days=1)),
        }
        row["keys"] = [new] if alone else [*row["keys"], new]
        return toml_bytes(file)

    federation.office.republish(
        MemberId("police"), edit, charter_signer(federation.charter_keys[MemberId("police")])
    )


def upcoming(federation: SmallFederation) -> tuple[Path, bytes, SigningKey]:
    key = Ed25519PrivateKey.generate()
    return next_of(federation.party(NODE).signing_key), private_pem(key), SigningKey(key)


def test_a_key_is_taken_when_the_charter_lists_it_and_not_before(federation: SmallFederation) -> None:
    path, pem, key = upcoming(federation)
    path.write_bytes(pem)
    party = federation.party(NODE)
    with federation.trust() as trust:
        signer = load_signer(party.signing_key, party.installation)
        follow = KeyFollower(party.signing_key, signer, trust, after_s=0.001, now=lambda: datetime.now(UTC))
        with follow.following():
            assert signer.public == party.signer.public
            assert path.exists()
            list_key(federation, key)
            wait_for(lambda: signer.public, lambda public: public == key.public, what="the next key")
        assert not path.exists()
        assert load_signer(party.signing_key, party.installation).public == key.public


def test_a_server_that_was_killed_before_or_after_the_exchange_starts_with_a_key_that_is_listed(
    federation: SmallFederation,
) -> None:
    """Before it both keys lie there; after it only the new one, which the charter has listed before."""
    path, pem, key = upcoming(federation)
    path.write_bytes(pem)
    party = federation.party(NODE)
    list_key(federation, key, alone=True)
    with federation.trust() as trust:
        for _ in range(2):
            signer = load_signer(party.signing_key, party.installation)
            with KeyFollower(
                party.signing_key, signer, trust, after_s=3600, now=lambda: datetime.now(UTC)
            ).following():
                assert signer.public == key.public


def test_a_half_written_key_changes_nothing_and_is_named(
    federation: SmallFederation, caplog: pytest.LogCaptureFixture
) -> None:
    path, pem, key = upcoming(federation)
    path.write_bytes(pem[:20])
    party = federation.party(NODE)
    list_key(federation, key)
    with federation.trust() as trust:
        signer = load_signer(party.signing_key, party.installation)
        with KeyFollower(
            party.signing_key, signer, trust, after_s=0.001, now=lambda: datetime.now(UTC)
        ).following():
            wait_for(lambda: caplog.text, lambda text: str(path) in text, what="the warning")
            assert signer.public == party.signer.public
            path.write_bytes(pem)
            wait_for(lambda: signer.public, lambda public: public == key.public, what="the next key")


def test_a_key_from_an_old_backup_that_has_ended_ends_the_start(
    federation: SmallFederation,
) -> None:
    """It is still listed, for what it signed in its time; everything that it signs now would be refused."""
    party = federation.party(NODE)
    _, _, key = upcoming(federation)
    list_key(federation, key)
    signer = load_signer(party.signing_key, party.installation)
    charter = federation.charter()
    [own] = [each for each in charter.installations[party.installation].keys if each.public == signer.public]
    insist_own_signing_key(party.signing_key, signer, charter, at=own.not_after - timedelta(seconds=1))
    with pytest.raises(Unavailable) as caught:
        insist_own_signing_key(party.signing_key, signer, charter, at=own.not_after)
    assert caught.value.reason == "WRONG_KEY"
    assert "keys next" in caught.value.message


def test_a_key_that_took_its_place_on_the_disk_is_used_although_nothing_more_can_be_opened(
    federation: SmallFederation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the server would sign with the former key until it is started again, and that key ends."""
    path, pem, key = upcoming(federation)
    path.write_bytes(pem)
    party = federation.party(NODE)
    list_key(federation, key, alone=True)
    with federation.trust() as trust:
        signer = load_signer(party.signing_key, party.installation)
        follow = KeyFollower(party.signing_key, signer, trust, after_s=3600, now=lambda: datetime.now(UTC))
        opened = os.open

        def full(name: object, *more: object, **options: object) -> int:
            if name == path.parent:
                raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
            return opened(name, *more, **options)  # type: ignore[arg-type]

        with monkeypatch.context() as pressed:
            pressed.setattr(os, "open", full)
            follow._step()
        assert signer.public == load_signer(party.signing_key, party.installation).public
        follow._step()
        assert signer.public == load_signer(party.signing_key, party.installation).public == key.public
