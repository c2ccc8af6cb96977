"""A text with the names of two persons, or with two names of one, is no name by which anybody is found (R14, R34)."""

from __future__ import annotations

import pytest

from federation.values.names import check_name


@pytest.mark.parametrize(
    "text",
    [
        "张三、李四",
        "张三/李四",
        "张三；李四",
        "张三，李四",
        "张三 | 李四",
        "张三\\李四",
        "约翰、Smith",
        "Smith／约翰",
        "张三,女",
    ],
)
def test_two_names_with_a_sign_between_them_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="more than one name"):
        check_name(text)


def test_who_wrote_a_comma_for_the_dot_of_one_name_is_told_of_the_dot() -> None:
    with pytest.raises(ValueError, match=r"a dot between \(·\)"):
        check_name("买买提,吐尔逊")


@pytest.mark.parametrize("text", ["买买提·吐尔逊", "欧阳 娜娜", "Doe, John", "A/B", "Jean-Luc", "王O'Brien"])
def test_a_sign_inside_one_name_is_not_one_between_two(text: str) -> None:
    check_name(text)
