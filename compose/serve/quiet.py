"""Keep gRPC from writing into the log of a server."""

from __future__ import annotations

import os


def quiet_grpc() -> None:
    """Have gRPC log errors only: each stranger who connects would write a line into the log.

    Called before gRPC is imported, which reads this once; the operator's own setting prevails.
    """
    os.environ.setdefault("GRPC_VERBOSITY", "ERROR")
