"""Words of the simulated province: places, streets, people, numbers. None of it belongs to anybody.

*Places* are put together from words that no Chinese province, prefecture or county is called by; the map lies over
open ocean (:mod:`denghuo.demo.geography`).

*Telephone numbers* begin with 154. That mobile prefix has been given to no operator (the MIIT allotments leave out
142, 143, 154, 161, 164 and 194), so no demo can ever ring a person, yet the number has the form ``1[3-9]#########``
that the product checks. 1540 to 1547 are customers', 1549 is the staff's.

*Account numbers* have ten digits and begin with 96, which is no division code of GB/T 2260, and the digits behind
are scattered, so that one number tells nothing of the next.

*Vehicle plates* read ``溪O·I0123``: 溪 abbreviates no province, and the letters I and O are used on no plate
(GA 36-2018).
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

import numpy as np
from numpy.typing import NDArray

PROVINCE_CODE = "96"
PROVINCE = ("云溪省", "Yunxi Province")
COMPANY = ("灯火电网公司", "Denghuo Grid Company")


@dataclass(frozen=True, slots=True)
class CityName:
    name: str
    name_en: str
    counties: tuple[tuple[str, str], ...]


CITIES = (
    CityName(
        "霁州市", "Jizhou", (("映霁区", "Yingji"), ("叠澜区", "Dielan"), ("栖禾县", "Xihe"), ("眠岳县", "Mianyue"))
    ),
    CityName(
        "砚川市", "Yanchuan", (("松砚区", "Songyan"), ("墨浦区", "Mopu"), ("麦垄县", "Mailong"), ("雪篁县", "Xuehuang"))
    ),
    CityName(
        "鹭溟市", "Luming", (("听鹭区", "Tinglu"), ("拾溟区", "Shiming"), ("稻汀县", "Daoting"), ("远礁县", "Yuanjiao"))
    ),
)

RIVERS = (("云溪江", "Yunxi River"), ("霁水", "Ji River"), ("墨河", "Mo River"))
LAKE = ("映月湖", "Lake Yingyue")
SEA = ("溟海", "Ming Sea")
MOUNTAINS = ("眠岳山脉", "Mianyue Range")
EXPRESSWAYS = ("云溪环线", "霁砚高速", "砚鹭高速", "鹭霁高速")

_TOWN_FIRST = "锦澄栖映拾叠听眠泊溯棠蘅砚篁蓼汀霁岚屿皋珩"
_TOWN_SECOND = "禾川桥渡垄坪浦塘岗湾圩埠峪溪滩林"
_STREET_FIRST = "澄辉锦霞松筠蘅芷棠梨枫荻蔚岚清晏永熙朝宁和煦云帆星汉栖霞映雪听雨拾光叠翠"
_VILLAGE_FIRST = "上下前后东西南北大小新老"
_VILLAGE_SECOND = "塘垄坳埠坪湾岗浦"
_ESTATES = (
    "锦澄苑",
    "栖霞里",
    "映雪花园",
    "听雨轩",
    "松筠府",
    "云帆新村",
    "星汉家园",
    "朝宁小区",
    "和煦公寓",
    "荻花洲",
    "蘅芷园",
    "永熙佳苑",
)
_FIRMS = (
    "精工机械",
    "生鲜冷链",
    "纺织",
    "食品",
    "建材",
    "电子",
    "包装",
    "农机",
    "超市",
    "酒店",
    "药房",
    "诊所",
    "幼儿园",
    "养殖合作社",
    "碾米厂",
    "汽修",
)
_FIRM_FIRST = ("澄辉", "栖禾", "叠浪", "松砚", "岚汀", "蓼岸", "锦溯", "霁明", "棠川", "皋渡")

# Weights follow the published order of surnames roughly; they need not be exact.
_SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林郑谢罗梁宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
_COMPOUND = ("欧阳", "司马", "上官", "诸葛", "慕容", "令狐", "夏侯", "尉迟")
_GIVEN = "伟芳娜敏静秀丽强磊军洋勇艳杰娟涛明超霞平刚桂英华玉萍红梅兰建国文波辉宁凯鑫鹏宇浩然轩子涵梓怡欣雨佳琪思远志诚嘉俊峰晨曦雪莹倩颖蕾冬春秋海燕云龙飞少卿望舒清和若溪景行知言书亦安乔"
# Written rarely, typed often: these must go through every form, index and mask.
_RARE_SURNAMES = ("𠮷", "㛃", "亓", "逄", "仝", "尕", "禤")
_RARE_GIVEN = ("㛃", "𠅤", "犇", "翀", "垚", "喆", "㵘", "昇")


def people(count: int, rng: Random) -> list[str]:
    """``count`` full names of two to four characters; one in about 200 has a rare character."""
    surnames, given = list(_SURNAMES), list(_GIVEN)
    weights = [1 / (rank + 6) for rank in range(len(surnames))]
    picked = rng.choices(surnames, weights, k=count)
    first, second = rng.choices(given, k=count), rng.choices(given, k=count)
    shape = [rng.random() for _ in range(count)]
    names: list[str] = []
    for surname, a, b, luck in zip(picked, first, second, shape, strict=True):
        if luck < 0.003:
            names.append(rng.choice(_RARE_SURNAMES) + a + (b if luck < 0.002 else ""))
        elif luck < 0.005:
            names.append(surname + rng.choice(_RARE_GIVEN))
        elif luck < 0.011:
            names.append(rng.choice(_COMPOUND) + a)
        elif luck < 0.19:
            names.append(surname + a)
        else:
            names.append(surname + a + b)
    return names


def firm(rng: Random, place: str) -> str:
    """The name of an enterprise in ``place`` (a county's name without its last character)."""
    return f"{place}{rng.choice(_FIRM_FIRST)}{rng.choice(_FIRMS)}"


def scattered(count: int, seed: int, digits: int) -> NDArray[np.int64]:
    """``count`` distinct numbers of at most ``digits`` digits in random order."""
    drawn = np.random.default_rng([seed, digits]).integers(0, 10**digits, size=count + count // 8 + 64)
    _values, first = np.unique(drawn, return_index=True)
    kept: NDArray[np.int64] = drawn[np.sort(first)][:count]
    if len(kept) < count:
        raise ValueError(f"{count} distinct numbers of {digits} digits are too many")
    return kept


def account_numbers(count: int, seed: int) -> list[str]:
    """Distinct ten-digit account numbers that begin with 96."""
    return [f"{PROVINCE_CODE}{n:08d}" for n in scattered(count, seed, 8).tolist()]


def customer_phones(count: int, seed: int) -> list[str]:
    """Distinct mobile numbers 1540#######–1547#######."""
    return [f"154{n % 8}{n // 8 + (n % 8) * 1_250_000:07d}" for n in scattered(count, seed + 1, 7).tolist()]


def staff_phone(number: int) -> str:
    """The mobile number of the ``number``-th member of staff."""
    return f"1549{(number * 7_919 + 31) % 10_000_000:07d}"


def plate(number: int) -> str:
    """A vehicle plate that cannot exist."""
    return f"溪O·I{number:04d}"


def town_names(count: int, kind: str, rng: Random) -> list[str]:
    """Distinct names of sub-districts (urban) or of towns and townships."""
    found: dict[str, None] = {}
    while len(found) < count:
        word = rng.choice(_TOWN_FIRST) + rng.choice(_TOWN_SECOND)
        last = "街道" if kind == "urban" else ("镇" if len(found) < 2 or kind == "rural" else "乡")
        found[word + last] = None
    return list(found)


def street_names(count: int, rng: Random) -> list[str]:
    """Distinct names of roads, streets and lanes."""
    found: dict[str, None] = {}
    while len(found) < count:
        start = 2 * rng.randrange(len(_STREET_FIRST) // 2)
        middle = rng.choice(("", "", "东", "西", "南", "北", "中"))
        found[_STREET_FIRST[start : start + 2] + middle + rng.choice(("路", "路", "街", "大道", "巷"))] = None
    return list(found)


def village_names(count: int, rng: Random) -> list[str]:
    """Distinct names of villages."""
    found: dict[str, None] = {}
    while len(found) < count:
        found[rng.choice(_VILLAGE_FIRST) + rng.choice(_TOWN_FIRST) + rng.choice(_VILLAGE_SECOND) + "村"] = None
    return list(found)


def estate_name(rng: Random) -> str:
    """The name of a housing estate."""
    return rng.choice(_ESTATES)
