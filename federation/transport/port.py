"""A port that belongs to this program alone, although several of its own server objects may listen on it in turn."""

from __future__ import annotations

import errno
import os
import socket
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from federation.transport.steering import await_accepted, prefer_the_next

_ATTEMPTS = 16
#: Seconds after which sockets are closed even if connections still wait in them, since a storm never ends by itself.
_ACCEPTED_S = 2.0
#: Where the operating system lists the descriptors of this process: Linux, and the BSDs with macOS.
_DESCRIPTORS = (Path("/proc/self/fd"), Path("/dev/fd"))


class ReservedPort:
    """A port held by sockets that are bound but never listen.

    They are bound *without* `SO_REUSEPORT`, so binding fails if any other program has the port. Only then is the
    option set on them, so that server objects of this process can bind the port too. Another program could do so
    only with the same option and as the same user. The port stays reserved between two server objects.
    """

    def __init__(self, host: str, port: int, holding: list[socket.socket]) -> None:
        self._host, self._holding = host, holding
        self.number = port

    @property
    def address(self) -> str:
        """The address for a server object to bind, as "host:port"."""
        return f"{self._host}:{self.number}"

    def listening(self) -> frozenset[int]:
        """Return the inode numbers of this process' sockets that listen on the port."""
        with self._listening() as sockets:
            return frozenset(sockets)

    def prefer_the_next(self) -> None:
        """Give all new connections to the server object that will listen next, as soon as it does."""
        with self._listening() as sockets:
            prefer_the_next(list(sockets.values()))

    def close(self, inodes: frozenset[int]) -> bool:
        """End the listening of these sockets, and of nothing else; False when they could not be found.

        Waits for a moment until the connections in their queues are accepted. gRPC itself can end the listening of a
        server object only together with its connections, which would cut calls.
        """
        with self._listening() as sockets:
            found = [sockets[inode] for inode in inodes & sockets.keys()]
            await_accepted(found, _ACCEPTED_S)
            for each in found:
                with suppress(OSError):  # closed meanwhile
                    each.shutdown(socket.SHUT_RDWR)
            return bool(found)

    def release(self) -> None:
        """Release the port for other programs."""
        for held in self._holding:
            held.close()

    @contextmanager
    def _listening(self) -> Iterator[dict[int, socket.socket]]:
        """Yield duplicates of the listening sockets by inode number; they are closed with the context."""
        found: dict[int, socket.socket] = {}
        try:
            for descriptor in _descriptors():
                duplicate = _duplicate(descriptor)
                if duplicate is None:
                    continue
                inode = os.fstat(duplicate.fileno()).st_ino
                if inode not in found and _listens(duplicate, self.number):
                    found[inode] = duplicate
                else:
                    duplicate.close()
            yield found
        finally:
            for duplicate in found.values():
                duplicate.close()


@contextmanager
def reserved(address: str) -> Iterator[ReservedPort]:
    """Reserve `address` ("host:port"; port 0 picks a free one) until the context ends.

    Raises `OSError` when another program has the port, and `ValueError` for an invalid address.
    """
    host, _, number = address.rpartition(":")
    if not host or not number.isdecimal() or int(number) > 65535:
        raise ValueError(f'cannot listen on {address!r}: write "host:port", with a port from 0 to 65535')
    port = _reserve(host, int(number))
    try:
        yield port
    finally:
        port.release()


def _reserve(host: str, wanted: int) -> ReservedPort:
    for _ in range(_ATTEMPTS if wanted == 0 else 1):
        holding: list[socket.socket] = []
        try:
            for family, resolved in _resolved(host):
                number = holding[0].getsockname()[1] if holding else wanted
                held = _held(family, resolved, number)
                if held is not None:
                    holding.append(held)
        except OSError as error:
            for held in holding:
                held.close()
            if error.errno != errno.EADDRINUSE:
                raise OSError(f"cannot listen on {host}:{wanted}: {error.strerror or error}") from error
            continue  # a port picked for one address of the host may be taken at another
        if not holding:
            raise OSError(f"cannot listen on {host}:{wanted}: this machine has no such address")
        for held in holding:
            held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        return ReservedPort(host, holding[0].getsockname()[1], holding)
    raise OSError(
        f"cannot listen on {host}:{wanted}: another program has the port. "
        "Stop it, or set `listen` to a port that is free"
    )


def _resolved(host: str) -> list[tuple[socket.AddressFamily, str]]:
    found = socket.getaddrinfo(host.strip("[]"), None, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    pairs = [(family, str(place[0])) for family, _, _, _, place in found]
    return list(dict.fromkeys(pair for pair in pairs if pair[0] in (socket.AF_INET, socket.AF_INET6)))


def _held(family: socket.AddressFamily, host: str, port: int) -> socket.socket | None:
    """Return a socket bound to the port, which no other program has; None if the machine has no such address."""
    try:
        held = socket.socket(family, socket.SOCK_STREAM)
    except OSError:
        return None
    try:
        if family is socket.AF_INET6:
            held.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        try:
            held.bind((host, port))
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            # Closed connections of a server that stopped a moment ago hold the port for a minute unless this option
            # is set. The port of a listening program stays protected even so.
            held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            held.bind((host, port))
            held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 0)
    except OSError as error:
        held.close()
        if error.errno == errno.EADDRNOTAVAIL:
            return None
        raise
    return held


def _descriptors() -> list[int]:
    for folder in _DESCRIPTORS:
        with suppress(OSError):
            return [int(name) for name in os.listdir(folder) if name.isdecimal()]
    return []


def _duplicate(descriptor: int) -> socket.socket | None:
    """Return the socket behind a descriptor as a duplicate that nobody else closes.

    Nothing but a socket may be duplicated and closed again: closing any descriptor of a file gives up all locks that
    this process holds on it (POSIX), and a database without its locks loses its write-ahead log
    to the next process that opens it.
    """
    try:
        if not stat.S_ISSOCK(os.fstat(descriptor).st_mode):
            return None
        copied = os.dup(descriptor)
    except OSError:  # closed since the list was made
        return None
    if stat.S_ISSOCK(os.fstat(copied).st_mode):
        return socket.socket(fileno=copied)
    return None  # became a file between the two: its duplicate stays open, for the locks


def _listens(found: socket.socket, port: int) -> bool:
    try:
        return (
            found.family in (socket.AF_INET, socket.AF_INET6)
            and found.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN) == 1
            and found.getsockname()[1] == port
        )
    except OSError:
        return False
