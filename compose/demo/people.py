"""Synthetic persons: identity numbers that nobody has (99, valid check character), names, birth dates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from compose.demo.chance import chance, one_in, weighted
from compose.demo.places import household
from federation.v1 import record_pb2 as pb
from federation.values.identifiers import SYNTHETIC_PREFIX, check_character

_SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾"
    "丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤"
    "尹黎易常武乔贺赖龚文"
)
_MALE = "伟强磊军勇杰涛明超刚平辉鹏华飞斌波宇浩凯健俊帆东林峰志建国庆海荣贵福德龙"
_FEMALE = "芳娜敏静丽艳娟霞秀英玲燕红梅婷雪莉琳萍倩颖慧洁蓉兰凤珍云莲香月"
_MINORITY = ("买买提", "阿不都拉", "古丽娜尔", "吐尔逊", "艾尔肯", "扎西", "次仁", "卓玛", "巴特尔", "其其格")
TRADITIONAL = str.maketrans(
    "张刘陈杨赵黄吴孙马罗郑谢韩冯萧邓许卢蒋贾叶阎钟谭陆龙万钱汤贺赖龚伟强军杰涛刚辉鹏华飞凯东国庆荣贵丽艳红兰凤云莲",
    "張劉陳楊趙黃吳孫馬羅鄭謝韓馮蕭鄧許盧蔣賈葉閻鐘譚陸龍萬錢湯賀賴龔偉強軍傑濤剛輝鵬華飛凱東國慶榮貴麗艷紅蘭鳳雲蓮",
)
HOMOPHONES = str.maketrans(
    "伟磊勇明超平波宇浩俊志海芳敏静娟霞英玲燕梅雪洁珍", "玮蕾永铭朝萍博雨皓军智凯方闵婧鹃侠瑛灵艳美薛杰真"
)

#: The eight serious crimes for which a child of 14 or 15 answers (刑法 17), by their first characters.
_FROM_FOURTEEN = ("故意杀人", "故意伤害", "强奸", "抢劫", "走私、贩卖", "放火", "爆炸", "投放危险物质")
#: Ages in whole years at the conduct, and how often each span occurs.
_AGES: tuple[tuple[tuple[int, int], int], ...] = (
    ((14, 15), 7), ((16, 17), 20), ((18, 19), 9), ((20, 29), 28), ((30, 44), 24), ((45, 59), 9),
    ((60, 70), 3),
)  # fmt: skip


@dataclass(frozen=True)
class Person:
    """A synthetic person."""

    number: str
    name: str
    male: bool
    born: date
    division: str

    def identifiers(self, verification: pb.Verification.ValueType) -> pb.Identifier:
        """Return the citizen identity number as an identifier."""
        return pb.Identifier(
            type=pb.IDENTIFIER_TYPE_CITIZEN_ID, number=self.number, verification=verification
        )


def synthetic_person(seed: int, key: str, born: date) -> Person:
    """Return the person that `key` names, born on `born`; the same arguments give the same person."""
    draw = chance(seed, "person", key)
    male = draw.random() < 0.86
    return Person(
        number=synthetic_citizen_id(born, male=male, draw=draw),
        name=_name(draw, male=male),
        male=male,
        born=born,
        division=household(draw),
    )


def synthetic_citizen_id(born: date, *, male: bool, draw: Random) -> str:
    """Return a well-formed citizen identity number beginning with 99, which nobody has (GB 11643)."""
    sequence = draw.randrange(0, 1000, 2) + male
    body = f"{SYNTHETIC_PREFIX}{draw.randrange(10_000):04d}{born:%Y%m%d}{sequence:03d}"
    return body + check_character(body)


def birth_for(conduct: date, offences: tuple[str, ...], *, adult: bool, draw: Random) -> date:
    """Return a birth date for a person who acted on `conduct`, at an age of criminal responsibility.

    One in twenty-five is at a boundary: 18 that very day (still under 18), the day after, or born on 29
    February. `adult` is for penalties that no minor may get (刑法 49).
    """
    least = 14 if offences and all(name.startswith(_FROM_FOURTEEN) for name in offences) else 16
    if not adult and one_in(draw, 25):
        return _boundary(conduct, draw)
    youngest, oldest = weighted(draw, _AGES)
    if adult and youngest < 18:
        youngest, oldest = 19, 40
    if youngest < least:
        youngest, oldest = least, 17
    years = draw.randint(youngest, oldest)
    return _years_before(conduct, years) - timedelta(days=draw.randint(2, 360))


def name_variant(name: str, draw: Random) -> str:
    """Return the name as another office writes it: traditional, spaced, another dot, or a homophone."""
    if "·" in name:
        return name.replace("·", draw.choice("•．・‧"))
    return draw.choice(
        (
            name.translate(TRADITIONAL),
            f"{name[0]} {name[1:]}",
            f"{name[0]}\u3000{name[1:]}",
            name[0] + name[1:].translate(HOMOPHONES),
        )
    )


def _boundary(conduct: date, draw: Random) -> date:
    birthday = _years_before(conduct, 18)
    leap = birthday.year - birthday.year % 4
    return weighted(
        draw,
        [(birthday, 5), (birthday - timedelta(days=1), 5), (date(leap, 2, 29), 2)]
        if birthday.year % 4 < 2 and leap != 1900
        else [(birthday, 1), (birthday - timedelta(days=1), 1)],
    )


def _years_before(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year - years)
    except ValueError:  # 29 February
        return day.replace(year=day.year - years, day=28)


def _name(draw: Random, *, male: bool) -> str:
    if one_in(draw, 12):
        first, second = draw.sample(_MINORITY, 2)
        return f"{first}·{second}"
    given = _MALE if male else _FEMALE
    length = 1 if one_in(draw, 4) else 2
    return draw.choice(_SURNAMES) + "".join(draw.choice(given) for _ in range(length))
