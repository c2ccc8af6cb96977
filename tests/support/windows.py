"""A window whose officers a node has on its roll."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from certs.signing import new_signing_key
from federation.client import Client, Connection, Credentials
from federation.client.officer_keys import write_entry
from federation.errors import HutongError
from federation.v1 import query_pb2
from tests.support.federation import SmallFederation
from tests.support.inside import InsideFederation, inside_federation
from tests.support.records import Someone, record

FIRST, KEYED, WHY = "科长", "冯警官", "登记民警"


class Window:
    """The police's desk with its folder of officers."""

    def __init__(self, inside: InsideFederation, folder: Path) -> None:
        self.inside, self.folder = inside, folder
        folder.mkdir(mode=0o700)

    def client(self, officer: str) -> Client:
        """Return a client of the desk for this officer, as the folder describes him or her."""
        party = self.inside.federation.party("police/client/desk")
        credentials = Credentials(
            party.installation, party.certificate, party.key, party.signing_key, self.folder
        )
        trust = self.inside.federation.trust("police-client")
        return Client(Connection(trust=trust, credentials=credentials, officer=officer))

    def asked(self, officer: str, query: query_pb2.Query) -> str:
        """Return the finding that this officer gets, or the reason of the refusal."""
        with self.client(officer) as client:
            return outcome(client, query)

    def register(self, id: str, name: str, *, by: str, own_key: bool = False) -> None:
        """Register an officer at police-1 and describe him or her in the folder."""
        key = new_signing_key(self.folder / f"{id}.key") if own_key else b""
        with self.client(by) as client:
            client.officers("police-1").register(id, name, key=key, reason=WHY)
        write_entry(self.folder, id=id, name=name, key=f"{id}.key" if own_key else "")


def outcome(client: Client, query: query_pb2.Query) -> str:
    try:
        return query_pb2.Finding.Name(client.ask(query).answer.finding)
    except HutongError as error:
        return error.reason


@contextmanager
def running(folder: Path) -> Iterator[InsideFederation]:
    """Run a federation with all its nodes and a gateway."""
    with inside_federation(SmallFederation(folder)) as started:
        started.start_all()
        started.client("police")
        yield started


def staffed(inside: InsideFederation, folder: Path) -> Window:
    """Return the window of a police that has registered two officers."""
    made = Window(inside, folder)
    made.register("p1", FIRST, by=FIRST)
    made.register("p2", KEYED, by=FIRST, own_key=True)
    return made


def recorded(window: Window) -> Someone:
    """Return a person with a record at the police."""
    person = Someone()
    with window.client(FIRST) as client:
        client.register.enter("police-1", record(person, "police"))
    return person
