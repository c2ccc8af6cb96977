"""Where the pair test plays: the federation, its officers and peers, and what they heard in each play."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from federation.client import Client, Connection, Credentials
from federation.errors import HutongError
from federation.values.identity import Kind
from tests.support.federation import SmallFederation
from tests.support.local import OFFICER
from tests.support.pairs import VARIANTS, Subject, subject
from tests.support.recording import Heard, Recorder
from tests.support.seal_servers import SealServers, at_rest


class Stage:
    """The federation on which everything is played, its officers, and what was heard in each play."""

    def __init__(
        self, servers: SealServers, recorder: Recorder, folder: Path, plays: Mapping[str, Play]
    ) -> None:
        self._plays = plays
        self.servers, self.recorder, self.folder = servers, recorder, folder
        self.description = described(servers.federation)
        self._clients: dict[tuple[str, str], Client] = {}
        self._heard: dict[str, dict[str, tuple[Subject, list[Heard]]]] = {}

    def client(self, member: str, officer: str = OFFICER) -> Client:
        """Return the client of an officer, the same each time."""
        if (member, officer) not in self._clients:
            client = Client.open(self.description, member, officer=officer)
            self._clients[member, officer] = client.__enter__()
        return self._clients[member, officer]

    def peer(self, installation: str, officer: str) -> Client:
        """Return a client that calls as a node or gateway, the same each time."""
        if (installation, officer) not in self._clients:
            party, small = self.servers.federation.party(installation), self.servers.federation
            mine = Credentials(party.installation, party.certificate, party.key, party.signing_key)
            trust = small.trust(f"{officer}-calls")
            client = Client(Connection(trust=trust, credentials=mine, officer=officer))
            self._clients[installation, officer] = client.__enter__()
        return self._clients[installation, officer]

    def close(self) -> None:
        """Close the officers' clients."""
        for client in self._clients.values():
            client.__exit__(None, None, None)

    def heard(self, play: str) -> Mapping[str, tuple[Subject, list[Heard]]]:
        """Play once for a person of each variant; return each with what its callers got."""
        if play not in self._heard:
            self._heard[play] = {variant: self._play(play, variant) for variant in VARIANTS}
        return self._heard[play]

    def rest(self) -> None:
        """Wait, unheard, until every seal and what it causes has arrived."""
        with self.recorder.pausing():
            self.servers.slowed.end()
            at_rest(self.servers)

    def _play(self, play: str, variant: str) -> tuple[Subject, list[Heard]]:
        with subject(self.servers, variant) as about, self.recorder.listening() as heard:
            self._plays[play](self, about)
        return about, heard


Play = Callable[[Stage, Subject], None]


def described(small: SmallFederation) -> Path:
    """Write the description with which commands and clients find the federation."""
    parties = [party for party in small.parties.values() if party.installation.kind is Kind.CLIENT]
    members = {
        str(party.installation.member): {
            "installation": str(party.installation),
            "cert": str(party.certificate),
            "key": str(party.key),
            "signing_key": str(party.signing_key),
        }
        for party in parties
    }
    pin = hashlib.sha256(small.root.read_bytes()).hexdigest()
    path = small.home / "federation.json"
    path.write_text(json.dumps({"charter": "charter", "charter_root": pin, "members": members}), "utf-8")
    return path


def refusable(call: Callable[[], object]) -> None:
    """Make a call that may be refused: the refusal is recorded like an answer."""
    with suppress(HutongError):
        call()
