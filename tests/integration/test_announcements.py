"""What nodes hear of an application for an answer: alike for all, and from its own agency alone (A27)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

import pytest

from federation.charter.envelope import make_statement
from federation.charter.model import InstallationState, ProfilePeriod, Release, Undecided
from federation.client.applications import VerifiedStep
from federation.errors import BadEnvelope, HutongError, OutOfOrder, PermissionDenied
from federation.statements.announcements import sign
from federation.statements.methods import ANNOUNCE
from federation.transport.status import understood
from federation.transport.tls import channel
from federation.v1 import announcing_pb2, announcing_pb2_grpc, document_pb2, query_pb2
from federation.v1 import application_pb2 as pb
from federation.v1.envelope_pb2 import Envelope
from federation.values import clock
from federation.values.clock import legal_day, stamp
from federation.values.identity import Installation
from tests.support import applying
from tests.support.federation import FEDERATION, GATEWAY
from tests.support.records import Someone
from tests.support.verifying import HOLDER, VERIFY, Desk, decide, drawn, enter, entries, timeless
from tests.support.waiting import wait_for
from tests.support.winding import Wound, wound


@pytest.fixture(scope="module")
def waiting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wound]:
    with wound(tmp_path_factory.mktemp("waiting"), (VERIFY,)) as running:
        yield running


@pytest.fixture(scope="module")
def window(waiting: Wound) -> Desk:
    return Desk(waiting)


def test_a27_what_is_announced_is_stored_and_logged_alike(waiting: Wound, window: Desk) -> None:
    known = Someone(name="某甲乙")
    enter(waiting, timeless(known))
    numbers = [window.accepted(applying.own(who)).number for who in (known, Someone(name="某丙丁"))]

    def logged() -> list[dict[str, object]]:
        log = entries(waiting, f"procuratorate/node/{HOLDER}")
        return [e for e in log if e["kind"] == "announced" and e["application"] in numbers]

    found = wait_for(logged, lambda seen: len(seen) == 2, what="both announcements at the holder")
    for entry in found:
        assert entry.keys() == found[0].keys()
        assert {k: v for k, v in entry.items() if k not in ("application", "at", "nonce", "key")} == {
            k: v for k, v in found[0].items() if k not in ("application", "at", "nonce", "key")
        }


def test_a27_a_node_that_was_away_hears_of_an_application_when_it_is_back(
    waiting: Wound, window: Desk
) -> None:
    away = "justice/node/justice-1"
    federation = waiting.inside.federation

    def heard(number: str, server: str) -> bool:
        return any(e["kind"] == "announced" and e["application"] == number for e in entries(waiting, server))

    waiting.inside.await_charter(federation.set_state(away, InstallationState.MAINTENANCE))
    try:
        wait_for(
            lambda: waiting.client("police").charter.installations[Installation.parse(away)].state,
            lambda state: state is InstallationState.MAINTENANCE,
            what="the charter at the window",
        )
        number = wait_for(
            lambda: window.accepted(applying.own(Someone())).number,
            what="an application under the new charter",
            passing=HutongError,
        )
        wait_for(lambda: heard(number, f"procuratorate/node/{HOLDER}"), what="the others to hear of it")
        assert not heard(number, away)
    finally:
        waiting.inside.await_charter(federation.set_state(away, InstallationState.ACTIVE))
    wait_for(lambda: heard(number, away), what="it to hear of it too", passing=HutongError)


def shown(application: pb.Application) -> tuple[object, ...]:
    """Return everything that a window sees of where an application stands."""
    steps = [(e.step, e.state, e.due_on, e.release_on, e.verifying) for e in application.events]
    documents = [(d.kind, d.result) for d in application.documents]
    return (
        application.state,
        application.due_on,
        application.days_left,
        application.release_on,
        application.verifying,
        tuple(steps),
        tuple(documents),
    )


@pytest.mark.timeout(1800)
def test_a27_of_two_hundred_applications_those_with_a_withheld_record_wait_like_the_others(
    waiting: Wound, window: Desk
) -> None:
    """Release and all states are compared up to the release; then the word VERIFYING is not only of the withheld."""
    half = 100
    people = [Someone(name=f"某{n}人") for n in range(2 * half)]
    records = [enter(waiting, timeless(someone)) for someone in people[:half]]
    applications = [window.approved(applying.own(someone)) for someone in people]
    assert len({shown(application) for application in applications}) == 1
    assert {window.refused(application) for application in applications[:: half // 5]} == {"NOT_RELEASED"}
    again = [window.accepting.show(application.number).application for application in applications]
    assert len({shown(application) for application in again}) == 1

    waiting.to(date.fromisoformat(applications[0].release_on))
    told: list[str] = []
    for application in applications:
        try:
            told.append(str(window.handling.answer(application).documents[0].kind))
        except OutOfOrder as error:
            told.append(error.reason)
    without_record = [drawn(waiting, application.number) for application in applications[half:]]
    none = str(document_pb2.DOCUMENT_KIND_NO_RECORD_CERTIFICATE)
    assert told[:half] == ["VERIFYING"] * half
    assert told[half:] == ["VERIFYING" if each else none for each in without_record]

    for record_id in records:
        decide(waiting, record_id)
    found = str(document_pb2.DOCUMENT_KIND_CERTIFICATE_REFUSED)
    late = [application for application in applications[:half] if not drawn(waiting, application.number)]
    assert {str(window.handling.answer(each).documents[0].kind) for each in late} == {found}


def test_a27_as_sealed_nothing_is_verified(tmp_path_factory: pytest.TempPathFactory) -> None:
    profile = ProfilePeriod(
        "practice-2022", date(2012, 5, 10), Release.THIRD_WORKING_DAY, Undecided.AS_SEALED
    )
    with wound(tmp_path_factory.mktemp("as-sealed"), (profile,)) as running:
        window, people = Desk(running), [Someone() for _ in range(4)]
        for someone in people[:2]:
            enter(running, timeless(someone))
        applications = [window.approved(applying.own(someone)) for someone in people]
        assert {each.release_on for each in applications} == {running.working_day(3).isoformat()}
        assert {window.refused(each) for each in applications} == {"NOT_RELEASED"}
        running.to(date.fromisoformat(applications[0].release_on))
        done: Sequence[VerifiedStep] = [window.handling.answer(each) for each in applications]
        kinds = {each.documents[0].kind for each in done}
        assert kinds == {document_pb2.DOCUMENT_KIND_NO_RECORD_CERTIFICATE}


def announcement(**changes: str) -> announcing_pb2.Announcement:
    made = announcing_pb2.Announcement(
        federation=FEDERATION,
        node="police-1",
        application="police-1-2026-000001",
        purpose=query_pb2.PURPOSE_OWN,
        persons=[Someone().subject()],
        release_on=legal_day(clock.now()).isoformat(),
        announced_at=stamp(clock.now()),
    )
    for name, value in changes.items():
        setattr(made, name, value)
    return made


def delivered(waiting: Wound, made: announcing_pb2.Announcement, signer: str, caller: str) -> None:
    """Deliver an announcement to the holder, signed by one installation and brought by another."""
    party, by = waiting.inside.federation.party(caller), waiting.inside.federation.party(signer)
    client = waiting.client("police")
    charter = client.charter
    [node] = [n for n in charter.nodes if n.name == HOLDER]
    body = announcing_pb2.AnnouncementDelivery(announcement=sign(made, by.signer))
    envelope = statement(waiting, caller, str(node.installation), body.SerializeToString())
    line = channel(
        node.endpoint,
        server=node.installation,
        charter=charter,
        certificate=party.certificate,
        key=party.key,
    )
    with understood(), line as opened:
        stub = announcing_pb2_grpc.AnnouncementServiceStub(opened)
        stub.Announce(announcing_pb2.AnnounceRequest(envelope=envelope), timeout=30)


def statement(waiting: Wound, caller: str, destination: str, body: bytes) -> Envelope:
    return make_statement(
        signer=waiting.inside.federation.party(caller).signer,
        federation=FEDERATION,
        method=ANNOUNCE,
        destination=destination,
        officer="gateway",
        body=body,
        charter_version=waiting.client("police").charter.version,
        now=clock.now(),
    )


def test_a27_no_gateway_makes_up_an_announcement_and_no_node_speaks_for_another(waiting: Wound) -> None:
    gateway, police, justice = GATEWAY, "police/node/police-1", "justice/node/justice-1"
    delivered(waiting, announcement(), police, gateway)
    with pytest.raises((BadEnvelope, PermissionDenied)):
        delivered(waiting, announcement(), gateway, gateway)
    with pytest.raises(BadEnvelope):
        delivered(waiting, announcement(), justice, gateway)
    with pytest.raises(PermissionDenied):
        delivered(waiting, announcement(), police, justice)
    for changes, field in (
        ({"application": "justice-1-2026-000001"}, "application"),
        ({"release_on": "2099-01-01"}, "release_on"),
        ({"release_on": "soon"}, "release_on"),
    ):
        with pytest.raises(HutongError, match=field):
            delivered(waiting, announcement(**changes), police, gateway)
