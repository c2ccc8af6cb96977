"""What is no character is refused by the contract, with the character of today where there is one."""

from __future__ import annotations

from datetime import date

import pytest

from federation.errors import InvalidRequest
from federation.record.texts import text_violations
from federation.record.validate import admit
from federation.values.characters import no_character, todays
from tests.support.records import Someone, record

#: Bytes of GB 18030 whose characters the editions of 2000 and 2005 kept in private use -> their places of 2022.
MOVED = {
    "a6d9": "\ufe10", "a6da": "\ufe12", "a6db": "\ufe11", "a6dc": "\ufe13", "a6dd": "\ufe14", "a6de": "\ufe15",
    "a6df": "\ufe16", "a6ec": "\ufe17", "a6ed": "\ufe18", "a6f3": "\ufe19", "fe51": "\U00020087", "fe52": "\U00020089",
    "fe53": "\U000200cc", "fe59": "\u9fb4", "fe61": "\u9fb5", "fe66": "\u9fb6", "fe67": "\u9fb7", "fe6c": "\U000215d7",
    "fe6d": "\u9fb8", "fe76": "\U0002298f", "fe7e": "\u9fb9", "fe90": "\u9fba", "fe91": "\U000241fe", "fea0": "\u9fbb",
}  # fmt: skip


def test_the_24_characters_of_gb_18030_2000_are_read_in_their_places_of_today() -> None:
    assert len(MOVED) == 24
    for code, today in MOVED.items():
        decoded = bytes.fromhex(code).decode("gb18030")
        assert todays(decoded) == today, code
        assert no_character(today) == ""
    assert todays("张\ue000三\ufffd") == "张\ue000三\ufffd"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("\ue81e梅", "write that character"),
        ("\ue000", "one computer's fonts"),
        ("\U00100000", "one computer's fonts"),
        ("张\ufffd", "lost on the way"),
        ("\ud83d", "half a surrogate pair"),
    ],
)
def test_the_contract_refuses_what_is_no_character(text: str, says: str) -> None:
    [fault] = text_violations("person.names[0].text", text)
    assert says in fault.message
    assert fault.rule == "TEXT"


def test_r14_a_record_with_a_lost_character_is_not_entered() -> None:
    for text in ("张\ufffd", "张\ue000"):
        made = record(Someone(name=text))
        with pytest.raises(InvalidRequest) as refused:
            admit(made, today=date(2026, 11, 30), allow_synthetic=True)
        assert "person.names[0].text" in {fault.field for fault in refused.value.violations}


@pytest.mark.parametrize("text", ['="己"', "＝A1", "#N/A", "#REF!", "NULL", "1.2E+17"])
def test_r14_a_record_whose_names_are_no_values_is_not_entered(text: str) -> None:
    made = record(Someone(name=text), offence=text)
    made.court.name = made.prosecuting_party.procuratorate = made.instrument.issuer = text
    with pytest.raises(InvalidRequest) as refused:
        admit(made, today=date(2026, 11, 30), allow_synthetic=True)
    assert {
        "person.names[0].text", "court.name", "prosecuting_party.procuratorate", "instrument.issuer", "offences[0].name"
    } <= {fault.field for fault in refused.value.violations}  # fmt: skip
