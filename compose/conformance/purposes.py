"""Purpose cases: whoever is asked decides by asker, purpose and context, before anything is looked up."""

from __future__ import annotations

from compose.conformance.kit import Kit
from compose.conformance.outcomes import Failed, TargetRole
from compose.conformance.people import FixedPerson
from compose.conformance.registry import check
from compose.conformance.wire import Refusal
from federation.errors import InvalidRequest, NotPermitted
from federation.v1 import query_pb2

_INVALID, _DENIED = "INVALID_ARGUMENT", "PERMISSION_DENIED"
_UNKNOWN_FIELD = b"\xf8\x3f\x01"


def _invalid(kit: Kit, query: query_pb2.Query) -> str:
    return kit.insist_refused(kit.envelope(query), "INVALID_REQUEST", _INVALID)


@check("purpose-missing")
def missing(kit: Kit) -> str:
    """A question without a purpose."""
    return _invalid(kit, kit.query(FixedPerson.unknown(), purpose=query_pb2.PURPOSE_UNSPECIFIED))


@check("purpose-unknown")
def unknown(kit: Kit) -> str:
    """A purpose that this contract does not have."""
    return _invalid(kit, kit.query(FixedPerson.unknown(), purpose=99))


@check("purpose-case-number")
def case_number(kit: Kit) -> str:
    """A question for a case, without a case."""
    return _invalid(kit, kit.query(FixedPerson.unknown(), case_number=""))


@check("purpose-basis")
def basis(kit: Kit) -> str:
    """A public question without a provision."""
    return _invalid(kit, kit.query(FixedPerson.unknown(), purpose=query_pb2.PURPOSE_PUBLIC, case_number=""))


@check("purpose-policy")
def policy(kit: Kit) -> str:
    """An organ asks for a person's own record: no policy permits that."""
    query = kit.query(FixedPerson.unknown(), purpose=query_pb2.PURPOSE_OWN, case_number="")
    return kit.insist_refused(kit.envelope(query), "NOT_PERMITTED", _DENIED)


@check("purpose-subject")
def subject(kit: Kit) -> str:
    """A citizen number whose check character is wrong."""
    query = kit.query(FixedPerson.unknown())
    number = query.subject.identifiers[0].number
    query.subject.identifiers[0].number = number[:-1] + ("0" if number[-1] != "0" else "1")
    return _invalid(kit, query)


@check("purpose-nobody")
def nobody(kit: Kit) -> str:
    """A question about nobody, which would find everybody."""
    return _invalid(kit, kit.query(FixedPerson.unknown(), subject=query_pb2.Subject()))


@check("purpose-unknown-fields")
def unknown_fields(kit: Kit) -> str:
    """The question has a field that nobody here has read."""
    query = kit.query(FixedPerson.unknown())
    query.MergeFromString(_UNKNOWN_FIELD)
    return _invalid(kit, query)


@check("purpose-beneficiary")
def beneficiary(kit: Kit) -> str:
    """A window asks in the name of an organ that has powers of its own."""
    named = query_pb2.Beneficiary(organ_class="police", name="某公安局")
    return _invalid(kit, kit.query(FixedPerson.unknown(), on_behalf_of=named))


@check("purpose-garbage")
def garbage(kit: Kit) -> str:
    """The body is no question."""
    return kit.insist_refused(kit.envelope(body=b"\xff\xff"), "INVALID_REQUEST", _INVALID)


@check("purpose-length")
def length(kit: Kit) -> str:
    """A question of more than 16 KB."""
    query = kit.query(FixedPerson.unknown())
    query.subject.name = "欧" * 6000
    return _invalid(kit, query)


@check("purpose-named-field", TargetRole.GATEWAY)
def named_field(kit: Kit) -> str:
    """The refusal names field and rule, so that a program can show which value is wrong."""
    query = kit.query(FixedPerson.unknown(), case_number="")
    try:
        kit.asked(kit.envelope(query))
    except Refusal as refusal:
        found = refusal.error
        if isinstance(found, InvalidRequest) and "case_number" in {v.field for v in found.violations}:
            return "names case_number"
        raise Failed(f"{refusal.code.name} without a BadRequest that names case_number") from None
    raise Failed("the question was answered")


@check("purpose-named-policy", TargetRole.GATEWAY)
def named_policy(kit: Kit) -> str:
    """The refusal names the policy that decided, with its clause."""
    query = kit.query(FixedPerson.unknown(), purpose=query_pb2.PURPOSE_OWN, case_number="")
    try:
        kit.asked(kit.envelope(query))
    except Refusal as refusal:
        found = refusal.error
        if isinstance(found, NotPermitted) and found.policies and all(p.clause for p in found.policies):
            return f"names {found.policies[0].id}"
        raise Failed(f"{refusal.code.name} without a policy and its clause") from None
    raise Failed("the question was answered")
