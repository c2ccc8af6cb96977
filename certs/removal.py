"""Take a member out of a charter's files: who must answer no longer waits for it, and nothing of it is accepted."""

from __future__ import annotations

import tomllib
from typing import Any

from certs.charter_drafts import toml_bytes
from federation.charter.installations import installations_path
from federation.charter.parse import POLICY
from federation.errors import InvalidRequest, NotFound


def without_member(files: dict[str, bytes], member: str) -> dict[str, bytes]:
    """Return the files without the member, its installations and, if it has one, its authority.

    Raises `NotFound` for no member, `InvalidRequest` when its authority vouches for others as well.
    """
    policy: dict[str, Any] = tomllib.loads(files[POLICY].decode())
    if member not in policy["members"]:
        raise NotFound(f"the charter has no member {member}: hutong charter show names them")
    authority = policy["members"].pop(member)["authority"]
    others = sorted(name for name, row in policy["members"].items() if row["authority"] == member)
    if others:
        raise InvalidRequest.of(
            "removals",
            "VOUCHES",
            f"the authority of {member} vouches for {', '.join(others)}: give them another one first",
        )
    policy["authorities"].pop(member, None)
    for purpose, asked in policy["purposes"].items():
        policy["purposes"][purpose] = [each for each in asked if each != member]
        if asked and not policy["purposes"][purpose]:
            raise InvalidRequest.of("removals", "PURPOSE", f"nobody else is asked for the purpose {purpose}")
    path = installations_path(authority)
    file = tomllib.loads(files[path].decode())
    gone = [row for row in file["installations"] if row["installation"].startswith(f"{member}/")]
    nodes = {row["installation"].split("/")[2] for row in gone}
    if policy.get("routing"):
        policy["routing"] = [row for row in policy["routing"] if row["node"] not in nodes]
    after = {**files, POLICY: toml_bytes(policy)}
    if authority == member:
        del after[path]
        return after
    file["installations"] = [row for row in file["installations"] if row not in gone]
    if "certified_officers" in file:
        file["certified_officers"] = [row for row in file["certified_officers"] if row["member"] != member]
    return {**after, path: toml_bytes(file)}
