"""An agency's questions are held to its roll of officers, also where others answer them (R12, R34)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from certs.signing import new_signing_key
from federation.client import Client, Connection, Credentials
from federation.client.officer_keys import write_entry
from federation.errors import HutongError
from federation.v1 import query_pb2
from tests.support.asking import case
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


@pytest.fixture(scope="module")
def inside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InsideFederation]:
    """Return a federation in which the police has registered two officers."""
    with inside_federation(SmallFederation(tmp_path_factory.mktemp("certified"))) as running:
        for agency in running.federation.agencies:
            running.start_node(agency)
        running.start_gateway()
        running.client("police")
        yield running


@pytest.fixture(scope="module")
def window(inside: InsideFederation, tmp_path_factory: pytest.TempPathFactory) -> Window:
    made = Window(inside, tmp_path_factory.mktemp("window") / "officers")
    made.register("p1", FIRST, by=FIRST)
    made.register("p2", KEYED, by=FIRST, own_key=True)
    return made


@pytest.fixture(scope="module")
def someone(inside: InsideFederation, window: Window) -> Someone:
    """Return a person with a record at the police."""
    person = Someone()
    with window.client(FIRST) as client:
        client.register.enter("police-1", record(person, "police"))
    return person


def test_r12_a_question_is_held_to_the_roll_of_the_askers_own_node(window: Window, someone: Someone) -> None:
    """However it comes: through a gateway too, who asks is one of the officers, spelled as registered."""
    query = case(someone.subject())
    assert window.asked(FIRST, query) == "FINDING_RECORD"
    assert window.asked(KEYED, query) == "FINDING_RECORD"
    assert window.asked("路人甲", query) == "OFFICER_NOT_REGISTERED"
    write_entry(window.folder, id="px", name="科 长", key="")  # another spelling, another id
    try:
        assert window.asked("px", query) == "OFFICER_NOT_REGISTERED"
        write_entry(window.folder, id="px", name=KEYED, key="")
        assert window.asked("px", query) == "OFFICER_NOT_REGISTERED"
    finally:
        (window.folder / "px.json").unlink()
    write_entry(window.folder, id="p2", name=KEYED, key="")  # at the desk, but not with the officer's key
    try:
        assert window.asked("p2", query) == "OFFICER_NOT_SIGNED"
    finally:
        write_entry(window.folder, id="p2", name=KEYED, key="p2.key")


def test_r12_members_without_a_roll_ask_as_before(inside: InsideFederation, someone: Someone) -> None:
    for member in ("justice", "court"):
        assert outcome(inside.client(member, "路人乙"), case(someone.subject())) == "FINDING_RECORD"
