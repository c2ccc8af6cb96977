"""The offence catalogue: names as judged, names of the past, intent and tags."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import pytest
import yaml

from federation.law.offences import Intent, NameKind, catalogue

DATA = Path(__file__).parents[4] / "federation" / "data"
LISTS = yaml.safe_load((Path(__file__).parents[3] / "law" / "offence_names.yaml").read_text("utf-8"))
#: Supplement II moved it from article 155(3) to 152(2).
ARTICLE_NOW = {"走私固体废物罪": "152"}
#: Marks and words by which people join the parts of a name, beside 、.
JOINTS = ["", "，", ",", "和", "或", "与", "及", "以及", "·", " ", "/"]


def test_r19_every_offence_in_force_is_found_with_and_without_its_last_character() -> None:
    with (DATA / "offences.csv").open(encoding="utf-8", newline="") as rows:
        names = [row["name"] for row in csv.DictReader(rows)]
    assert len(names) == 483
    for name in names:
        assert catalogue().find(name).kind is NameKind.CURRENT
        assert catalogue().find(name.removesuffix("罪")).name == name


@pytest.mark.parametrize(
    ("judged", "kind", "until", "now"),
    [
        ("强制猥亵、侮辱妇女", NameKind.RENAMED, date(2015, 11, 1), ("强制猥亵、侮辱罪",)),
        ("嫖宿幼女罪", NameKind.ABOLISHED, date(2015, 11, 1), ("强奸罪",)),
        ("奸淫幼女罪", NameKind.RENAMED, date(2002, 3, 26), ("强奸罪",)),
        ("强奸妇女罪", NameKind.RENAMED, date(1997, 10, 1), ("强奸罪",)),
        ("贩卖毒品", NameKind.SELECTION, None, ("走私、贩卖、运输、制造毒品罪",)),
        (
            "隐匿、故意销毁会计凭证、会计帐簿、财务会计报告",
            NameKind.SPELLING,
            None,
            ("隐匿、故意销毁会计凭证、会计账簿、财务会计报告罪",),
        ),
        (
            "组织、强迫、引诱、容留、介绍卖淫",
            NameKind.HEADING,
            None,
            ("组织卖淫罪", "强迫卖淫罪", "引诱、容留、介绍卖淫罪"),
        ),
        (
            "制造、贩卖、传播淫秽物品",
            NameKind.HEADING,
            None,
            ("制作、复制、出版、贩卖、传播淫秽物品牟利罪", "传播淫秽物品罪"),
        ),
        ("非法吸收公众存款", NameKind.CURRENT, None, ()),
    ],
)
def test_r19_a_name_of_the_past_says_what_became_of_it(
    judged: str, kind: NameKind, until: date | None, now: tuple[str, ...]
) -> None:
    found = catalogue().find(judged)
    assert (found.kind, found.until, found.now) == (kind, until, now)


def test_r19_every_name_that_is_not_official_carries_its_mark() -> None:
    for offence in catalogue():
        assert bool(offence.checked) == (offence.kind is not NameKind.CURRENT)


@pytest.mark.parametrize("name", ["反革命罪名", "", "罪", " 盗 窃 犯 "])
def test_r19_an_unknown_name_is_a_result_like_any_other(name: str) -> None:
    found = catalogue().find(name)
    assert (found.kind, found.name, found.intent) == (NameKind.UNKNOWN, name, Intent.UNKNOWN)


@pytest.mark.parametrize(
    ("name", "intent"),
    [
        ("盗窃", Intent.INTENTIONAL),
        ("过失致人死亡", Intent.NEGLIGENT),
        ("失火", Intent.NEGLIGENT),
        ("交通肇事", Intent.NEGLIGENT),
        ("重大责任事故", Intent.NEGLIGENT),
        ("环境监管失职", Intent.NEGLIGENT),
        ("玩忽职守", Intent.NEGLIGENT),
        ("不报、谎报安全事故", Intent.INTENTIONAL),
        ("危险驾驶", Intent.INTENTIONAL),
        ("污染环境", Intent.UNKNOWN),
        ("过失投毒罪", Intent.NEGLIGENT),
        ("中介组织人员出具证明文件重大失实罪", Intent.NEGLIGENT),
        ("逃避动植物检疫罪", Intent.UNKNOWN),
        ("泄露国家重要机密罪", Intent.UNKNOWN),
        ("徇私舞弊造成破产、亏损罪", Intent.UNKNOWN),
        ("反革命杀人罪", Intent.INTENTIONAL),
        ("强制猥亵罪", Intent.INTENTIONAL),
        ("过失重伤罪", Intent.NEGLIGENT),
    ],
)
def test_intent_is_read_from_the_name_where_the_name_shows_it(name: str, intent: Intent) -> None:
    assert catalogue().find(name).intent is intent


@pytest.mark.parametrize(
    ("name", "article", "tags"),
    [
        ("强奸", "236", {"sexual"}),
        ("负有照护职责人员性侵", "", {"sexual"}),
        ("引诱未成年人聚众淫乱", "301", {"sexual"}),
        ("聚众淫乱", "301", set()),
        ("引诱幼女卖淫", "", {"sexual"}),
        ("引诱、容留、介绍卖淫", "359", set()),
        ("组织卖淫", "358", {"sexual"}),
        ("虐待", "260", {"abuse"}),
        ("拐卖妇女、儿童", "240", {"trafficking"}),
        ("抢劫", "263", {"violent_injury"}),
        ("非法拘禁", "238", set()),
        ("非法拘禁", "第238条第1款", set()),
        ("非法拘禁", "第238条第2款", {"violent_injury"}),
        ("非法拘禁", "238(2)", {"violent_injury"}),
        ("盗窃", "264", set()),
        ("盗窃", "238(2)", set()),
        ("强制猥亵、侮辱妇女", "237", {"sexual"}),
        ("没有的罪", "236", set()),
        ("嫖宿幼女罪", "360", {"sexual"}),
        ("奸淫幼女罪", "", {"sexual"}),
        ("强制猥亵罪", "", {"sexual"}),
        ("拐卖儿童罪", "", {"trafficking"}),
        ("介绍卖淫罪", "359", set()),
        ("强奸妇女罪", "139", {"sexual"}),
        ("拐卖人口罪", "", {"trafficking"}),
        ("绑架勒索罪", "", {"violent_injury"}),
        ("体罚虐待被监管人罪", "", {"abuse"}),
        ("反革命伤人罪", "", {"violent_injury"}),
        ("公司、企业人员侵占罪", "", {"embezzlement"}),
        ("商业受贿罪", "", {"bribery"}),
    ],
)
def test_r37_tags_of_min_62_follow_the_article(name: str, article: str, tags: set[str]) -> None:
    assert catalogue().tags(name, article) == tags


def test_r37_a_tag_that_hangs_on_the_paragraph_is_possible_until_the_paragraph_is_known() -> None:
    assert catalogue().find("非法拘禁").possible_tags == {"violent_injury"}
    assert catalogue().find("组织、强迫、引诱、容留、介绍卖淫").possible_tags == {"sexual"}
    assert catalogue().find("流氓罪").possible_tags == {"sexual"}
    assert catalogue().find("聚众打砸抢罪").possible_tags == {"violent_injury"}


def test_r19_a_name_of_the_past_lives_on_under_names_in_force() -> None:
    for offence in catalogue():
        assert all(catalogue().find(name).kind is NameKind.CURRENT for name in offence.now), offence.name
        if offence.kind in (NameKind.RENAMED, NameKind.SELECTION):
            assert len(offence.now) == 1, offence.name


def test_r19_every_name_in_the_lists_of_the_highest_organs_is_known() -> None:
    for article, names in LISTS["names_of_1997"].items():
        for name in names:
            found = catalogue().find(name)
            assert found.kind in (NameKind.CURRENT, NameKind.RENAMED, NameKind.ABOLISHED, NameKind.HEADING), (
                name
            )
            assert found.name == name
            assert found.article == ARTICLE_NOW.get(name, article), name


def test_r19_what_a_supplement_gave_up_says_what_took_its_place() -> None:
    for supplement, changes in LISTS["changes"].items():
        for article, was, now in changes:
            found = catalogue().find(was)
            assert found.name == was, (supplement, was)
            assert found.kind in (NameKind.RENAMED, NameKind.ABOLISHED, NameKind.HEADING), (supplement, was)
            assert found.article == ARTICLE_NOW.get(was, article), (supplement, was)
            assert now is None or now in found.now, (supplement, was)
            assert found.until is not None
            assert found.until.isoformat() <= supplement.split("(")[1].rstrip(")"), (supplement, was)


@pytest.mark.parametrize("joint", JOINTS)
def test_r19_a_name_is_found_however_its_parts_are_joined(joint: str) -> None:
    for offence in catalogue():
        written = offence.name.replace("、", joint)
        assert catalogue().find(written).name == offence.name, written
        assert catalogue().find(written.replace("（边）", "(边)").removesuffix("罪")).name == offence.name


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("伪造变造国家有价证券罪", "伪造、变造国家有价证券罪"),
        ("侮辱国旗和国徽罪", "侮辱国旗、国徽罪"),
        ("为境外窃取、剌探、收买、非法提供军事秘密罪", "为境外窃取、剌探、收买、非法提供军事秘密罪"),
        ("组织他人偷越国边境罪", "组织他人偷越国（边）境罪"),
        ("变造国家有价证券", "变造国家有价证券罪"),
        ("拐卖妇女或儿童罪", "拐卖妇女、儿童罪"),
    ],
)
def test_r19_spellings_that_judgments_have(written: str, name: str) -> None:
    found = catalogue().find(written)
    assert found.name == name
    assert found.kind is not NameKind.UNKNOWN
