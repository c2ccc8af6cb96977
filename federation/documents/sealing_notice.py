"""The words of a notice of sealing (犯罪记录封存通知书): each rule that seals has its own sources and its own effect.

A document names its rules as grounds: S1 to S4 (docs/law.md), or ORDER for a seal that rests on a court's notice or an
officer's decision alone. The exemption from reporting (刑法 100) is for minors, and stated under S1 alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from federation.record.classes import CRIMINAL, related_classes
from federation.v1 import document_pb2 as pb
from federation.values.enum_names import record_class_name
from federation.values.terms import SealRule

#: The rule of a seal that the record's facts do not give: somebody with the authority ordered it.
ORDER: Final = "ORDER"
_SOURCES: Final = {
    SealRule.S1: "《关于建立犯罪人员犯罪记录制度的意见》第二（四）条、《中华人民共和国刑事诉讼法》第二百八十六条",
    SealRule.S2: "《中华人民共和国预防未成年人犯罪法》第五十九条第二款",
    SealRule.S3: "《中华人民共和国治安管理处罚法》第一百三十六条",
}
_KEPT: Final = (
    "{records}被封存后，除{organs}为办案需要或者有关单位根据国家规定进行查询外，不向任何单位和个人提供。"
)
_MINORS: Final = (
    "依照《中华人民共和国刑法》第一百条第二款，入伍、就业时免除报告上述犯罪记录的义务。",
    "因再次涉嫌犯罪接受讯问的，应当向司法机关如实说明（《关于未成年人犯罪记录封存的实施办法》第九条）。",
)


def sentences(document: pb.Document, who: str) -> Iterator[str]:
    """Yield what a notice of sealing says about the records of `who`.

    A notice without grounds is of an earlier program, which knew the minors' rule alone.
    """
    rules = [ground.rule for ground in document.grounds] or [SealRule.S1]
    title = _title(document)
    of = "判决" if title == "犯罪" else "决定"
    for each in document.convictions:
        yield f"{each.court}{each.judgment_number}{of}所涉{who}的{title}记录，已依法予以封存。"
    sources = [_SOURCES[SealRule(rule)] for rule in rules if rule in _SOURCES]
    sources += [ground.says for ground in document.grounds if ground.says]
    yield f"依据：{'；'.join(sources)}。"
    organs = "有关国家机关" if rules == [SealRule.S3] else "司法机关"
    yield _KEPT.format(records=f"{title}记录", organs=organs)
    if SealRule.S1 in rules:
        yield from _MINORS


def _title(document: pb.Document) -> str:
    others = [name for name in map(record_class_name, document.classes_searched) if name != CRIMINAL]
    return related_classes()[others[0]].title if others else "犯罪"
