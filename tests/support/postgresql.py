"""A PostgreSQL server of a test's own, where one is installed; none of its data outlives the test."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

_NO_WAIT_FOR_DISK = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off"


@contextmanager
def postgresql() -> Iterator[str]:
    """Yield the address of an empty database; skips the test, with the reason, where no server can be run."""
    where = _programs()
    if where is None:
        pytest.skip("no PostgreSQL server is installed")
    try:
        user = pwd.getpwnam("postgres") if os.geteuid() == 0 else None
    except KeyError:
        pytest.skip("PostgreSQL does not run as root, and there is no user postgres")
    # Not in the folder of the test, which nobody else may enter, and whose path may be too long for a socket.
    with tempfile.TemporaryDirectory(prefix="hutong-pg-") as made:
        folder = Path(made)
        if user is not None:
            os.chown(folder, user.pw_uid, user.pw_gid)

        def run(program: str, *arguments: str) -> None:
            command = [str(where / program), "-D", str(folder / "data"), *arguments]
            # A server that is started keeps what it inherits open, so its output is no pipe that would not end.
            with (folder / "log").open("ab") as log:
                ran = subprocess.run(
                    command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, cwd=folder, check=False,
                    user=None if user is None else user.pw_uid, group=None if user is None else user.pw_gid,
                    extra_groups=None if user is None else (),
                )  # fmt: skip
            assert ran.returncode == 0, (folder / "log").read_text("utf-8", "replace")[-2000:]

        run("initdb", "-A", "trust", "-U", "follower", "--no-locale", "-E", "UTF8", "--no-sync")
        # By a socket in the folder and no port, which another test might take.
        options = f"-c listen_addresses='' -k {folder} {_NO_WAIT_FOR_DISK}"
        run("pg_ctl", "-w", "-t", "300", "-o", options, "start")
        try:
            yield f"postgresql://follower@/postgres?host={folder}"
        finally:
            run("pg_ctl", "-w", "-t", "300", "-m", "immediate", "stop")


def _programs() -> Path | None:
    """Return the folder of the server's programs: that of a link on the PATH, else the newest of Debian's."""
    linked = shutil.which("initdb")
    found = [Path(linked).resolve().parent] if linked else []
    found += sorted((each.parent for each in Path("/usr/lib/postgresql").glob("*/bin/initdb")), reverse=True)
    return next((each for each in found if (each / "pg_ctl").exists()), None)
