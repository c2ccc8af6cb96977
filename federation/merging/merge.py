"""Merging of facets from several nodes: group by judgment, choose by precedence, show disagreement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from federation.merging.precedence import FIELDS, IDENTITY, FieldRule
from federation.v1 import query_pb2
from federation.v1 import record_pb2 as pb
from federation.values.case_number import parse as parse_case_number
from federation.values.court_names import court_key
from federation.values.names import name_key, normalise_name
from federation.values.numbers import series
from federation.values.offence_name import offence_key


@dataclass(frozen=True, slots=True)
class FacetSource:
    """One facet and where it came from."""

    node: str
    agency: str
    facet: pb.Facet


def group(sources: Sequence[FacetSource]) -> list[list[FacetSource]]:
    """Return the sources grouped by conviction.

    The key is the judgment (canonical number and court). A facet without its judgment's number joins
    the only conviction in which some agency states an offence of the same name and the same date, whichever agency
    answers first; otherwise it stays alone.
    """
    groups: dict[tuple[str, str], list[FacetSource]] = {}
    unnumbered: list[FacetSource] = []
    for source in sources:
        number = source.facet.record.judgment_number.canonical
        if number:
            groups.setdefault((number, ""), []).append(source)
        else:
            unnumbered.append(source)
    split = [part for members in groups.values() for part in _by_court(members)]
    for source in unnumbered:
        record = source.facet.record
        fitting = [g for g in split if any(_same_conviction(record, m.facet.record) for m in g)]
        if len(fitting) == 1:
            fitting[0].append(source)
        else:
            split.append([source])
    return split


def _by_court(members: list[FacetSource]) -> list[list[FacetSource]]:
    """Return the sources by court: an old-style number is not unique in the country, so it names a judgment per court.

    A new-style number contains its court's code, so that a different spelling of the court is still the same court.
    With an old one, a court named without its province or city (朝阳区人民法院), or not named, is the one that it may
    be; where it may be several, the facet joins the only one with the same offence and date, else it stays apart.
    """
    number = members[0].facet.record.judgment_number.canonical
    if len(members) > 1 and parse_case_number(number).style == "new":
        return [members]
    named: dict[str, list[FacetSource]] = {}
    for source in members:
        named.setdefault(court_key(source.facet.record.court.name), []).append(source)
    courts: list[tuple[str, list[FacetSource]]] = []
    for short in sorted(named, key=lambda name: (-len(name), name)):
        fitting = [(its, [*its]) for name, its in courts if name.endswith(short)]
        alone: list[FacetSource] = []
        for source in named[short]:
            record = source.facet.record
            like = [g for g, own in fitting if any(_same_conviction(record, m.facet.record) for m in own)]
            only = [g for g, _ in fitting] if len(fitting) == 1 else like
            (only[0] if len(only) == 1 else alone).append(source)
        courts += [(short, its) for its in (_alike(alone) if fitting else [alone]) if its]
    return [its for _, its in courts]


def _alike(sources: list[FacetSource]) -> list[list[FacetSource]]:
    """Return the sources by conviction where nothing but offence and date shows which are of one."""
    found: list[list[FacetSource]] = []
    for source in sources:
        record = source.facet.record
        like = [g for g in found if any(_same_conviction(record, m.facet.record) for m in g)]
        found = [g for g in found if g not in like] + [[*(m for g in like for m in g), source]]
    return found


def _same_conviction(one: pb.Record, other: pb.Record) -> bool:
    dated = any(
        a and a == b for a, b in ((one.final_on, other.final_on), (one.pronounced_on, other.pronounced_on))
    )
    names = {offence_key(o.name) for o in one.offences} & {offence_key(o.name) for o in other.offences}
    return dated and bool(names)


def merge(sources: Sequence[FacetSource]) -> query_pb2.MergedConviction:
    """Return one conviction from the facets of one group, each field with its sources and conflicts."""
    merged = query_pb2.MergedConviction()
    merged.record.record_class = sources[0].facet.record.record_class
    _names_and_identifiers(sources, merged)
    for path, rule in FIELDS.items():
        _field(path, rule, sources, merged)
    merged.record.adulthood_proven = any(s.facet.record.adulthood_proven for s in sources)
    for source in sources:
        facet = source.facet
        merged.facets.add(
            node=source.node,
            record_id=facet.record_id,
            version=facet.version,
            entered_at=facet.provenance.entered_at,
        )
        for key in sorted(facet.record.extensions):
            if key not in merged.record.extensions:
                merged.record.extensions[key] = facet.record.extensions[key]
    _unknowns(sources, merged)
    return merged


def _ordered(sources: Sequence[FacetSource], order: Sequence[str]) -> list[FacetSource]:
    return sorted(sources, key=lambda s: order.index(s.agency) if s.agency in order else len(order))


def _field(
    path: str, rule: FieldRule, sources: Sequence[FacetSource], merged: query_pb2.MergedConviction
) -> None:
    speaking = [s for s in _ordered(sources, rule.order) if rule.show(s.facet.record)]
    if not speaking:
        return
    chosen = speaking[0].facet.record
    rule.copy(chosen, merged.record)
    key = rule.key(chosen)
    agreeing = [s for s in speaking if rule.key(s.facet.record) == key]
    merged.sources.add(field=path, nodes=[s.node for s in agreeing])
    if len(agreeing) < len(speaking):
        conflict = merged.conflicts.add(field=path, rule=rule.rule())
        for source in speaking:
            conflict.claims.add(node=source.node, value=rule.show(source.facet.record))


def _names_and_identifiers(sources: Sequence[FacetSource], merged: query_pb2.MergedConviction) -> None:
    """Combine names and identifiers; two verified numbers of one kind, or no name in common, is a conflict.

    A name in another spelling is kept as written and is no conflict, nor is one number under two kinds of document.
    """
    ordered = _ordered(sources, IDENTITY)
    person = merged.record.person
    seen: set[object] = set()
    for source in ordered:
        for name in source.facet.record.person.names:
            if ("name", normalise_name(name.text)) not in seen:
                seen.add(("name", normalise_name(name.text)))
                person.names.append(name)
        for identifier in source.facet.record.person.identifiers:
            if (identifier.type, identifier.number) not in seen:
                seen.add((identifier.type, identifier.number))
                person.identifiers.append(identifier)
    for path, read, shown in (
        ("person.names", _name_set, _names),
        ("person.identifiers", _verified, _identifiers),
    ):
        speaking = [s for s in ordered if read(s.facet.record)]
        if not speaking:
            continue
        first = read(speaking[0].facet.record)
        agreeing = [s for s in speaking if read(s.facet.record) & first]
        merged.sources.add(field=path, nodes=[s.node for s in agreeing])
        if len(agreeing) < len(speaking):
            conflict = merged.conflicts.add(field=path, rule=" > ".join(IDENTITY))
            for source in speaking:
                conflict.claims.add(node=source.node, value=shown(source.facet.record))


def _name_set(record: pb.Record) -> set[object]:
    return {name_key(n.text) for n in record.person.names}


def _names(record: pb.Record) -> str:
    return " / ".join(n.text for n in record.person.names)


def _identifiers(record: pb.Record) -> str:
    return " / ".join(i.number for i in record.person.identifiers)


def _verified(record: pb.Record) -> set[object]:
    return {
        series(i.type, i.number)
        for i in record.person.identifiers
        if i.verification == pb.VERIFICATION_VERIFIED
    }


def _unknowns(sources: Sequence[FacetSource], merged: query_pb2.MergedConviction) -> None:
    """Keep as explicitly unknown the fields that no facet knows, with the first reason given."""
    known = {source.field for source in merged.sources}
    for source in sources:
        for unknown in source.facet.record.unknowns:
            if unknown.field not in known:
                known.add(unknown.field)
                merged.record.unknowns.append(unknown)
