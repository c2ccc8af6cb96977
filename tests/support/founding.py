"""Agencies that found a federation by commands, each in a folder of its own; public files travel through `post`."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from compose.cli import main

FEDERATION = "hutong.example"
#: Member -> title, class.
AGENCIES: Mapping[str, tuple[str, str]] = {
    "police": ("公安机关", "police"),
    "state_security": ("国家安全机关", "state_security"),
    "procuratorate": ("人民检察院", "procuratorate"),
    "justice": ("司法行政机关", "justice"),
}
GATEWAY = "interconnect"


@dataclass
class Founding:
    """The folders of all agencies under `place`, and the commands that their operators type."""

    place: Path
    #: Installation -> address at which others reach it.
    endpoints: dict[str, str] = field(default_factory=dict)

    @property
    def post(self) -> Path:
        """The folder through which public files travel."""
        return self.place / "post"

    @property
    def published(self) -> Path:
        """The folder of the published charter."""
        return self.place / "published"

    def of(self, member: str) -> Path:
        """Return the member's folder."""
        return self.place / member

    def home(self, installation: str) -> Path:
        """Return the folder of an installation, inside its member's."""
        member, _, name = installation.split("/")
        return self.of(member) / name

    def typed(self, *words: object, code: int = 0, officer: str = "") -> str:
        """Run a command as it is typed, and return what it printed."""
        environment = {"HUTONG_OFFICER": officer} if officer else {}
        ran = CliRunner().invoke(main, [*map(str, words)], env=environment)
        assert ran.exit_code == code, f"{words}\n{ran.output}"
        return ran.output

    def facts(self, *words: object, officer: str = "") -> dict[str, Any]:
        """Run a command, and return the JSON that it printed."""
        found: dict[str, Any] = json.loads(self.typed(*words, "--json", officer=officer))
        return found

    def authority(self, member: str, *extra: str) -> None:
        """Make a member's authority, and send its request file."""
        self.post.mkdir(parents=True, exist_ok=True)
        keys = self.of(member) / "keys"
        self.typed(
            "certs", "authority", "--federation", FEDERATION, "--member", member, "--out", keys, *extra
        )
        shutil.copy(keys / "authority.json", self.post / f"{member}.authority.json")

    def installation(self, name: str) -> None:
        """Set up an installation, have its authority issue its certificate, and send its request file."""
        member, kind, short = name.split("/")
        home, root = self.home(name), self.of(member) / "1.root.json"
        said = ["--home", home, "--installation", name, "--charter", self.published, "--charter-root", root]
        if kind == "client":
            self.typed("window", "init", *said, "--federation", FEDERATION)
        else:
            at = self.endpoints[name]
            listen = at.replace("localhost", "127.0.0.1")
            self.typed(kind, "init", *said, "--listen", listen, "--endpoint", at)
        keys = self.of(member) / "keys"
        request = home / "request.json"
        self.typed(
            "certs", "issue", "--csr", request, "--federation", FEDERATION, "--ca", keys, "--out", home
        )
        shutil.copy(request, self.post / f"{short}.request.json")

    def plan(self, name: str, text: str) -> Path:
        """Write a plan, whose request files lie beside it."""
        path = self.post / name
        path.write_text(text, "utf-8")
        return path

    def draft(self, plan: Path, *, changes: bool = True) -> Path:
        """Draft the plan, and send the draft."""
        out = plan.with_suffix(".draft.json")
        self.typed("charter", "draft", plan, "--out", out, *(self.base() if changes else ()))
        return out

    def base(self, member: str = GATEWAY) -> list[object]:
        """Return the options by which a member names the charter in force."""
        return ["--published", self.published, "--root", self.of(member) / "1.root.json"]

    def sign(self, draft: Path, member: str, *keys: str, changes: bool = True) -> Path:
        """Sign a draft with keys of the folder `keys`, or of another one ("keys2/charter.key"); send the signatures."""
        out = self.post / f"{draft.name}.{member}.signatures.json"
        with_keys = [word for key in keys for word in ("--key", self.key(member, key))]
        said = self.base(member) if changes else []
        self.typed("charter", "sign", draft, *with_keys, "--out", out, "--yes", *said)
        return out

    def key(self, member: str, key: str) -> Path:
        """Return the path of one of the keys of a member's authority."""
        return self.of(member) / (key if "/" in key else f"keys/{key}")

    def publish(self, draft: Path, *signatures: Path, code: int = 0) -> str:
        """Publish a draft as the publisher does."""
        key = self.of(GATEWAY) / "keys" / "publisher.key"
        where = ["--published", self.published, "--publisher-key", key]
        return self.typed("charter", "publish", draft, *signatures, *where, code=code)

    def pin(self, *members: str) -> None:
        """Give members the root, by a way that they trust."""
        for member in members:
            self.of(member).mkdir(parents=True, exist_ok=True)
            shutil.copy(self.published / "metadata" / "1.root.json", self.of(member) / "1.root.json")


def founding_plan(nodes: Mapping[str, str], windows: Mapping[str, str], threshold: int = 3) -> str:
    """Return the plan of a federation with the four agencies and one gateway; both name installations by member."""
    lines = ["format = 1", f'federation = "{FEDERATION}"', f"threshold = {threshold}"]
    for member, (title, organ) in AGENCIES.items():
        lines += ["[[members]]", f'id = "{member}"', f'title = "{title}"', f'class = "{organ}"']
    lines += ["[[members]]", f'id = "{GATEWAY}"', 'title = "互通网关"', 'class = "state_organ"']
    lines += ['functions = ["interconnect"]']
    for member in (*AGENCIES, GATEWAY):
        lines += ["[[authorities]]", f'request = "{member}.authority.json"']
    for name in nodes.values():
        lines += ["[[installations]]", f'request = "{name.split("/")[2]}.request.json"']
    for member, name in windows.items():
        roles = '"asks"' if member == GATEWAY else '"asks", "registers"'
        lines += ["[[installations]]", f'request = "{name.split("/")[2]}.request.json"', f"roles = [{roles}]"]
    return "\n".join(lines) + "\n"


NODES = {agency: f"{agency}/node/{agency.replace('_', '-')}-1" for agency in AGENCIES}
WINDOWS = {"police": "police/client/window-1", GATEWAY: "interconnect/client/counter-1"}
SERVERS = {**NODES, GATEWAY: "interconnect/gateway/gateway-1"}


def prepared(place: Path, endpoints: Mapping[str, str] | None = None) -> Founding:
    """Return the agencies with authorities, keys and certificates, before anything is drafted."""
    made = Founding(place, dict(endpoints or {name: "localhost:7401" for name in SERVERS.values()}))
    for member in AGENCIES:
        made.authority(member, "--root")
    made.authority(GATEWAY, "--publisher")
    for name in (*SERVERS.values(), *WINDOWS.values()):
        made.installation(name)
    return made


def founded(made: Founding) -> Founding:
    """Draft, sign in each agency's folder, and publish the first charter; everybody gets its root."""
    draft = made.draft(made.plan("founding.toml", founding_plan(SERVERS, WINDOWS)), changes=False)
    signed = [made.sign(draft, member, "charter.key", "root.key", changes=False) for member in AGENCIES]
    signed.append(made.sign(draft, GATEWAY, "charter.key", changes=False))
    made.publish(draft, *reversed(signed))
    made.pin(*AGENCIES, GATEWAY)
    return made
