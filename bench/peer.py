"""What a user would pick instead: a database per agency, joined by postgres_fdw, `UNION ALL` by number.

No TLS, no signatures, no log, no law, no merging: the price of those is the difference. Needs `initdb`,
`psql` and `pgbench` on the PATH or under /usr/lib/postgresql; as root also a user `postgres` to run as.
"""

from __future__ import annotations

import os
import pwd
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.asking import CALLERS
from bench.report import Figure, Measured
from compose.local.founding import free_ports
from compose.local.layout import NODES

_ROWS = 4_000
_TABLE = (
    f"CREATE TABLE record AS SELECT lpad(n::text, 18, '9') AS id_number, repeat('x', 400) AS body "
    f"FROM generate_series(1, {_ROWS}) n; CREATE INDEX ON record (id_number); ANALYZE;"
)
_FOREIGN = """
CREATE SERVER at_{agency} FOREIGN DATA WRAPPER postgres_fdw
  OPTIONS (host '127.0.0.1', port '{port}', dbname '{agency}', async_capable 'true');
CREATE USER MAPPING FOR bench SERVER at_{agency} OPTIONS (user 'bench');
CREATE SCHEMA {agency};
CREATE FOREIGN TABLE {agency}.record (id_number text, body text)
  SERVER at_{agency} OPTIONS (schema_name 'public', table_name 'record');
"""
_QUESTION = "\\set n random(1, {most})\n{select};\n".format(
    most=2 * _ROWS,
    select=" UNION ALL ".join(
        f"SELECT '{agency}', body FROM {agency}.record WHERE id_number = lpad(:n::text, 18, '9')"
        for agency in NODES
    ),
)


def measure(*, quick: bool) -> Measured:
    """Ask PostgreSQL alone and with as many callers as `Ask`; skipped with the reason where it cannot run."""
    try:
        with tempfile.TemporaryDirectory(prefix="hutong-peer-") as folder, _postgres(Path(folder)) as run:
            seconds = 5 if quick else 15
            alone, _ = _pgbench(run, 1, seconds)
            rate, latency = _pgbench(run, CALLERS, seconds)
    except (OSError, KeyError, subprocess.SubprocessError) as error:
        return Measured("peer", [], remarks=(f"skipped: {_why(error)}",))
    return Measured(
        "peer",
        [
            Figure("postgres_fdw over 4 databases, alone", 1000 / alone, "ms", note="mean; no TLS"),
            Figure(
                f"the same, {CALLERS} callers",
                rate,
                "answers/s",
                note=f"mean {latency:.0f} ms; no law, no log",
            ),
        ],
    )


@contextmanager
def _postgres(folder: Path) -> Iterator[list[str]]:
    """Run a throw-away server; yield the command line that connects a client program to it."""
    user = pwd.getpwnam("postgres") if os.geteuid() == 0 else None
    if user is not None:
        os.chown(folder, user.pw_uid, user.pw_gid)
    who = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": ()} if user is not None else {}
    port = str(free_ports(1)[0])
    data = str(folder / "data")

    def command(*arguments: str) -> None:
        subprocess.run(
            [_tool(arguments[0]), *arguments[1:]], check=True, capture_output=True, cwd=folder, **who
        )  # type: ignore[call-overload]

    command("initdb", "-D", data, "-A", "trust", "-U", "bench", "--no-locale", "-E", "UTF8")
    options = f"-c listen_addresses=127.0.0.1 -p {port} -k {folder} -c max_connections=400"
    command("pg_ctl", "-D", data, "-w", "-l", str(folder / "log"), "-o", options, "start")
    try:
        at = ["-h", "127.0.0.1", "-p", port, "-U", "bench"]
        for agency in NODES:
            command("psql", *at, "-q", "-d", "postgres", "-c", f"CREATE DATABASE {agency}")
            command("psql", *at, "-q", "-d", agency, "-c", _TABLE)
        joined = "".join(_FOREIGN.format(agency=agency, port=port) for agency in NODES)
        command("psql", *at, "-q", "-d", "postgres", "-c", f"CREATE EXTENSION postgres_fdw; {joined}")
        (folder / "question.sql").write_text(_QUESTION, "utf-8")
        yield [_tool("pgbench"), *at, "-n", "-M", "prepared", "-f", str(folder / "question.sql")]
    finally:
        command("pg_ctl", "-D", data, "-m", "fast", "-w", "stop")


def _pgbench(run: list[str], callers: int, seconds: int) -> tuple[float, float]:
    """Return answers per second and the mean latency in milliseconds."""
    command = [*run, "-c", str(callers), "-j", "2", "-T", str(seconds), "postgres"]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    rate, latency = (re.search(p, output) for p in (r"tps = ([0-9.]+)", r"latency average = ([0-9.]+) ms"))
    if rate is None or latency is None:
        raise OSError("pgbench printed something else than expected")
    return float(rate[1]), float(latency[1])


def _tool(name: str) -> str:
    found = shutil.which(name)
    if found is not None and Path(found).resolve().parent.joinpath("pg_ctl").exists():
        return str(Path(found).resolve())
    installed = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    if not installed:
        raise FileNotFoundError(f"no {name} is installed")
    return str(installed[-1])


def _why(error: Exception) -> str:
    if isinstance(error, subprocess.CalledProcessError):
        tail = (
            error.stderr if isinstance(error.stderr, str) else (error.stderr or b"").decode(errors="replace")
        )
        last = [
            line for line in tail.splitlines() if "ERROR" in line or "FATAL" in line
        ] or tail.splitlines()[-1:]
        return f"{Path(error.cmd[0]).name} failed: {' '.join(last[:1])}"
    if isinstance(error, KeyError):
        return "PostgreSQL does not run as root, and there is no user postgres"
    return str(error)
