"""Places of the demo: provinces and their codes, courts next to procuratorates, case numbers as clerks write them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from random import Random

from compose.demo.chance import one_in

# Name without 省/市/自治区, short name used in case numbers, first two digits of GB/T 2260.
PROVINCES: tuple[tuple[str, str, str], ...] = (
    ("北京", "京", "11"), ("天津", "津", "12"), ("河北", "冀", "13"), ("山西", "晋", "14"),
    ("内蒙古", "内", "15"), ("辽宁", "辽", "21"), ("吉林", "吉", "22"), ("黑龙江", "黑", "23"),
    ("上海", "沪", "31"), ("江苏", "苏", "32"), ("浙江", "浙", "33"), ("安徽", "皖", "34"),
    ("福建", "闽", "35"), ("江西", "赣", "36"), ("山东", "鲁", "37"), ("河南", "豫", "41"),
    ("湖北", "鄂", "42"), ("湖南", "湘", "43"), ("广东", "粤", "44"), ("广西", "桂", "45"),
    ("海南", "琼", "46"), ("重庆", "渝", "50"), ("四川", "川", "51"), ("贵州", "黔", "52"),
    ("云南", "云", "53"), ("西藏", "藏", "54"), ("陕西", "陕", "61"), ("甘肃", "甘", "62"),
    ("青海", "青", "63"), ("宁夏", "宁", "64"), ("新疆", "新", "65"),
)  # fmt: skip
_SYNTHETIC_PLACES = ("云水县", "临河区", "望山县", "青石区", "南塘县", "柳林区", "白沙县", "松江口区")
_BRACKETS = ("（）", "（）", "（）", "()", "〔〕", "[]", "【】")
NEW_NUMBERS_FROM = date(2016, 1, 1)


@dataclass(frozen=True)
class CourtPlace:
    """The place where a case was tried: the court, and the beginnings of its case numbers and division codes."""

    court: str
    short: str
    province: str
    division: str
    intermediate: bool


def place_of(procuratorate: str, *, heavy: bool, draw: Random) -> CourtPlace:
    """Return the court that belongs to a procuratorate, or a synthetic one; `heavy` cases go a level up."""
    base = procuratorate.removesuffix("人民检察院")
    province, code = _province(base, draw)
    if not base or base == procuratorate:
        base = draw.choice(_SYNTHETIC_PLACES)
    wide = base.endswith(("省", "自治区")) or base in ("北京市", "上海市", "天津市", "重庆市")
    intermediate = wide or (heavy and base.endswith(("市", "州", "盟", "地区")))
    if wide:
        court = f"{base}第一中级人民法院" if base.endswith("市") else f"{base}高级人民法院"
    else:
        court = f"{base}{'中级' if intermediate else ''}人民法院"
    local = base
    for mark in ("省", "自治区", "市"):
        _, found, tail = local.partition(mark)
        local = tail if found and len(tail) > 1 else local
    short = "".join(c for c in local[:1] if c != "某") or "云"
    county = f"{draw.randint(1, 20):02d}{draw.randint(1, 30):02d}"
    return CourtPlace(court, short, province, code + county, intermediate)


def household(draw: Random) -> str:
    """Return some division code of six digits."""
    code = draw.choice(PROVINCES)[2]
    return f"{code}{draw.randint(1, 20):02d}{draw.randint(1, 30):02d}"


def case_number(place: CourtPlace, filed: date, draw: Random) -> str:
    """Return a judgment number in the style of its year, as clerks write it: brackets and spaces vary."""
    number = draw.randint(1, 1999)
    year = filed.year
    brackets = draw.choice(_BRACKETS)
    if filed >= NEW_NUMBERS_FROM:
        digits = place.division[2:4] if place.intermediate else place.division[2:6]
        text = f"{brackets[0]}{year}{brackets[1]}{place.province}{digits}刑初{number}号"
    else:
        text = f"{brackets[0]}{year}{brackets[1]}{place.short}刑初字第{number}号"
    if one_in(draw, 12):
        at = text.index("刑初")
        text = f"{text[:at]} {text[at:]}"
    return text


def _province(base: str, draw: Random) -> tuple[str, str]:
    for name, short, code in PROVINCES:
        if base.startswith(name):
            return short, code
    _, short, code = draw.choice(PROVINCES)
    return short, code
