"""Every rpc that takes a signed request names, in its one row, the role of the key that must have signed it."""

from __future__ import annotations

import pytest
from google.protobuf.descriptor import FieldDescriptor

from federation.transport.access import GATEWAY, NODE, AccessRule
from federation.values.identity import Kind
from tests.unit.federation.transport.test_access import SERVICES

#: What is signed, or who calls, decides: each passes `role` to `RequestOpener` itself.
DECIDED_BY_CONTENT = {
    "/federation.v1.NoticeService/Submit",
    "/federation.v1.NoticeService/Track",
    "/federation.v1.ExpectationService/ListExpected",
    "/federation.v1.OfficerService/Certify",
}
#: From a gateway to a node nothing is signed: the notice that names the document was.
PUT_DOCUMENT = "/federation.v1.NoticeService/PutDocument"
ROWS = [
    (name, table[name], method)
    for service in SERVICES
    for method in service.methods
    for table in (NODE, GATEWAY)
    if (name := f"/{service.full_name}/{method.name}") in table
]


def carries_statement(method: object) -> bool:
    """Whether the request has a field `envelope` of its own, once or in each of a stream."""
    found = method.input_type.fields_by_name.get("envelope")  # type: ignore[attr-defined]
    return isinstance(found, FieldDescriptor)


@pytest.mark.parametrize(("name", "rule", "method"), ROWS, ids=[row[0] for row in ROWS])
def test_a_role_is_named_where_a_statement_is_signed_and_nowhere_else(
    name: str, rule: AccessRule, method: object
) -> None:
    carried_by_gateway = name == PUT_DOCUMENT and rule.kinds == {Kind.GATEWAY}
    if name in DECIDED_BY_CONTENT or carried_by_gateway:
        assert rule.role is None
    else:
        assert (rule.role is not None) == carries_statement(method)
