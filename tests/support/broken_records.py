"""Records of which each breaks one rule: its name, the change, field and rule (R12-R22)."""

from __future__ import annotations

from federation.v1 import record_pb2 as pb
from tests.support.changing import NUMBER, Change, both, put, unknown

BROKEN_RECORDS: list[tuple[str, Change, str, str]] = [
    # who (R14)
    ("wrong check character", put(NUMBER, "990001198005060000"), NUMBER, "GB 11643"),
    ("number of nothing", put(NUMBER, "-"), NUMBER, "R14"),
    ("impossible birth date in the number", put(NUMBER, "990001198013060014"), NUMBER, "GB 11643"),
    ("number without a type", put("person.identifiers[0].type", 0), "person.identifiers[0].type", "R14"),
    ("unknown type of number", put("person.identifiers[0].type", 77), "person.identifiers[0].type", "R14"),
    (
        "number neither verified nor declared",
        put("person.identifiers[0].verification", 0),
        "person.identifiers[0].verification",
        "R14",
    ),
    (
        "passport number of punctuation",
        both(put("person.identifiers[0].type", pb.IDENTIFIER_TYPE_PASSPORT), put(NUMBER, "E?!")),
        NUMBER,
        "FORMAT",
    ),
    ("name without a kind", put("person.names[0].kind", 0), "person.names[0].kind", "R14"),
    ("name of 61 characters", put("person.names[0].text", "王" * 61), "person.names[0].text", "SIZE"),
    ("name of dots", put("person.names[0].text", "··"), "person.names[0].text", "R14"),
    ("name of a sign for unknown", put("person.names[0].text", "?"), "person.names[0].text", "R14"),
    ("unknown code of sex", put("person.sex", 5), "person.sex", "GB/T 2261.1"),
    (
        "division of five digits",
        put("person.household_division", "11010"),
        "person.household_division",
        "GB/T 2260",
    ),
    ("birth date that does not exist", put("person.birth_date", "1981-02-29"), "person.birth_date", "DATE"),
    ("birth in the future", put("person.birth_date", "2027-01-01"), "person.birth_date", "DATE"),
    # the judgment (R1, R16-R18, R23, R64, A16)
    ("acquittal", put("verdict", pb.VERDICT_ACQUITTED), "verdict", "A16"),
    ("no verdict", put("verdict", 0), "verdict", "A16"),
    ("unknown verdict", put("verdict", 9), "verdict", "A16"),
    ("public-order penalty", put("record_class", pb.RECORD_CLASS_PUBLIC_ORDER), "verdict", "R64"),
    ("non-prosecution", put("record_class", pb.RECORD_CLASS_NON_PROSECUTION), "verdict", "R64"),
    ("re-education", put("record_class", pb.RECORD_CLASS_REEDUCATION), "verdict", "R64"),
    ("working record", put("record_class", pb.RECORD_CLASS_WORKING), "record_class", "R64"),
    ("no class", put("record_class", 0), "record_class", "R64"),
    ("no instrument", put("instrument.kind", 0), "instrument.kind", "R1"),
    ("instrument without reference", put("instrument.reference", ""), "instrument.reference", "R1"),
    ("instrument without issuer", put("instrument.issuer", ""), "instrument.issuer", "R1"),
    ("digest of 31 bytes", put("instrument.sha256", bytes(31)), "instrument.sha256", "FORMAT"),
    (
        "civil case number",
        put("judgment_number.original", "（2019）京0105民初12号"),
        "judgment_number.original",
        "CASE-NUMBER-TYPE",
    ),
    (
        "masked case number",
        put("judgment_number.original", "（2019）京0105刑初××号"),
        "judgment_number.original",
        "CASE-NUMBER-MASKED",
    ),
    (
        "wrong canonical form",
        put("judgment_number.canonical", "（2019）京0105刑初1号"),
        "judgment_number.canonical",
        "R17",
    ),
    ("not yet final", put("final_on", "2026-01-16"), "final_on", "R23"),
    ("final before it was pronounced", put("final_on", "2019-06-01"), "final_on", "A5"),
    ("served before it was pronounced", put("served_on", "2019-06-01"), "served_on", "A5"),
    ("31 June", put("pronounced_on", "2019-06-31"), "pronounced_on", "DATE"),
    ("document of the future", put("instrument.issued_on", "2026-01-16"), "instrument.issued_on", "DATE"),
    # the offences (R19)
    ("offence without a name", put("offences[0].name", ""), "offences[0].name", "R19"),
    ("unknown intent", put("offences[0].intent", 7), "offences[0].intent", "FORMAT"),
    (
        "conduct that ends before it begins",
        put("offences[0].conduct_to", "2019-01-09"),
        "offences[0].conduct_to",
        "DATE",
    ),
    (
        "conduct after the judgment",
        put("offences[0].conduct_to", "2019-06-04"),
        "offences[0].conduct_to",
        "DATE",
    ),
    (
        "conduct before birth",
        put("offences[0].conduct_from", "1980-05-05"),
        "offences[0].conduct_from",
        "DATE",
    ),
    (
        "conduct of a child",
        both(put("offences[0].conduct_from", "1990-01-01"), put("offences[0].conduct_to", "1990-01-01")),
        "offences[0].conduct_to",
        "刑法 17",
    ),
    # what cannot be true together (R14, R17)
    ("a woman with a man's number", put("person.sex", pb.SEX_FEMALE), "person.sex", "GB 11643"),
    (
        "case number of the year after",
        put("judgment_number.original", "（2020）京0105刑初70000号"),
        "judgment_number.original",
        "R17",
    ),
    # execution (R21)
    ("event of no kind", put("execution[0].kind", 0), "execution[0].kind", "R21"),
    ("event without a day", put("execution[0].on", ""), "execution[0].on", "R21"),
    ("execution before the judgment", put("execution[0].on", "2019-06-02"), "execution[0].on", "R21"),
    (
        "events out of order",
        lambda made: made.execution.add(kind=pb.EXECUTION_KIND_REDUCED, on="2019-06-19"),
        "execution[1].on",
        "R21",
    ),
    # explicit unknowns (R13)
    ("given and unknown", unknown("court"), "court", "R13"),
    (
        "unknown without a reason",
        both(lambda m: m.ClearField("court"), unknown("court", pb.UNKNOWN_REASON_UNSPECIFIED)),
        "unknowns[0].reason",
        "R13",
    ),
    ("unknown of no such field", unknown("person.shoe_size"), "unknowns[0].field", "R13"),
    (
        "unknown twice",
        both(lambda m: m.ClearField("court"), unknown("court"), unknown("court")),
        "unknowns[1].field",
        "R13",
    ),
    (
        "unknown name",
        both(lambda m: m.person.ClearField("names"), unknown("person.names")),
        "person.names",
        "R14",
    ),
    ("unknown offences", both(lambda m: m.ClearField("offences"), unknown("offences")), "offences", "R19"),
    # the message itself
    ("extension without a namespace", lambda m: m.extensions.update({"number": "1"}), "extensions", "R22"),
    (
        "51 extensions",
        lambda m: m.extensions.update({f"cn.example.moj/x{n}": "" for n in range(51)}),
        "extensions",
        "SIZE",
    ),
    ("text of 401 characters", put("court.name", "院" * 401), "court.name", "SIZE"),
    ("control character", put("court.name", "法\x07院"), "court.name", "TEXT"),
    ("direction override", put("person.names[0].text", "张\u202e三"), "person.names[0].text", "TEXT"),
    ("white space around", put("court.name", " 法院"), "court.name", "TEXT"),
    ("201 names", lambda m: m.person.names.extend([m.person.names[0]] * 200), "person.names", "SIZE"),
    ("a field of the future", lambda m: m.MergeFromString(b"\xf8\x07\x01"), "record", "UNKNOWN_FIELD"),
    ("65 KB", lambda m: m.extensions.update({"cn.example.moj/x": "长" * 22000}), "record", "SIZE"),
]
