"""From starting a node's process to its first answer over mutual TLS."""

from __future__ import annotations

import time
from pathlib import Path
from statistics import median

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from bench.federation import Federation, running
from bench.report import Figure, Measured
from compose.local import local, processes
from compose.local.layout import node_installation
from federation.transport.tls import channel

AGENCY = "police"
NODE = "police-1"


def measure(*, quick: bool) -> Measured:
    """Start one node again and again."""
    with running(NODE) as federation:
        took = [start_again(federation) for _ in range(3 if quick else 7)]
    return Measured(
        "start",
        [
            Figure(
                "node start to serving, median",
                median(took),
                "s",
                1.5,
                "less",
                f"of {len(took)}: slowest {max(took):.2f} s",
            )
        ],
    )


def start_again(federation: Federation) -> float:
    """Stop the node and start it; return the seconds until its health service says SERVING."""
    layout, node = federation.layout, node_installation(AGENCY)
    processes.stop_all(layout, [node])
    charter = local.current_charter(layout)
    home: Path = layout.client(AGENCY)
    started = time.perf_counter()
    process = processes.start(layout, node)
    with channel(
        local.endpoints(charter)[str(node)],
        server=node,
        charter=charter,
        certificate=home / "tls.pem",
        key=home / "tls.key",
        options=[("grpc.initial_reconnect_backoff_ms", 50), ("grpc.max_reconnect_backoff_ms", 50)],
    ) as to_node:
        health = health_pb2_grpc.HealthStub(to_node)
        while True:
            try:
                answer = health.Check(health_pb2.HealthCheckRequest(), timeout=1)
            except grpc.RpcError:
                time.sleep(0.01)
                continue
            if answer.status == health_pb2.HealthCheckResponse.SERVING:
                break
    took = time.perf_counter() - started
    processes.await_started(layout, node, process)
    federation.pids[NODE] = process.pid
    return took
