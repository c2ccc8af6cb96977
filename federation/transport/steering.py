"""Steering of new connections among several sockets that listen on one port.

Otherwise the operating system spreads them over all sockets (Linux, `SO_REUSEPORT`), and resets those given to a
socket that is closed before its program has accepted them. On a system without these options nothing happens here,
and such callers connect anew.
"""

from __future__ import annotations

import ctypes
import socket
import struct
import sys
import time
from collections import Counter
from collections.abc import Collection

#: `SO_ATTACH_REUSEPORT_CBPF` of Linux, which Python does not name.
_ATTACH_REUSEPORT_CBPF = 51
#: The instruction "return this number" of the classic Berkeley packet filter.
_RETURN = 0x06
#: `struct tcp_info` of Linux up to `tcpi_unacked`: for a socket that listens, how many connections wait in its queue.
_TCP_INFO = struct.Struct("8B5I")
#: Seconds that the queue must have been empty: a connection under way has arrived by then.
_QUIET_S = 0.1


class _Instruction(ctypes.Structure):
    _fields_ = (
        ("code", ctypes.c_uint16),
        ("jt", ctypes.c_uint8),
        ("jf", ctypes.c_uint8),
        ("k", ctypes.c_uint32),
    )


class _Program(ctypes.Structure):
    _fields_ = (("len", ctypes.c_uint16), ("filter", ctypes.POINTER(_Instruction)))


def prefer_the_next(listening: Collection[socket.socket]) -> None:
    """Give new connections to the socket that listens after these on their addresses, once there is one.

    The system numbers the sockets of an address from 0 in the order in which they were added, and keeps the choice
    when one is closed. As long as no socket has the chosen number, the choice has no effect.
    """
    if not sys.platform.startswith("linux"):
        return
    known = Counter(each.getsockname() for each in listening)
    for each in listening:
        chosen = _Instruction(_RETURN, 0, 0, known[each.getsockname()])
        program = _Program(1, ctypes.pointer(chosen))
        try:
            each.setsockopt(socket.SOL_SOCKET, _ATTACH_REUSEPORT_CBPF, bytes(program))
        except OSError:  # the system lacks the option
            return


def await_accepted(listening: Collection[socket.socket], within_s: float) -> None:
    """Wait until the program has accepted every connection that came to these sockets; at most `within_s`."""
    until = time.monotonic() + within_s
    quiet_since = time.monotonic()
    while (now := time.monotonic()) < until and now - quiet_since < _QUIET_S:
        if any(_waiting(each) for each in listening):
            quiet_since = now
        time.sleep(0.005)


def _waiting(listening: socket.socket) -> int:
    if not sys.platform.startswith("linux"):
        return 0
    try:
        info = listening.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _TCP_INFO.size)
        return int(_TCP_INFO.unpack(info)[-1])
    except (OSError, struct.error):
        return 0
