"""Recalls of a member, waited for; and records changed in the three ways that look alike."""

from __future__ import annotations

from collections.abc import Collection

from compose.local.layout import NODES
from federation.client import CheckedAnswer
from federation.v1 import query_pb2, recall_pb2, record_pb2, registry_pb2, sealing_pb2
from tests.support.local import LocalFederation
from tests.support.waiting import wait_for

NOTICE = record_pb2.Instrument(
    kind=record_pb2.INSTRUMENT_KIND_NOTICE,
    reference="封存通知书2号",
    issuer="某区人民法院",
    issued_on="2025-01-02",
)
HOWS = ("corrected", "withdrawn", "sealed")


def ask(federation: LocalFederation, member: str, query: query_pb2.Query) -> CheckedAnswer:
    """Ask and return the verified answer."""
    return federation.client(member).ask(query)


def change(
    federation: LocalFederation, how: str, receipt: registry_pb2.Receipt, made: record_pb2.Record, agency: str
) -> None:
    """Correct, withdraw or seal a record of an agency's node, at version 1."""
    client, node = federation.client(agency), NODES[agency]
    if how == "corrected":
        changed = record_pb2.Record()
        changed.CopyFrom(made)
        changed.served_on = "2019-06-04"
        federation.amend(agency, receipt.record_id, 1, changed)
    elif how == "withdrawn":
        client.register.withdraw(
            node, registry_pb2.Withdrawal(record_id=receipt.record_id, expected_version=1, reason="误录")
        )
    else:
        client.seals.seal(
            node,
            sealing_pb2.Sealing(
                record_id=receipt.record_id, expected_version=1, instrument=NOTICE, reason="法院通知"
            ),
        )


def of(federation: LocalFederation, member: str, requests: Collection[bytes]) -> list[recall_pb2.Recall]:
    """Return the member's recalls of answers to these questions, acknowledged or not."""
    found, after = list[recall_pb2.Recall](), 0
    client = federation.client(member)
    while page := client.recalls.received(acknowledged_too=True, after=after):
        found += [recall for recall in page if recall.request_digest in requests]
        after = page[-1].number
    return found


def recalled(federation: LocalFederation, member: str, *answers: CheckedAnswer) -> list[recall_pb2.Recall]:
    """Wait until every one of the answers is recalled; return the recalls in the order of the answers."""
    requests = [answered.request_digest for answered in answers]
    found = wait_for(
        lambda: {recall.request_digest: recall for recall in of(federation, member, requests)},
        lambda found: len(found) == len(requests),
        what=f"the recall of {len(requests)} answers",
    )
    return [found[request] for request in requests]
