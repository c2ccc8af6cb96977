"""The part of disclosures: what was shown is remembered, and reported to gateways when it changes."""

from __future__ import annotations

from dataclasses import dataclass

from node.disclosures.disclosures import Disclosures
from node.disclosures.recalling import RecallReporter
from node.host import NodeHost
from server.part import Part


@dataclass(frozen=True, slots=True, kw_only=True)
class DisclosuresPart(Part):
    """Disclosures, for the register, whose changes supersede them."""

    disclosures: Disclosures


def part(host: NodeHost) -> DisclosuresPart:
    """Return the part."""
    recalling = RecallReporter(journal=host.journal, sender=host.sender)
    return DisclosuresPart(
        running=[recalling.running()],
        disclosures=Disclosures(vault=host.sealer.disclosure_vault, tokens=host.sealer.digest_tokens),
    )
