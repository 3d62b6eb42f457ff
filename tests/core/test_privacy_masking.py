"""What a reader without the permission sees, and what log files hold."""

from __future__ import annotations

import io
import logging

import pytest

from denghuo.core.privacy import mask, redact
from denghuo.core.privacy.logs import RedactingFilter


@pytest.mark.parametrize(
    ("classification", "value", "shown"),
    [
        ("name", "张三", "张*"),
        ("name", "张三丰", "张**"),
        ("name", "欧阳锋", "欧阳*"),
        ("name", "欧阳明月", "欧阳**"),
        ("name", "阿里木·买买提", "阿**"),
        ("name", "𠮷田", "𠮷*"),
        ("name", "葛\U000e0101城", "葛\U000e0101*"),  # a glyph variant selector stays with its character
        ("name", "张", "*"),
        ("name", "  ", ""),
        ("phone", "13812345678", "138****5678"),
        ("phone", "+86 138-1234-5678", "138****5678"),
        ("phone", "１３８１２３４５６７８", "138****5678"),
        ("phone", "0532-88881234", "0532-****1234"),
        ("phone", "01088881234", "010-****1234"),
        ("phone", "0536-8881234", "0536-***1234"),
        ("phone", "88881234", "****1234"),
        ("phone", "110", "***"),
        ("account_number", "3702001234567", "*********4567"),
        ("account_number", "123", "****"),
        ("id_number", "11010519491231002X", "110*************2X"),
        ("address", "山东省青岛市市南区香港中路12号3单元501室", "山东省青岛市市南区香港中路****"),
        ("address", "青岛市李沧区8号路15号甲", "青岛市李沧区8号路****"),
        ("address", "济南市历下区经十路20000号", "济南市历下区经十路****"),
        ("address", "幸福小区三号楼二单元", "幸福小区****"),
        ("address", "王家庄村8号", "王家庄村****"),
        ("address", "香港中路海天大酒店", "香港中路****"),
        ("address", "某处", "某****"),
        (
            "note",
            "客户张三电话13812345678，身份证11010519491231002X",
            "客户张三电话138****5678，身份证110*************2X",
        ),
    ],
)
def test_mask_of_each_classification(classification: str, value: str, shown: str) -> None:
    assert mask(classification, value) == shown


@pytest.mark.parametrize("value", ["x", "1", "🙂", "路", "号", "12", "\u200d", "a" * 10_000, "１" * 50])
@pytest.mark.parametrize("classification", ["name", "phone", "address", "account_number", "id_number", "note"])
def test_odd_values_are_masked_without_an_error(classification: str, value: str) -> None:
    assert isinstance(mask(classification, value), str)


def test_nothing_masks_to_nothing_and_unknown_classes_are_an_error() -> None:
    assert mask("phone", None) == mask("name", "") == ""
    with pytest.raises(ValueError, match="unknown classification"):
        mask("colour", "x")


def test_redaction_leaves_ordinary_numbers_alone() -> None:
    text = "request 1234567890 at 1700000000123 took 12.345 ms, order 20260928000123, count 13812"
    assert redact(text) == text
    assert redact("致电 0532-88881234 或 138 1234 5678") == "致电 0532-****1234 或 138****5678"
    assert redact("card 6222020200112233445") == "card ***************3445"


def logged(*args: object, **kwargs: object) -> str:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter("%(message)s %(caller)s", defaults={"caller": ""}))
    handler.addFilter(RedactingFilter())
    logger = logging.Logger("test")
    logger.addHandler(handler)
    logger.error(*args, **kwargs)  # type: ignore[arg-type]
    return stream.getvalue()


def test_log_files_hold_no_phone_numbers() -> None:
    assert "138****5678" in logged("call to %s failed", "13812345678")
    assert "138****5678" in logged("x", extra={"caller": "13812345678"})
    assert "13812345678" not in logged("wrong %d arguments %s", "13812345678")
    try:
        raise ValueError("no customer with 13812345678")
    except ValueError:
        text = logged("lookup failed", exc_info=True)
    assert "Traceback" in text and "138****5678" in text and "13812345678" not in text
