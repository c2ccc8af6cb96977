"""The page for the person concerned: what each provision means for them and until when, in plain Chinese."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Final

from federation.documents import chinese
from federation.v1 import bars_pb2 as pb

WORDS: Final = Path(__file__).parents[1] / "data" / "bar_words.toml"
_PURPOSES: Final = {
    "employment": "就业、任职",
    "qualification": "资格、许可",
    "enlistment": "入伍",
    "schooling": "升学",
    "other": "其他",
}
_SECTIONS: Final = (
    (pb.BAR_STANDING_FOR_LIFE, "长期适用（法律没有规定期限，或者仍在执行）"),
    (pb.BAR_STANDING_UNTIL, "在一定日期以前适用"),
    (pb.BAR_STANDING_UNDECIDED, "现有记录不能确定"),
    (pb.BAR_STANDING_NONE, "不适用"),
)
_TERMS: Final = (
    "本页依据现行有效的法律、行政法规目录和查询当日已经录入的犯罪记录编写，只供本人了解，不是证明文件，不得要求本人出示。",
    "只涉及生效有罪判决的犯罪记录；规定涉及其他违法行为或者其他条件的，不在本页范围内。",
    "适用与否由主管机关、用人单位依照规定决定；以后录入的内容可能改变结果。",
    "认为登记有误的，可以向本机关书面提出异议；对判决本身不服的，依法向人民法院申诉。",
)


def page(name: str, on: str, bars: Sequence[pb.Bar]) -> str:
    """Return the text of the page, each line ended by a newline; `on` is the day of the question."""
    lines = [f"{name}：与犯罪记录有关的限制及其终止日期", f"（截至{chinese.day(on)}）", ""]
    for status, title in _SECTIONS:
        rows = [bar for bar in bars if bar.standing == status]
        lines += [f"{title}：{len(rows)}项", *(_line(bar) for bar in rows), ""]
    lines += ["说明：", *(f"{number}．{term}" for number, term in enumerate(_TERMS, start=1))]
    return "\n".join(lines) + "\n"


def _line(bar: pb.Bar) -> str:
    purpose = "、".join(_PURPOSES[each] for each in bar.purpose.split("/"))
    article = f"第{bar.article.replace(', ', '、')}条" if bar.article else ""
    line = f"　　《{bar.law}》{article}（{purpose}，{bar.basis}）{_until(bar)}"
    if bar.standing == pb.BAR_STANDING_NONE:
        return line
    return line + (f"\n　　　　规定：{bar.wording}" if bar.wording else "")


def _until(bar: pb.Bar) -> str:
    latest = f"，至迟于{chinese.day(bar.over_by)}终止" if bar.over_by else ""
    why = "；".join(dict.fromkeys(in_chinese(bar.reasons)))
    match bar.standing:
        case pb.BAR_STANDING_UNTIL if bar.reasons:
            return f"：至少适用至{chinese.day(bar.until)}（含当日）{latest}；以后须再核实：{why}"
        case pb.BAR_STANDING_UNTIL:
            return f"：适用至{chinese.day(bar.until)}（含当日）"
        case pb.BAR_STANDING_UNDECIDED:
            return f"：{why}{latest}"
    return ""


def in_chinese(reasons: Iterable[str]) -> Iterator[str]:
    """Yield each reason in Chinese, as `bar_words.toml` translates it."""
    for reason in reasons:
        yield next((chinese for phrase, chinese in _translations().items() if phrase in reason), reason)


@cache
def _translations() -> Mapping[str, str]:
    return tomllib.loads(WORDS.read_text("utf-8"))
