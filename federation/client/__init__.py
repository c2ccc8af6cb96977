"""The client library: ask the gateway, enter records at a node, read evidence; requests are signed, answers verified.

    with Client.open(Path("home/federation.json"), "police", officer="王警官") as client:
        answered = client.ask(query)
        print(answered.answer.finding)
        receipt = client.register.enter("police-1", record)

Every answer's signature and request are checked before it is returned; errors are those of
`federation.errors`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from federation.charter.model import Charter, Gateway, Node
from federation.client.applications import Applications
from federation.client.asking import CheckedAnswer, Questions
from federation.client.connection import PAGE_DEADLINE_S, Connection, Credentials
from federation.client.continuing import Logs
from federation.client.documents import Documents
from federation.client.identities import Identities
from federation.client.noticing import Notices
from federation.client.officers import Officers
from federation.client.reading import EvidenceReader
from federation.client.recalling import Recalls
from federation.client.registering import OwnRegister
from federation.client.sealing import Seals
from federation.client.timeliness import Timeliness
from federation.client.working import WorkingRecords
from federation.v1 import query_pb2

__all__ = ["PAGE_DEADLINE_S", "CheckedAnswer", "Client", "Connection", "Credentials"]


class Client:
    """All that one installation may do, by subject, over one connection; a context manager."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.questions = Questions(connection)
        self.register = OwnRegister(connection)
        self.seals = Seals(connection)
        self.notices = Notices(connection)
        self.documents = Documents(connection)
        self.timeliness = Timeliness(connection)
        self.recalls = Recalls(connection)
        self.evidence = EvidenceReader(connection)
        self.logs = Logs(connection)

    @classmethod
    def open(cls, description: Path, member: str, *, officer: str) -> Self:
        """Return a client of `member` in the federation that `federation.json` describes; raises as the connection."""
        return cls(Connection.open(description, member, officer=officer))

    @classmethod
    def at(cls, description: Path, find: Callable[[Charter], Node | Gateway], *, officer: str) -> Self:
        """Return a client of the member that runs the server which `find` picks; raises as the connection."""
        return cls(Connection.at(description, find, officer=officer))

    def __enter__(self) -> Self:
        self.connection.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.connection.__exit__(kind, error, trace)

    @property
    def charter(self) -> Charter:
        """The charter in force."""
        return self.connection.charter

    def ask(self, query: query_pb2.Query, *, retry_of: bytes = b"") -> CheckedAnswer:
        """Ask the gateway one question, as `questions.ask`."""
        return self.questions.ask(query, retry_of=retry_of)

    def applications(self, node: str) -> Applications:
        """Return the applications at a node of this member; raises `NotFound`."""
        return Applications(self.connection, node, self.questions)

    def identities(self, node: str) -> Identities:
        """Return the identities of the records of this member's node; raises `NotFound`."""
        return Identities(self.connection, node)

    def working(self, node: str) -> WorkingRecords:
        """Return the working records (工作记录) of this member's node; raises `NotFound`."""
        return WorkingRecords(self.connection, node)

    def officers(self, node: str) -> Officers:
        """Return the officers of this member's node; raises `NotFound`."""
        return Officers(self.connection, node)
