"""Sealed access rests on a signed application: by the officer who asks, for this question, good once (R44)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from compose.local.layout import NODES
from federation.charter.envelope import GATEWAY
from federation.client import Client
from federation.errors import InvalidRequest, Replayed
from federation.statements.methods import ASK
from federation.statements.undertaking import METHOD, application_of, undertaken
from federation.v1 import query_pb2 as pb
from tests.support import asking
from tests.support.local import OFFICER, LocalFederation
from tests.support.records import Someone, sealed_record


def signed_by(client: Client, query: pb.Query) -> pb.Query:
    """Return the question with its application signed through `client`."""
    return undertaken(
        query, lambda body: client.connection.statement(body, method=METHOD, destination=GATEWAY)
    )


def question(federation: LocalFederation) -> pb.Query:
    someone, made = sealed_record()
    federation.enter("procuratorate", made)
    return asking.sealed_case(someone.subject())


def altered(change: Callable[[pb.Query], None]) -> Callable[[LocalFederation, pb.Query], pb.Query]:
    def forge(federation: LocalFederation, query: pb.Query) -> pb.Query:
        signed = signed_by(federation.client("procuratorate"), query)
        change(signed)
        return signed

    return forge


def by_another_officer(federation: LocalFederation, query: pb.Query) -> pb.Query:
    return signed_by(federation.client("procuratorate", "别的检察官"), query)


def by_another_organ(federation: LocalFederation, query: pb.Query) -> pb.Query:
    return signed_by(federation.client("court", OFFICER), query)


def for_another_purpose(federation: LocalFederation, query: pb.Query) -> pb.Query:
    client = federation.client("procuratorate")
    other = pb.Query()
    other.CopyFrom(query)
    other.purpose, other.basis = pb.PURPOSE_SEALED_PROVISION, "TCH-14"
    query.undertaking.statement.CopyFrom(signed_by(client, other).undertaking.statement)
    return query


def for_another_rpc(federation: LocalFederation, query: pb.Query) -> pb.Query:
    client = federation.client("procuratorate")
    body = application_of(query).SerializeToString()
    query.undertaking.statement.CopyFrom(client.connection.statement(body, method=ASK, destination=GATEWAY))
    return query


def signature_broken(federation: LocalFederation, query: pb.Query) -> pb.Query:
    signed = signed_by(federation.client("procuratorate"), query)
    statement = signed.undertaking.statement
    statement.payload = statement.payload.replace("办案需要".encode(), "办事需要".encode())
    signed.undertaking.reason = "办事需要"
    return signed


@pytest.mark.parametrize(
    ("forge", "says"),
    [
        (by_another_officer, "not by the officer who asks"),
        (by_another_organ, "not by the officer who asks"),
        (for_another_purpose, "another question"),
        (for_another_rpc, "signed for method"),
        (signature_broken, "the signature does not hold"),
        (altered(lambda q: q.subject.CopyFrom(Someone().subject())), "another question"),
        (altered(lambda q: setattr(q, "case_number", "京公立〔2025〕2号")), "another question"),
        (altered(lambda q: setattr(q, "granularity", pb.GRANULARITY_YES_NO)), "another question"),
        (altered(lambda q: setattr(q.undertaking, "scope", "不限")), "another question"),
        (altered(lambda q: setattr(q.undertaking, "reason", "另有原因")), "another question"),
    ],
)
def test_r44_a_forged_undertaking_opens_nothing(
    running_federation: LocalFederation,
    forge: Callable[[LocalFederation, pb.Query], pb.Query],
    says: str,
) -> None:
    forged = forge(running_federation, question(running_federation))
    with pytest.raises(InvalidRequest, match=says) as refused:
        running_federation.client("procuratorate").ask(forged)
    assert [(v.field, v.rule) for v in refused.value.violations] == [("undertaking.statement", "R44")]


def test_r44_an_undertaking_is_good_once(running_federation: LocalFederation) -> None:
    client = running_federation.client("procuratorate")
    signed = signed_by(client, question(running_federation))
    assert client.ask(signed).answer.finding == pb.FINDING_RECORD
    with pytest.raises(Replayed):
        client.ask(signed)


def test_r44_an_unsigned_undertaking_is_refused(running_federation: LocalFederation) -> None:
    client = running_federation.client("procuratorate")
    body = question(running_federation).SerializeToString()
    with pytest.raises(InvalidRequest, match="not signed as it must be"):
        client.questions.deliver(client.connection.statement(body, method=ASK, destination=GATEWAY))


@pytest.mark.parametrize("part", ["reason", "scope"])
def test_r44_an_application_says_why_and_for_what(running_federation: LocalFederation, part: str) -> None:
    query = question(running_federation)
    query.undertaking.ClearField(part)  # type: ignore[arg-type]
    with pytest.raises(InvalidRequest, match=rf"undertaking\.{part}"):
        running_federation.client("procuratorate").ask(query)


def test_r44_every_use_is_an_event_with_its_application_at_the_gateway_and_every_node(
    running_federation: LocalFederation,
) -> None:
    client = running_federation.client("procuratorate")
    answered = client.ask(question(running_federation))
    mark = answered.answer.watermark
    assert mark == answered.request_digest.hex()
    logs = [running_federation.gateway_entries(), *(running_federation.node_entries(a) for a in NODES)]
    for log in logs:
        # A node may be asked twice for one question, and then accounts for it twice.
        used = [e for e in log if e["kind"] == "undertaken" and e["request"] == mark]
        assert {(e["officer"], e["reason"], e["scope"]) for e in used} == {
            (OFFICER, "办案需要", "仅用于本案")
        }
        assert [e for e in log if e["kind"] == "sealed_access" and e.get("request") == mark]
