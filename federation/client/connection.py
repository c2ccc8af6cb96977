"""One installation's connection to the federation: its trust, its keys, its channels, closed together."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import grpc

from federation.charter.certified_officer import is_own
from federation.charter.envelope import Signer, make_statement
from federation.charter.model import Charter, Gateway, Node
from federation.charter.trust import CharterTrust
from federation.client.description import Description, read_description, take_over_state
from federation.client.officer_keys import officer_entry
from federation.client.own_certificate import OwnCertificate
from federation.client.own_keys import follow_signing_key
from federation.client.resending import ResendInterceptor
from federation.errors import HutongError, NotFound
from federation.statements.methods import OFFICER_CERTIFY
from federation.transport.pair import follow_certificate
from federation.transport.retired import Retired
from federation.transport.status import understood
from federation.transport.tls import channel, trusted_for
from federation.v1.envelope_pb2 import Envelope
from federation.v1.officer_pb2 import OfficerCertification, OfficerServiceCertifyRequest
from federation.v1.officer_pb2_grpc import OfficerServiceStub
from federation.values import clock
from federation.values.identity import Installation

_LOGGER = logging.getLogger(__name__)
#: Seconds that an answer may take in all.
ASK_DEADLINE_S = 20.0
PAGE_DEADLINE_S = 60.0
#: A repeated question is not sent unchanged but signed anew.
_ASK = "/federation.v1.QueryService/Ask"


@dataclass(frozen=True)
class Credentials:
    """The credentials of one client installation: its TLS certificate and key, and its signing key."""

    installation: Installation
    certificate: Path
    key: Path
    signing_key: Path
    #: The folder that describes the officers who are registered at the member's node, and holds their own keys.
    officers: Path | None = None


class Connection:
    """One installation's connection to the federation; a context manager."""

    def __init__(self, *, trust: CharterTrust, credentials: Credentials, officer: str) -> None:
        self._trust = trust
        self._credentials = credentials
        self._officer = officer_entry(credentials.officers, officer)
        self._officer_signer = self._officer.signer(credentials.installation)
        self._signer = Signer.load(credentials.signing_key, credentials.installation)
        self._certificate = OwnCertificate(
            credentials.officers, self._officer.id, self._officer.name, self._fetch_certificate
        )
        #: By server: what the connection was made with, and the connection.
        self._channels: dict[Installation, tuple[tuple[str, bytes, bytes], grpc.Channel]] = {}
        self._retired = Retired()
        #: What hindered the last look at the own keys.
        self._fault = ""

    @classmethod
    def open(cls, description: Path, member: str, *, officer: str) -> Self:
        """Return the connection of `member` in the federation that `federation.json` describes.

        Raises `NotFound` when the federation or the member is not there, and `CharterUnusable` when the charter
        does not begin with the root that the description pins.
        """
        federation = read_description(description)
        if member in federation.members:  # else refused below
            _take_over(federation, [member])
        return cls._of(federation, _trust(federation), member, officer)

    @classmethod
    def at(cls, description: Path, find: Callable[[Charter], Node | Gateway], *, officer: str) -> Self:
        """Return the connection of the member that runs the server which `find` picks from the charter.

        Raises what `find` raises, and otherwise as `open`.
        """
        federation = read_description(description)
        _take_over(federation, federation.members)
        trust = _trust(federation)
        return cls._of(federation, trust, find(trust.refresh()).installation.member, officer)

    @classmethod
    def _of(cls, federation: Description, trust: CharterTrust, member: str, officer: str) -> Self:
        known = federation.members
        if member not in known:
            raise NotFound(f"no member {member!r}; there are {', '.join(sorted(known))}")
        mine, place = known[member], federation.path.parent
        credentials = Credentials(
            Installation.parse(mine["installation"]),
            place / mine["cert"],
            place / mine["key"],
            place / mine["signing_key"],
            place / mine["officers"] if "officers" in mine else None,
        )
        return cls(trust=trust, credentials=credentials, officer=officer)

    def __enter__(self) -> Self:
        self._trust.__enter__()
        self._follow_keys()
        return self

    def _follow_keys(self) -> None:
        """Use the keys of now, at each statement: a program may stay open for longer than a key holds."""
        mine, fault = self._credentials, ""
        try:
            follow_signing_key(mine.signing_key, self._signer, self._trust.current(), at=clock.now())
            follow_certificate(mine.certificate, mine.key)
        except (OSError, ValueError) as error:  # it works with what it has
            fault = str(error)
        if fault not in ("", self._fault):
            _LOGGER.warning("the window goes on with the keys that it has: %s", fault)
        self._fault = fault

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for _, each in self._channels.values():
            each.close()
        self._retired.close()
        self._trust.__exit__(kind, error, trace)

    @property
    def charter(self) -> Charter:
        """The charter in force."""
        return self._trust.current()

    def node(self, name: str) -> Node:
        """Return the node called `name`; raises `NotFound`."""
        return node_named(self.charter, name)

    def statement(self, body: bytes, *, method: str, destination: str, retry_of: bytes = b"") -> Envelope:
        """Return a signed statement of this connection's officer.

        Where the charter says that the member's officers are certified, it has the certificate of the member's node;
        raises as `OfficerService/Certify` does when that node gives none.
        """
        charter, own = self.charter, self.installation.member
        needed = charter.certifies(own) and not is_own(destination, own)
        certified = self.certificate() if needed else None
        return self._signed(body, method, destination, retry_of, certified)

    def _signed(
        self, body: bytes, method: str, destination: str, retry_of: bytes, certified: Envelope | None
    ) -> Envelope:
        self._follow_keys()
        return make_statement(
            signer=self._signer,
            federation=self.charter.federation,
            method=method,
            destination=destination,
            officer=self._officer.name,
            officer_id=self._officer.id,
            officer_signer=self._officer_signer,
            body=body,
            charter_version=self.charter.version,
            now=clock.now(),
            retry_of=retry_of,
            officer_certificate=certified,
        )

    def _fetch_certificate(self) -> Envelope:
        """Have a node of the own member certify this officer: the one on whose roll he or she is.

        Raises `NotFound` when the member has no node, and else what the last of them answers.
        """
        own, body = self.installation.member, OfficerCertification(id=self._officer.id or "none")
        failed: HutongError = NotFound(f"{own} has no node that could certify its officers")
        for node in self.charter.nodes:
            if node.agency != own:
                continue
            envelope = self._signed(
                body.SerializeToString(), OFFICER_CERTIFY, str(node.installation), b"", None
            )
            stub = OfficerServiceStub(self.channel_to(node))
            try:
                with understood():
                    request = OfficerServiceCertifyRequest(envelope=envelope)
                    return stub.Certify(request, timeout=PAGE_DEADLINE_S).certificate
            except HutongError as error:
                failed = error
        raise failed

    def certificate(self) -> Envelope:
        """Return the certificate of this connection's officer, kept or fetched anew from the own member's node."""
        return self._certificate.current(self.charter.federation)

    @property
    def officer(self) -> str:
        """The natural person who acts through this connection."""
        return self._officer.name

    @property
    def officers_folder(self) -> Path | None:
        """The folder that describes the officers of this window, if the window names one."""
        return self._credentials.officers

    @property
    def installation(self) -> Installation:
        """The client installation whose connection it is."""
        return self._credentials.installation

    def channel_to(self, server: Node | Gateway) -> grpc.Channel:
        """Return the channel to a server; it is closed with the connection."""
        return self.to(server.installation, server.endpoint)

    def to_server(self, server: Installation) -> grpc.Channel:
        """Return the channel to a server that the charter names; raises `NotFound`."""
        charter = self.charter
        places: list[Node | Gateway] = [*charter.nodes, *charter.gateways]
        for place in places:
            if place.installation == server:
                return self.to(server, place.endpoint)
        raise NotFound(f"the charter names no server {server}")

    def to(self, server: Installation, endpoint: str) -> grpc.Channel:
        """Return the channel to `server` at `endpoint`, made when first needed.

        It is made anew when the server has moved, its authority has changed, or the own certificate has; calls that are
        under way end on the former one.
        """
        charter, certificate = self.charter, self._credentials.certificate
        made_with = (endpoint, trusted_for(server, charter), certificate.read_bytes())
        known = self._channels.get(server)
        if known is not None and known[0] == made_with:
            return known[1]
        opened = channel(
            endpoint, server=server, charter=charter, certificate=certificate, key=self._credentials.key
        )
        line = grpc.intercept_channel(opened, ResendInterceptor(but=_ASK))
        self._channels[server] = (made_with, line)
        if known is not None:
            self._retired.add(known[1])
        return line


def node_named(charter: Charter, name: str) -> Node:
    """Return the node called `name`; raises `NotFound` with the nodes there are."""
    for node in charter.nodes:
        if node.name == name:
            return node
    raise NotFound(f"no node {name!r}; there are {', '.join(str(n.name) for n in charter.nodes)}")


def _trust(federation: Description) -> CharterTrust:
    return CharterTrust(federation.published, federation.state, federation.root, every=5.0)


def _take_over(federation: Description, members: Iterable[str]) -> None:
    for member in members:
        before = (federation.path.parent / federation.members[member]["cert"]).parent / "charter"
        take_over_state(before, federation.state, federation.root)
