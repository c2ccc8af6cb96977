"""CharterService: the charter as this server trusts it; callers verify it against their own pinned root."""

from __future__ import annotations

import grpc

from federation.charter.trust import CharterTrust
from federation.v1 import charter_pb2, charter_pb2_grpc


class CharterServicer(charter_pb2_grpc.CharterServiceServicer):
    """Serves the charter's files."""

    def __init__(self, *, trust: CharterTrust) -> None:
        self._trust = trust

    def GetCharter(
        self, request: charter_pb2.GetCharterRequest, context: grpc.ServicerContext
    ) -> charter_pb2.GetCharterResponse:
        """Return the charter in force."""
        charter = self._trust.current()
        return charter_pb2.GetCharterResponse(
            version=charter.version, digest=charter.digest, files=self._trust.files()
        )
