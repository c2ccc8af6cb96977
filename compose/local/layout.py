"""Where the parts of a local federation lie under its home folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from federation.values.identity import Installation, Kind

GATEWAY = Installation.parse("interconnect/gateway/gateway-1")
#: Agency -> its node.
NODES = {
    "police": "police-1",
    "state_security": "state-security-1",
    "procuratorate": "procuratorate-1",
    "justice": "justice-1",
}
#: Member -> (class, title). The first four are the registry agencies (R9); the court is not one (A2).
MEMBERS = {
    "police": ("police", "公安机关"),
    "state_security": ("state_security", "国家安全机关"),
    "procuratorate": ("procuratorate", "人民检察院"),
    "justice": ("justice", "司法行政机关"),
    "court": ("court", "人民法院"),
    "supervisory": ("supervisory", "监察委员会"),
    "state_organ": ("state_organ", "其他国家机关"),
    "interconnect": ("state_organ", "互通网关"),
    "prison": ("state_organ", "监狱"),
    "detention_house": ("state_organ", "看守所"),
    "county_justice": ("state_organ", "县级司法行政机关"),
}
#: Organs that only send notices: member -> (function, the agency that vouches for it) (R29).
NOTIFIERS = {
    "prison": ("prison", "justice"),
    "detention_house": ("detention_house", "police"),
    "county_justice": ("county_justice_bureau", "justice"),
}
CLIENT = "window-1"


@dataclass(frozen=True)
class Layout:
    """Paths of one local federation."""

    home: Path

    @property
    def description(self) -> Path:
        """The description that `hutong` and tests read: endpoints, certificates, members."""
        return self.home / "federation.json"

    @property
    def charter(self) -> Path:
        """Folder in which the charter is published."""
        return self.home / "charter"

    @property
    def root(self) -> Path:
        """The charter's first root, which every server pins."""
        return self.charter / "metadata" / "1.root.json"

    def authority(self, member: str) -> Path:
        """Folder of a member's certificate authority and charter key."""
        return self.home / "authorities" / member

    def server(self, installation: Installation) -> Path:
        """Folder of one server: settings, keys, database, log file."""
        kind = "nodes" if installation.kind is Kind.NODE else "gateways"
        return self.home / kind / installation.name

    def client(self, member: str) -> Path:
        """Folder of a member's client."""
        return self.home / "members" / member / CLIENT

    def officers(self, member: str) -> Path:
        """Folder of the registered officers of a member's client, with their own keys."""
        return self.client(member) / "officers"

    def folder(self, installation: Installation) -> Path:
        """Folder of any installation."""
        if installation.kind is Kind.CLIENT:
            return self.client(installation.member)
        return self.server(installation)


def node_installation(agency: str) -> Installation:
    """Return the installation of an agency's local node."""
    return Installation.parse(f"{agency}/node/{NODES[agency]}")


def client_installation(member: str) -> Installation:
    """Return the installation of a member's local client."""
    return Installation.parse(f"{member}/client/{CLIENT}")


def authority_of(member: str) -> str:
    """Return the member whose certificate authority vouches for `member`."""
    return NOTIFIERS[member][1] if member in NOTIFIERS else member


def servers() -> list[Installation]:
    """Return the servers of a local federation: the nodes, then the gateway."""
    return [*(node_installation(agency) for agency in NODES), GATEWAY]
