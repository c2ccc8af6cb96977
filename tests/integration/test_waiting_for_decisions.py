"""Withheld is no licence for a certificate (A27): applications are announced, wait for their day, and are verified."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterator, Sequence
from datetime import date

import pytest

from federation.charter.envelope import make_statement
from federation.charter.model import InstallationState, ProfilePeriod, Release, Undecided
from federation.client import Client
from federation.client.applications import VerifiedStep
from federation.errors import BadEnvelope, HutongError, NotFound, OutOfOrder, PermissionDenied
from federation.evidence.entry import read_body
from federation.statements.announcements import sign
from federation.statements.methods import ANNOUNCE
from federation.transport.status import understood
from federation.transport.tls import channel
from federation.v1 import (
    announcing_pb2,
    announcing_pb2_grpc,
    document_pb2,
    query_pb2,
    record_pb2,
    sealing_pb2,
)
from federation.v1 import application_pb2 as pb
from federation.v1.envelope_pb2 import Envelope
from federation.values import clock
from federation.values.clock import legal_day, stamp
from federation.values.identity import Installation
from tests.support import applying, related
from tests.support.federation import FEDERATION, GATEWAY
from tests.support.records import MINOR, Someone, record, sealed_record
from tests.support.waiting import wait_for
from tests.support.winding import Wound, wound

VERIFY = ProfilePeriod("practice-2022", date(2012, 5, 10), Release.NEXT_WORKING_DAY, Undecided.VERIFY, 1)
HOLDER = "procuratorate-1"
DECISION = record_pb2.Instrument(reference="（2026）核字第1号", issuer="某区人民检察院")
UNKNOWN = record_pb2.UNKNOWN_REASON_NOT_STATED_IN_SOURCE


@pytest.fixture(scope="module")
def waiting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wound]:
    with wound(tmp_path_factory.mktemp("waiting"), (VERIFY,)) as running:
        yield running


def timeless(someone: Someone) -> record_pb2.Record:
    """A record of a judgment that does not say when it was done: nobody knows whether at seventeen."""
    made = record(someone, "procuratorate")
    for name in ("conduct_from", "conduct_to"):
        made.offences[0].ClearField(name)
        made.unknowns.add(field=f"offences[0].{name}", reason=UNKNOWN)
    return made


def enter(waiting: Wound, made: record_pb2.Record) -> str:
    return waiting.client("procuratorate").register.enter(HOLDER, made).record_id


def desk(waiting: Wound, officer: str) -> Client:
    return waiting.client("police", officer)


class Desk:
    """The four persons of the police window."""

    def __init__(self, waiting: Wound) -> None:
        officers = (applying.ACCEPTOR, applying.REVIEWER, applying.HANDLER)
        self.accepting, self.reviewing, self.handling = (
            desk(waiting, officer).applications("police-1") for officer in officers
        )

    def accepted(self, submission: pb.Submission) -> pb.Application:
        taken = self.accepting.submit(submission).application
        return self.accepting.accept(taken, applying.ACCEPT).application

    def approved(self, submission: pb.Submission) -> pb.Application:
        return self.reviewing.review(self.accepted(submission), applying.APPROVE).application

    def refused(self, application: pb.Application) -> str:
        """Try to handle it, and return why it is not done."""
        with pytest.raises(HutongError) as refused:
            self.handling.answer(application)
        return refused.value.reason

    def verified(self, application: pb.Application) -> pb.Application:
        """Begin a verification by a leader, and end it."""
        begun = self.handling.handle(
            application, applying.VERIFY, note="核查", approved_by=applying.HEAD
        ).application
        return self.handling.handle(begun, applying.RESUME).application


@pytest.fixture(scope="module")
def window(waiting: Wound) -> Desk:
    return Desk(waiting)


def drawn(waiting: Wound, number: str, percent: int = 1) -> bool:
    """Say whether some node has an application verified though it withholds nothing."""
    for agency in waiting.inside.federation.agencies:
        key = waiting.keys(agency).lookup
        digest = hmac.digest(key, f"verified\x1f{number}\x1f".encode(), "sha256")
        if int.from_bytes(digest[:4], "big") % 100 < percent:
            return True
    return False


def applied(waiting: Wound, window: Desk, submission: pb.Submission) -> pb.Application:
    """Return an approved application that no node has drawn for a verification."""
    while True:
        application = window.approved(submission)
        if not drawn(waiting, application.number):
            return application


def tasks(waiting: Wound) -> list[sealing_pb2.SealingTask]:
    return waiting.client("procuratorate").seals.withheld(HOLDER)


def decide(waiting: Wound, record_id: str) -> None:
    body = sealing_pb2.AgeDecision(
        record_id=record_id,
        expected_version=1,
        reason="核对户籍档案",
        instrument=DECISION,
        approved_by="检察长",
    )
    waiting.client("procuratorate").seals.decide(HOLDER, body)


def entries(waiting: Wound, server: str) -> list[dict[str, object]]:
    client = waiting.client(server.partition("/")[0])
    log = client.evidence.entries(Installation.parse(server))
    return [dict(read_body(entry.body)) for entry in log]


def test_a27_a_withheld_adult_is_announced_verified_decided_and_disclosed(
    waiting: Wound, window: Desk
) -> None:
    someone = Someone(name="待定人")
    enter(waiting, timeless(Someone(name="无人问起")))
    record_id = enter(waiting, timeless(someone))
    application = applied(waiting, window, applying.own(someone))
    assert application.release_on == waiting.working_day(1).isoformat()

    [first, *rest] = wait_for(
        lambda: tasks(waiting),
        lambda seen: bool(seen) and bool(seen[0].awaited_on),
        what="the announcement at the holder",
    )
    assert (first.record_id, first.awaited_on) == (record_id, application.release_on)
    assert rest, "what nobody waits for comes after it"
    assert not any(task.awaited_on for task in rest if task.record_id != record_id)

    assert window.refused(application) == "NOT_RELEASED"
    waiting.to(date.fromisoformat(application.release_on))
    assert window.refused(application) == "VERIFYING"
    application = window.verified(application)

    holder = waiting.client("procuratorate")
    facet, task = holder.seals.examine(HOLDER, record_id, reason="作出决定")
    assert facet.record.person.names[0].text == someone.name
    assert (task.rule, task.proposed) == ("S1-AGE-CONDUCT-UNKNOWN", sealing_pb2.PROPOSED_DECISION_OF_AGE)
    assert "刑法 87" in task.proposed_because
    log = entries(waiting, f"procuratorate/node/{HOLDER}")
    looked = [e for e in log if e["kind"] == "sealed_access" and e.get("purpose") == "decide"]
    assert (looked[-1]["record"], looked[-1]["reason"]) == (record_id, "作出决定")
    assert any(e["kind"] == "refused" and e.get("reason") == "VERIFYING" for e in log)

    assert window.refused(application) == "VERIFYING", "to look is not to decide"
    decide(waiting, record_id)
    assert record_id not in {task.record_id for task in tasks(waiting)}
    done = window.handling.answer(application)
    [document] = done.documents
    assert document.kind == document_pb2.DOCUMENT_KIND_CERTIFICATE_REFUSED
    with pytest.raises(NotFound):
        holder.seals.examine(HOLDER, record_id, reason="再看")


@pytest.mark.parametrize("apart", [related.process, related.non_prosecution])
def test_r64_a_withdrawn_case_in_doubt_is_awaited_by_nobody_and_holds_up_no_certificate(
    waiting: Wound, window: Desk, apart: Callable[[Someone], record_pb2.Record]
) -> None:
    """Nor is a decision not to prosecute, which no application for oneself searches: nobody waits for its sealing."""
    someone, other = Someone(name="撤案人"), Someone(name="待定人")
    made = apart(someone)
    for name in ("conduct_from", "conduct_to"):
        made.offences[0].ClearField(name)
        made.unknowns.add(field=f"offences[0].{name}", reason=UNKNOWN)
    withdrawn, doubtful = enter(waiting, made), enter(waiting, timeless(other))
    application = applied(waiting, window, applying.own(someone))
    later = applied(waiting, window, applying.own(other))
    found = wait_for(
        lambda: {task.record_id: task for task in tasks(waiting)},
        lambda seen: bool(seen[doubtful].awaited_on),
        what="the later announcement at the holder",
    )
    assert found[withdrawn].due_on, "it waits for a decision, as every doubt about age does"
    assert not found[withdrawn].awaited_on
    waiting.to(date.fromisoformat(application.release_on))
    assert window.refused(later) == "VERIFYING"
    [document] = window.handling.answer(application).documents
    assert document.kind == document_pb2.DOCUMENT_KIND_NO_RECORD_CERTIFICATE
    decide(waiting, doubtful)


@pytest.mark.parametrize("kind", ["own", "public", "defence"])
def test_a27_sealed_and_unknown_persons_wait_alike_and_are_answered_alike(
    waiting: Wound, window: Desk, kind: str
) -> None:
    sealed, made = sealed_record("procuratorate")
    enter(waiting, made)
    make = {"own": applying.own, "public": applying.public, "defence": applying.defence}[kind]
    applications = [applied(waiting, window, make(who)) for who in (sealed, Someone(born=MINOR))]
    assert len({application.release_on for application in applications}) == 1
    assert {window.refused(application) for application in applications} == {"NOT_RELEASED"}
    waiting.to(date.fromisoformat(applications[0].release_on))
    results = [window.handling.answer(application).documents[0].result for application in applications]
    assert results == [document_pb2.DOCUMENT_RESULT_NONE] * 2


def test_a27_a_case_question_is_answered_as_ever(waiting: Wound) -> None:
    someone = Someone()
    enter(waiting, timeless(someone))
    query = query_pb2.Query(
        purpose=query_pb2.PURPOSE_CASE, subject=someone.subject(), case_number=applying.CASE
    )
    answer = waiting.client("court").ask(query).answer
    assert answer.finding == query_pb2.FINDING_NO_RECORD


def test_a27_in_a_roster_one_who_is_verified_holds_up_nobody(waiting: Wound, window: Desk) -> None:
    someone, others = Someone(), [Someone(), Someone()]
    enter(waiting, timeless(someone))
    application = window.approved(applying.roster(someone, *others))
    waiting.to(date.fromisoformat(application.release_on))
    [letter] = window.handling.answer(application).documents
    results = [line.result for line in letter.roster]
    assert results[0] == document_pb2.DOCUMENT_RESULT_UNSETTLED
    assert set(results[1:]) <= {document_pb2.DOCUMENT_RESULT_NONE, document_pb2.DOCUMENT_RESULT_UNSETTLED}


def test_a27_a_record_that_another_holder_sealed_is_decided(waiting: Wound, window: Desk) -> None:
    """The copy is withheld because of the seal: to verify it would tell of the seal for ever."""
    someone, made = sealed_record("justice")
    copy = record(someone, "procuratorate", number=made.judgment_number.original)
    copy.person.birth_date = "1985-03-04"
    copy.person.identifiers[0].verification = record_pb2.VERIFICATION_DECLARED
    enter(waiting, copy)
    waiting.client("justice").register.enter("justice-1", made)
    wait_for(
        lambda: [task.rule for task in tasks(waiting)],
        lambda rules: "ORDER-HELD" in rules,
        what="the copy to be held",
    )
    application = applied(waiting, window, applying.own(someone))
    waiting.to(date.fromisoformat(application.release_on))
    [certificate] = window.handling.answer(application).documents
    assert certificate.kind == document_pb2.DOCUMENT_KIND_NO_RECORD_CERTIFICATE


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


def test_a27_a_late_decision_is_a_breach_of_the_holder(waiting: Wound, window: Desk) -> None:
    someone = Someone()
    record_id = enter(waiting, timeless(someone))
    application = applied(waiting, window, applying.own(someone))
    wait_for(
        lambda: {task.record_id: task for task in tasks(waiting)}[record_id],
        lambda task: bool(task.awaited_on) and not task.breach,
        what="the announcement at the holder",
    )
    waiting.to(waiting.working_day(5))
    task = {task.record_id: task for task in tasks(waiting)}[record_id]
    assert (task.late, task.breach) == (True, "G1")
    assert window.refused(application) == "VERIFYING"
    log = entries(waiting, f"procuratorate/node/{HOLDER}")
    verified = [e for e in log if e["kind"] == "refused" and e.get("reason") == "VERIFYING"]
    assert verified[-1]["breach"] == "G1"


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
