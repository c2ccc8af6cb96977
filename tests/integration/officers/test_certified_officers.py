"""A certificate of the own node vouches for an officer where others answer (R12, R34)."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import timedelta
from functools import partial

import pytest

from certs import charter_files
from federation.charter.certified_officer import CERTIFICATE, LONGEST
from federation.charter.envelope import GATEWAY, make_statement, open_statement, sign_payload
from federation.charter.model import Certification
from federation.client import Client, Connection, Credentials
from federation.client.officer_keys import write_entry
from federation.errors import HutongError, PermissionDenied
from federation.statements.methods import ASK, OFFICER_CERTIFY
from federation.statements.undertaking import METHOD as UNDERTAKE
from federation.statements.undertaking import undertaken
from federation.transport.status import understood
from federation.v1 import query_pb2
from federation.v1.envelope_pb2 import Envelope
from federation.v1.officer_pb2 import OfficerCertificate, OfficerCertification, OfficerServiceCertifyRequest
from federation.v1.officer_pb2_grpc import OfficerServiceStub
from federation.values.clock import now, parse_stamp, stamp
from federation.values.identity import MemberId, Role
from federation.values.keys import Signer
from tests.integration.test_notices_between_nodes import SERVERS, founded, server
from tests.support.asking import case, sealed_case
from tests.support.federation import FEDERATION
from tests.support.inside import InsideFederation
from tests.support.records import Someone
from tests.support.waiting import wait_for
from tests.support.windows import FIRST, KEYED, WHY, Window, outcome


@pytest.fixture(scope="module")
def certified(inside: InsideFederation, window: Window, someone: Someone) -> Window:
    """Return the window once the police's authority has had its officers certified."""
    _certified_from_now(inside)
    statement = partial(uncertified, window, FIRST, someone)
    wait_for(
        statement, lambda seen: seen == "OFFICER_NOT_CERTIFIED", what="the gateway to ask for certificates"
    )
    return window


def _certified_from_now(inside: InsideFederation) -> None:
    certified = Certification(now())
    edited = inside.federation._edit(
        "police/client/desk",
        lambda content: charter_files.with_certified_officers(content, "police", certified),
    )
    inside.await_charter(edited)


def uncertified(window: Window, officer: str, someone: Someone, certificate: Envelope | None = None) -> str:
    """Return what an officer of the desk gets without a certificate, or with one of somebody's making."""
    with window.client(officer) as client:
        connection = client.connection
        body = case(someone.subject()).SerializeToString(deterministic=True)
        envelope = connection._signed(body, ASK, GATEWAY, b"", certificate)
        try:
            return query_pb2.Finding.Name(client.questions.deliver(envelope).answer.finding)
        except HutongError as error:
            return error.reason


def test_r12_a_certificate_of_the_own_node_vouches_for_an_officer_everywhere(
    certified: Window, someone: Someone
) -> None:
    query = case(someone.subject())
    for officer, id in ((FIRST, "p1"), (KEYED, "p2")):
        with certified.client(officer) as client:
            answered = client.ask(query)
        assert answered.answer.finding == query_pb2.FINDING_RECORD
        assert answered.verified.verdict.name == "PROVEN"
        assert (certified.folder / f"{id}.certificate").stat().st_mode & 0o777 == 0o600
    assert uncertified(certified, FIRST, someone) == "OFFICER_NOT_CERTIFIED"


def test_r12_a_certificate_holds_for_as_long_as_the_charter_says(
    certified: Window, inside: InsideFederation
) -> None:
    """One hour by default: so long, and no longer, is an officer who was removed believed elsewhere."""

    def life() -> float:
        with certified.client(FIRST) as client:
            made = OfficerCertificate.FromString(client.connection._fetch_certificate().payload)
        return (parse_stamp(made.expires_at) - parse_stamp(made.issued_at)).total_seconds()

    assert life() == 3600
    agreed = inside.federation.charter().officers_certified[MemberId("police")]
    for minutes in (20, 60):
        chosen = Certification(agreed.since, timedelta(minutes=minutes))
        change = partial(charter_files.with_certified_officers, member="police", certified=chosen)
        inside.federation._edit("police/client/desk", change)
        wait_for(life, (60.0 * minutes).__eq__, what=f"certificates of {minutes} minutes")


def test_r12_an_undertaking_for_sealed_records_is_a_certified_officers_too(
    certified: Window, someone: Someone
) -> None:
    assert certified.asked(KEYED, sealed_case(someone.subject(), KEYED)) == "FINDING_RECORD"
    with certified.client(KEYED) as client:
        connection, query = client.connection, sealed_case(someone.subject(), KEYED)
        bare = undertaken(query, lambda body: connection._signed(body, UNDERTAKE, GATEWAY, b"", None))
        assert outcome(client, bare) == "INVALID_REQUEST"


