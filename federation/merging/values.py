"""Display and comparison of the values that several agencies state."""

from __future__ import annotations

import unicodedata
from typing import Any

from federation.v1 import record_pb2 as pb
from federation.values.enum_names import enum_name
from federation.values.offence_name import offence_key


def plain(text: str) -> str:
    """Return `text` without differences of writing: width, case and spaces."""
    return "".join(unicodedata.normalize("NFKC", text).split()).casefold()


def name_or_empty(enum: Any, value: int) -> str:
    """Return the name of the enum value, "" when unspecified."""
    return enum_name(enum.DESCRIPTOR, value) if value else ""


def party(record: pb.Record) -> str:
    """Return the prosecuting party's name."""
    which = record.prosecuting_party.WhichOneof("party")
    return getattr(record.prosecuting_party, which) if which else ""


def offences(record: pb.Record) -> str:
    """Return the offences with their days of conduct."""
    return "; ".join(f"{o.name} {o.conduct_from or '?'}..{o.conduct_to or '?'}" for o in record.offences)


def offence_names(record: pb.Record) -> tuple[tuple[str, str, str], ...]:
    """Return the key by which two lists of offences are compared: names however written, and known days."""
    return tuple(sorted((offence_key(o.name), o.conduct_from, o.conduct_to) for o in record.offences))


def penalty(record: pb.Record) -> str:
    """Return the combined penalty in words."""
    p = record.combined_penalty
    if not p.kind:
        return ""
    parts = [_length(p)]
    if p.probation_months:
        parts.append(f"suspended, probation {p.probation_months} months")
    if p.reduction_limited:
        parts.append("reduction limited")
    if p.life_without_release:
        parts.append("life without release")
    return ", ".join(parts)


def further(record: pb.Record) -> str:
    """Return the principal penalty that is served after the combined one, in words (刑法 69(2))."""
    return _length(record.further_penalty)


def _length(p: pb.Penalty) -> str:
    text = name_or_empty(pb.PenaltyKind, p.kind)
    if p.months or p.days:
        text += f", {p.months} months" + (f" {p.days} days" if p.days else "")
    return text


def supplementary(record: pb.Record) -> str:
    """Return the supplementary penalties in words, in a fixed order."""
    parts = []
    for extra in record.supplementary_penalties:
        text = name_or_empty(pb.SupplementaryKind, extra.kind)
        if extra.amount_yuan:
            text += f" {extra.amount_yuan} yuan"
        if extra.months or extra.for_life:
            text += " for life" if extra.for_life else f" {extra.months} months"
        parts.append(text)
    return "; ".join(sorted(parts))


def prohibitions(record: pb.Record) -> str:
    """Return what is forbidden and for how long, in a fixed order."""
    parts = []
    for each in record.prohibitions:
        text = f"{name_or_empty(pb.ProhibitionKind, each.kind)} {each.scope}"
        text += " for life" if each.for_life else f" {each.months} months" if each.months else ""
        if getattr(each, "from") or each.until:
            text += f" {getattr(each, 'from') or '?'}..{each.until or '?'}"
        parts.append(text)
    return "; ".join(sorted(parts))


def execution(record: pb.Record) -> str:
    """Return the execution events, oldest first."""
    return "; ".join(f"{e.on} {name_or_empty(pb.ExecutionKind, e.kind)}" for e in record.execution)
