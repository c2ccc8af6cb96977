"""Homes of nodes that never served, to back up and restore, and commands that are killed at a chosen step."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from click.testing import CliRunner, Result

from compose.cli import main
from tests.support.waiting import PATIENCE_S

#: Backs up or restores, and kills itself before the chosen change of a file system: audit events come before what they
#: name. It calls what the commands call, because a process for each step should start quickly.
_KILLED = """
import os, signal, sys
from pathlib import Path
from node.store.key_kinds import NODE_KEYS
from server.backup.archive import back_up_sealed, restore_sealed
from server.backup.passphrase import read_passphrase
left, folder, act = int(sys.argv[1]), sys.argv[2], sys.argv[3]
home, phrase, archive = map(Path, sys.argv[4:])
def hook(event, given):
    global left
    if event in {"os.rename", "os.mkdir"} and str(given[0]).startswith(folder):
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(hook)
run = {"backup": back_up_sealed, "restore": restore_sealed}[act]
run(home, archive, read_passphrase(phrase), NODE_KEYS, ())
"""


#: Backs up, and restores an earlier backup into the same home as soon as the backup has come to the first document.
_OVERTAKEN = """
import sys
from pathlib import Path
from node.store.key_kinds import NODE_KEYS
from server.backup.archive import back_up_sealed, restore_sealed
from server.backup.passphrase import read_passphrase
from server.stores.copies import back_up
home, phrase, earlier, into = map(Path, sys.argv[1:5])
waits = True
def hook(event, given):
    global waits
    if waits and event == "open" and str(given[0]) == str(home / "documents" / "piece"):
        waits = False
        restore_sealed(home, earlier, read_passphrase(phrase), NODE_KEYS, ())
sys.addaudithook(hook)
if sys.argv[5] == "file":
    back_up_sealed(home, into, read_passphrase(phrase), NODE_KEYS, ())
else:
    back_up(home, into, NODE_KEYS, (), with_keys=False)
"""
#: Gives up root's right to write against a file's mode, and runs a command of `hutong`.
_HELD_TO_MODES = """
import ctypes, os, sys
CAP_DAC_OVERRIDE, PR_CAPBSET_DROP = 1, 24
ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, CAP_DAC_OVERRIDE)
runs = "import sys; from compose.cli import main; main(sys.argv[1:])"
os.execv(sys.executable, [sys.executable, "-c", runs, *sys.argv[1:]])
"""


def overtaken(home: Path, phrase: Path, earlier: Path, into: Path, form: str) -> str:
    """Back up into `into`, a "file" or a "folder", while `earlier` is restored; return what is written of errors."""
    return subprocess.run(
        [sys.executable, "-c", _OVERTAKEN, *map(str, (home, phrase, earlier, into, form))],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    ).stderr


def held_to_modes(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run a command of `hutong` in a process that cannot write what its user's file modes close, even as root."""
    return subprocess.run(
        [sys.executable, "-c", _HELD_TO_MODES, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )


def command(*arguments: object) -> Result:
    """Run a command of `hutong` in this process."""
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def done(*arguments: object) -> str:
    """Run a command that must succeed; return what it writes."""
    result = command(*arguments)
    assert result.exit_code == 0, result.output
    return result.output


def refused(*arguments: object) -> str:
    """Run a command that must end with 1 and a sentence; return what it writes."""
    result = command(*arguments)
    assert result.exit_code == 1, result.output
    assert isinstance(result.exception, SystemExit), result.exception
    return result.output


def new_home(home: Path, *, kind: str = "node", installation: str = "police/node/police-1") -> Path:
    """Make a home with a store of one entry and a document."""
    done(kind, "init", "--home", home, "--installation", installation, "--charter", home.parent / "published")
    (home / "documents").mkdir()
    (home / "documents" / "piece").write_bytes(os.urandom(3_000_000))
    return home


def new_passphrase(path: Path, phrase: str = "correct horse battery staple") -> Path:
    """Write a passphrase where its owner alone can read it."""
    path.write_text(phrase + "\n", "utf-8")
    path.chmod(0o600)
    return path


def change(home: Path) -> None:
    """Change a home as a run does that is killed: a table more in a write-ahead log that is left over, a document."""
    writes = (
        "import os, sqlite3, sys; store = sqlite3.connect(sys.argv[1]); store.execute('PRAGMA journal_mode=WAL');"
        "store.execute('CREATE TABLE later (x)'); store.commit(); os._exit(0)"
    )
    subprocess.run([sys.executable, "-c", writes, home / "store.db"], check=True, timeout=PATIENCE_S)
    assert (home / "store.db-wal").stat().st_size > 0
    (home / "documents" / "later").write_bytes(b"x")


def later(home: Path) -> tuple[bool, bool]:
    """Say whether database and documents are those of `change`."""
    with closing(sqlite3.connect(home / "store.db")) as store:
        [tables] = store.execute("SELECT count(*) FROM sqlite_master WHERE name = 'later'").fetchone()
    return bool(tables), (home / "documents" / "later").exists()


def killed_at(step: int, folder: Path, act: str, home: Path, phrase: Path, archive: Path) -> bool:
    """Back up or restore, and die before change number `step` in `folder`; False when it comes to its end before."""
    ran = subprocess.run(
        [sys.executable, "-c", _KILLED, *map(str, (step, folder, act, home, phrase, archive))],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert ran.returncode in (0, -signal.SIGKILL), ran.stderr
    return ran.returncode != 0


def files(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of every file in a folder, but for locks."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name != "lock":
            yield str(path.relative_to(folder)), path.read_bytes()