def test_r12_a_false_certificate_vouches_for_nobody(
    certified: Window, inside: InsideFederation, someone: Someone
) -> None:
    party = inside.federation.party
    with certified.client(FIRST) as client:
        right = client.connection.certificate()
    true = OfficerCertificate.FromString(right.payload)

    def made(signer: Signer, **changed: str) -> Envelope:
        its = OfficerCertificate()
        its.CopyFrom(true)
        for name, value in changed.items():
            setattr(its, name, value)
        return sign_payload(CERTIFICATE, its.SerializeToString(), signer)

    node = party("police/node/police-1").signer
    assert uncertified(certified, FIRST, someone, made(node)) == "FINDING_RECORD", "the others are false"
    refused = {
        "of another officer": uncertified(certified, KEYED, someone, right),
        "by the window itself": uncertified(
            certified, FIRST, someone, made(party("police/client/desk").signer)
        ),
        "by another member's node": uncertified(
            certified, FIRST, someone, made(party("justice/node/justice-1").signer)
        ),
        "of another federation": uncertified(certified, FIRST, someone, made(node, federation="x")),
        "of another member": uncertified(certified, FIRST, someone, made(node, member="justice")),
        "of before": uncertified(
            certified, FIRST, someone, made(node, issued_at=stamp(now() - LONGEST), expires_at=stamp(now()))
        ),
        "too long": uncertified(certified, FIRST, someone, made(node, expires_at=stamp(now() + 2 * LONGEST))),
        "without a time": uncertified(certified, FIRST, someone, made(node, expires_at="")),
    }
    assert {
        what: why for what, why in refused.items() if why not in ("OFFICER_NOT_CERTIFIED", "WRONG_ROLE")
    } == {}


def test_r12_an_officer_with_a_key_of_their_own_signs_what_others_get(
    certified: Window, someone: Someone
) -> None:
    with certified.client(KEYED) as client:
        certificate = client.connection.certificate()
    write_entry(certified.folder, id="p2", name=KEYED, key="")
    try:
        assert uncertified(certified, KEYED, someone, certificate) == "OFFICER_NOT_SIGNED"
    finally:
        write_entry(certified.folder, id="p2", name=KEYED, key="p2.key")


def test_r12_who_is_not_registered_gets_no_certificate(certified: Window, someone: Someone) -> None:
    assert certified.asked("路人甲", case(someone.subject())) == "OFFICER_NOT_REGISTERED"
    with certified.client(FIRST) as client:
        body = OfficerCertification(id="p2").SerializeToString()  # another officer's id
        envelope = client.connection.statement(
            body, method=OFFICER_CERTIFY, destination="police/node/police-1"
        )
        stub = OfficerServiceStub(client.connection.channel_to(client.connection.node("police-1")))
        with pytest.raises(PermissionDenied), understood():
            stub.Certify(OfficerServiceCertifyRequest(envelope=envelope))


def test_r12_other_members_need_no_certificate(
    certified: Window, inside: InsideFederation, someone: Someone
) -> None:
    assert outcome(inside.client("court", "路人丙"), case(someone.subject())) == "FINDING_RECORD"


def test_r12_a_statement_of_before_still_counts(inside: InsideFederation, certified: Window) -> None:
    """What was accepted before the police's officers were certified can still be opened."""
    charter = inside.federation.charter()
    since = charter.officers_certified[inside.federation.agencies[0]].since
    envelope = make_statement(
        signer=inside.federation.party("police/client/desk").signer,
        federation=FEDERATION,
        method=ASK,
        destination=GATEWAY,
        officer="路人甲",
        body=b"before",
        charter_version=charter.version,
        now=since.replace(microsecond=0).replace(year=since.year - 1),
    )
    opened = open_statement(
        envelope,
        charter,
        method=ASK,
        destination=GATEWAY,
        role=Role.ASKS,
        now=since.replace(microsecond=0).replace(year=since.year - 1),
        as_of_version=charter.version,
    )
    assert opened.officer == "路人甲"


def test_r12_each_node_of_an_agency_believes_the_others_certificates(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """Two nodes of the police have rolls of their own: both are asked, and each knows its own officers alone."""
    home = tmp_path_factory.mktemp("rolls")
    small, endpoints = founded(home)
    with ExitStack() as stack:
        for name in SERVERS:
            stack.enter_context(server(small, home, name, endpoints[name]))
        folder = home / "officers"
        folder.mkdir(mode=0o700)
        party = small.party("police/client/desk")
        credentials = Credentials(party.installation, party.certificate, party.key, party.signing_key, folder)

        def client(officer: str) -> Client:
            return Client(Connection(trust=small.trust("desk"), credentials=credentials, officer=officer))

        query = case(Someone().subject())
        for node, id, officer in (("police-1", "b1", "京警官"), ("police-2", "s1", "沪警官")):
            with client(officer) as first:
                first.officers(node).register(id, officer, reason=WHY)
            write_entry(folder, id=id, name=officer, key="")
        for officer in ("京警官", "沪警官"):
            with client(officer) as asking:
                assert outcome(asking, query) == "OFFICER_NOT_REGISTERED", (
                    "the other node does not know who asks"
                )
        certified = Certification(now())
        small._edit(
            "police/client/desk",
            lambda content: charter_files.with_certified_officers(content, "police", certified),
        )
        for officer in ("京警官", "沪警官"):
            with client(officer) as asking:
                wait_for(
                    partial(outcome, asking, query),
                    lambda seen: seen == "FINDING_NO_RECORD",
                    what=f"an answer to {officer}",
                )
        with client("京警官") as asking:
            right = asking.connection.certificate()
            asking.officers("police-1").register("b2", "又一人", reason=WHY)
            asking.officers("police-1").remove("b1", reason="调离")
            body = query.SerializeToString(deterministic=True)
            envelope = asking.connection._signed(body, ASK, GATEWAY, b"", right)
            with pytest.raises(PermissionDenied, match="not on its roll"):
                asking.questions.deliver(envelope)
