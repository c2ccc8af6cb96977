"""Keep gRPC from writing into the log of a server."""

from __future__ import annotations

import os


def quiet_grpc() -> None:
    """Have gRPC log errors only: otherwise each connection by a stranger would add a line to the log.

    Call this before gRPC is imported, since gRPC reads the setting once; the operator's own setting prevails.
    """
    os.environ.setdefault("GRPC_VERBOSITY", "ERROR")
