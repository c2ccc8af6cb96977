"""Questions at a steady pace, from five callers in a process of their own: how long each took, and how it ended.

`python -m bench.steady FEDERATION.json` asks until its input ends, then prints one line of JSON.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import quantiles

from bench.persons import plans, queries
from federation.client import Client
from federation.v1 import query_pb2

CALLERS, A_SECOND = 5, 20
_MEMBER, _OFFICER = "procuratorate", "李警官"


@dataclass
class Asked:
    """What became of the questions."""

    took_ms: list[float] = field(default_factory=list)
    #: Completeness of the answers, or the kind of error -> how many.
    ends: Counter[str] = field(default_factory=Counter)

    @property
    def bad(self) -> int:
        """How many were not answered COMPLETE."""
        return sum(n for end, n in self.ends.items() if end != "COMPLETE")

    def __add__(self, other: Asked) -> Asked:
        """Return the questions of both."""
        return Asked(self.took_ms + other.took_ms, self.ends + other.ends)

    def p(self, percent: int) -> float:
        """Return a percentile in milliseconds."""
        return quantiles([*self.took_ms, *self.took_ms[-1:]], n=100)[percent - 1]


@contextmanager
def asking(description: Path) -> Iterator[Asked]:
    """Ask while the context lasts; what was asked is filled in when it ends."""
    command = [sys.executable, "-m", "bench.steady", str(description)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as caller:
        asked = Asked()
        if not caller.stdout or caller.stdout.readline().strip() != "asking":
            raise RuntimeError("the caller did not begin to ask")
        try:
            yield asked
        finally:
            report = json.loads(caller.communicate()[0])
            asked.took_ms, asked.ends = report["took_ms"], Counter(report["ends"])


def _run(description: Path) -> Asked:
    asked, stop, lock = Asked(), threading.Event(), threading.Lock()
    turn = queries(plans())
    began = time.perf_counter()

    def ask(caller: int) -> None:
        due = began + caller / A_SECOND
        while not stop.wait(max(0.0, due - time.perf_counter())):
            with lock:
                query = next(turn)
            took, end = once(client, query)
            with lock:
                asked.took_ms.append(took)
                asked.ends[end] += 1
            due = max(due + CALLERS / A_SECOND, time.perf_counter() - 1)

    with Client.open(description, _MEMBER, officer=_OFFICER) as client:
        once(client, next(turn))
        threads = [threading.Thread(target=ask, args=(caller,)) for caller in range(CALLERS)]
        for thread in threads:
            thread.start()
        print("asking", flush=True)
        sys.stdin.read()
        stop.set()
        for thread in threads:
            thread.join()
    return asked


def once(client: Client, query: query_pb2.Query) -> tuple[float, str]:
    """Ask one question; return the milliseconds it took, and its completeness or the kind of its error."""
    started = time.perf_counter()
    try:
        answer = client.ask(query).answer
        end = query_pb2.Completeness.Name(answer.completeness).removeprefix("COMPLETENESS_")
    except Exception as error:
        end = type(error).__name__
    return (time.perf_counter() - started) * 1000, end


if __name__ == "__main__":
    print(json.dumps(vars(_run(Path(sys.argv[1])))))
