"""A charter begins to declare additions to records while servers run: who sees what, before and after (R22, R53)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from certs.charter_files import with_extension, without_extension
from federation.errors import InvalidRequest
from federation.evidence.report import Verdict
from federation.record.extensions import Extension, ExtensionType
from federation.record.fields import CO_OFFENDERS
from federation.v1 import query_pb2, registry_pb2
from tests.support import asking
from tests.support.records import Someone, record
from tests.support.seal_servers import SealServers, seal_servers

FILE, OLD = "cn.example.mps/file", "cn.example.mps/nickname"


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SealServers]:
    with seal_servers(tmp_path_factory.mktemp("additions")) as running:
        yield running


def additions(servers: SealServers, query: query_pb2.Query, member: str = "court") -> dict[str, str]:
    """Return the additions in a proven answer, and insist that its evidence has no others."""
    given = servers.of(member).ask(query)
    assert given.verified.verdict is Verdict.PROVEN
    [conviction] = given.answer.convictions
    shown = dict(conviction.record.extensions)
    hidden = {FILE, OLD, CO_OFFENDERS} - shown.keys()
    assert not [name for name in hidden if name.encode() in given.envelope.payload]
    return shown


def refused(servers: SealServers, name: str) -> bool:
    """Say whether the police's node refuses to take this addition in."""
    made = record(Someone(), "police")
    made.extensions[name] = "A-17"
    try:
        servers.enter("police", made)
    except InvalidRequest as error:
        return [(v.field, v.rule) for v in error.violations] == [(f"extensions[{name}]", "R22")]
    return False


def test_r22_what_a_charter_declares_decides_from_then_on_and_old_records_stay_readable(
    servers: SealServers,
) -> None:
    someone = Someone()
    made = record(someone, "police")
    made.extensions.update({FILE: "A-17", OLD: "阿三", CO_OFFENDERS: "李四"})
    receipt = servers.enter("police", made)
    case, defence = asking.case(someone.subject()), asking.defence(someone.subject())
    assert additions(servers, case) == {FILE: "A-17", OLD: "阿三", CO_OFFENDERS: "李四"}
    assert additions(servers, defence, "justice") == {FILE: "A-17", OLD: "阿三"}, "a silent charter"

    declared = Extension(FILE, ExtensionType.CODE, frozenset({"case"}), personal=False)
    servers.amend_policy(lambda policy: with_extension(policy, declared))
    assert refused(servers, OLD)
    assert not refused(servers, FILE)
    assert additions(servers, case) == {FILE: "A-17", CO_OFFENDERS: "李四"}
    assert additions(servers, defence, "justice") == {}
    police = servers.of("police").register
    facet = police.show("police-1", receipt.record_id)
    assert dict(facet.record.extensions) == {FILE: "A-17", OLD: "阿三", CO_OFFENDERS: "李四"}
    facet.record.person.household_division = "110108"
    amendment = registry_pb2.Amendment(
        record_id=receipt.record_id, expected_version=1, record=facet.record, reason="迁移户口"
    )
    police.amend("police-1", amendment)
    facet.record.extensions[OLD] = "阿四"
    amendment.expected_version = 2
    amendment.record.CopyFrom(facet.record)
    with pytest.raises(InvalidRequest, match="not declared"):
        police.amend("police-1", amendment)

    servers.amend_policy(lambda policy: without_extension(policy, FILE))
    assert refused(servers, FILE)
    assert additions(servers, case) == {CO_OFFENDERS: "李四"}
    assert FILE in police.show("police-1", receipt.record_id).record.extensions
