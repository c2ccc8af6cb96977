"""The edition of the rules by which answers are assembled: policies, catalogue, tables of the law, and the code.

An answer names its edition. Whoever checks the answer later under another edition does not assemble it again, because
an honest difference and a forged one would look alike.
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Final

from federation.law import policies

#: Counts changes of the code that assembles answers (federation.law, record, merging, answers) which alter some answer.
CODE: Final = 13
_DATA: Final = Path(__file__).parents[1] / "data"
_READ: Final = frozenset({".cedar", ".cedarschema", ".csv", ".toml"})


@cache
def edition(policies_dir: Path = policies.DEFAULT, data: Path = _DATA) -> str:
    """Return the edition as "2-" and 32 hex digits: `CODE`, and a digest over all files of rules in both folders."""
    digest = hashlib.sha256()
    for folder in (policies_dir, data):
        for path in sorted(each for each in folder.rglob("*") if each.suffix in _READ):
            content = hashlib.sha256(path.read_bytes()).hexdigest()
            digest.update(f"{path.relative_to(folder).as_posix()} {content}\n".encode())
    return f"{CODE}-{digest.hexdigest()[:32]}"
