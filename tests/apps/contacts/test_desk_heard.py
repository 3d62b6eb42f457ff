"""What the customer said is proposed to the form of a request."""

from __future__ import annotations

import pytest

from denghuo.apps.contacts.heard import told


@pytest.mark.parametrize(
    ("said", "address"),
    [
        ("地址是清河市柳溪县滨河路 18 号 3 幢 502，麻烦快点", "清河市柳溪县滨河路 18 号 3 幢 502"),
        ("我家在金桂花园6幢2单元", "金桂花园6幢2单元"),
        ("金桂花园 6 幢没电了", "金桂花园 6 幢"),
        ("我在开会", ""),
        ("电费多少钱", ""),
    ],
)
def test_an_address_is_found_where_one_is_said(said: str, address: str) -> None:
    assert told([said]).address == address


def test_numbers_are_told_apart() -> None:
    found = told(["户号3300012345，电话 139 0000 1234", "身份证 33010219900101123X"])
    assert (found.account_number, found.phone) == ("3300012345", "13900001234")


def test_the_newest_number_counts_and_full_width_digits_are_read() -> None:
    assert told(["电话 13900001111", "打错了，是１３９００００２２２２"]).phone == "13900002222"


def test_greetings_are_not_a_description() -> None:
    assert told(["你好", "家里没电了", "谢谢！", "已经两个小时"]).text == "家里没电了\n已经两个小时"
    assert told([]).text == ""


def test_a_long_talk_is_cut_at_its_beginning() -> None:
    found = told([f"第{number}句" + "话" * 90 for number in range(12)])
    assert len(found.text) <= 500 and found.text.endswith("话") and "第11句" in found.text
