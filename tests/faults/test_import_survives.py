"""An import whose importer or node is killed goes on when it is started again, and nothing is lost or double."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

from compose.local.layout import node_installation
from compose.node.importing import import_file
from tests.support.local import LocalFederation
from tests.support.records import Someone
from tests.support.tables import MAP, as_csv, row
from tests.support.waiting import PATIENCE_S, wait_for

POLICE = node_installation("police")
ROWS = 3000


def importer(federation: LocalFederation, file: Path) -> subprocess.Popen[str]:
    where = ["--home", str(federation.layout.home), "--node", "police-1", "--officer", "登记员乙"]
    command = [sys.executable, "-m", "compose.cli", "node", "import", *where, "--map", str(MAP), str(file)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def under_way(process: subprocess.Popen[str], file: Path) -> None:
    """Wait until a page is settled, or until it is all over."""
    state = file.with_name(file.name + ".police-1.import-state.json")
    wait_for(lambda: state.exists() or process.poll() is not None, what="a settled page", pause_s=0.005)


def test_r63_an_import_survives_the_death_of_importer_and_node(
    whole: LocalFederation, tmp_path: Path
) -> None:
    people = [Someone() for _ in range(ROWS)]
    rows = [row(someone) for someone in people]
    faulty = set(range(7, ROWS, 100))
    for place in faulty:
        rows[place]["决定执行的刑罚"] = "若干年"
    file = tmp_path / "table.csv"
    file.write_bytes(as_csv(rows))
    before = Counter(str(e["kind"]) for e in whole.node_entries("police"))

    first = importer(whole, file)
    under_way(first, file)
    first.kill()
    first.communicate(timeout=PATIENCE_S)
    second = importer(whole, file)
    under_way(second, file)
    whole.signal(POLICE, signal.SIGKILL)
    output, _ = second.communicate(timeout=PATIENCE_S)
    assert second.returncode == 0 or "run the same command again" in output, output
    whole.up(POLICE)

    summary = import_file(
        whole.layout.home, "police-1", officer="登记员乙", file=file, quiet=True, map_file=MAP
    )
    assert summary["entered"] + summary["repeated"] == ROWS - len(faulty)
    kept = [json.loads(k) for k in Path(summary["quarantine_file"]).read_text("utf-8").splitlines()]
    assert [k["row"] for k in kept] == [place + 2 for place in sorted(faulty)]
    after = Counter(str(e["kind"]) for e in whole.node_entries("police"))
    assert after["entered"] - before["entered"] == ROWS - len(faulty)
