"""A caller that enters records and asks steadily, run by path under an earlier program as well as this one.

    PYTHON -P tests/support/steady_caller.py FEDERATION.JSON MEMBER OFFICER ROWS

ROWS has one JSON object a line: `person` (Subject), `finding`, and `records`, each with its `member`, `node` and
`record`. It uses nothing but the client library, since the other modules here belong to this program. One JSON object
a line comes out for each question. It ends when its standard input does.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from google.protobuf import json_format

from federation.client import Client
from federation.errors import HutongError
from federation.v1 import query_pb2, record_pb2

#: Seconds between two questions.
PAUSE_S = 0.1
CASE = "京公立〔2025〕1号"
NOT_ANSWERED = {
    query_pb2.OUTCOME_REFUSED,
    query_pb2.OUTCOME_MAINTENANCE,
    query_pb2.OUTCOME_UNREACHABLE,
    query_pb2.OUTCOME_LATE,
}


class Caller:
    """Enters what a row holds, then asks about its person; each client is kept until it ends."""

    def __init__(self, description: Path, member: str, officer: str, stack: ExitStack) -> None:
        self._description = description
        self._member = member
        self._officer = officer
        self._stack = stack
        self._clients: dict[str, Client] = {}

    def _client(self, member: str) -> Client:
        if member not in self._clients:
            client = Client.open(self._description, member, officer=self._officer)
            self._clients[member] = self._stack.enter_context(client)
        return self._clients[member]

    def enter(self, wanted: dict[str, Any]) -> dict[str, str]:
        """Return the node and the record's id, or why the node refused."""
        made = json_format.ParseDict(wanted["record"], record_pb2.Record())
        try:
            receipt = self._client(wanted["member"]).register.enter(wanted["node"], made)
        except HutongError as error:
            return {"node": wanted["node"], "refused": error.reason}
        return {"node": wanted["node"], "member": wanted["member"], "record_id": receipt.record_id}

    def ask(self, person: dict[str, Any]) -> dict[str, Any]:
        """Return what the answer says, or why there is none."""
        subject = json_format.ParseDict(person, query_pb2.Subject())
        query = query_pb2.Query(purpose=query_pb2.PURPOSE_CASE, subject=subject, case_number=CASE)
        try:
            checked = self._client(self._member).ask(query)
        except HutongError as error:
            return {"refused": error.reason, "says": error.message[:200]}
        answer = checked.answer
        return {
            "finding": query_pb2.Finding.Name(answer.finding).removeprefix("FINDING_"),
            "complete": answer.completeness == query_pb2.COMPLETENESS_COMPLETE,
            "void": answer.completeness == query_pb2.COMPLETENESS_VOID,
            "verdict": checked.verified.verdict.name,
            "missing": {
                each.node: each.reason or query_pb2.Outcome.Name(each.outcome)
                for each in answer.outcomes
                if each.outcome in NOT_ANSWERED
            },
        }


def asked(caller: Caller, rows: list[dict[str, Any]], ended: threading.Event) -> Iterator[dict[str, Any]]:
    """Yield what became of each question; once every row is entered, go on asking about the first ones."""
    number = 0
    while not ended.is_set():
        row = rows[number % len(rows)]
        entered = [caller.enter(each) for each in row["records"]] if number < len(rows) else []
        began = time.time()
        yield {
            "row": number % len(rows),
            "at": began,
            "entered": entered,
            **caller.ask(row["person"]),
            "seconds": time.time() - began,
        }
        number += 1
        ended.wait(PAUSE_S)


def main(description: str, member: str, officer: str, rows: str) -> None:
    ended = threading.Event()

    def await_end() -> None:
        sys.stdin.read()
        ended.set()

    threading.Thread(target=await_end, daemon=True).start()
    lines = Path(rows).read_text("utf-8").splitlines()
    with ExitStack() as stack:
        for each in asked(
            Caller(Path(description), member, officer, stack), [*map(json.loads, lines)], ended
        ):
            print(json.dumps(each, ensure_ascii=False), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
