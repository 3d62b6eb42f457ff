"""Addresses in running speech: by their grammar (province … room) and by known names of places.

A street, community or village with its own name, or two parts that follow one another, make an address; "三栋二单元"
alone is the end of one and less sure. Generic words ("小区", "线路", "农村") are not places.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

_HAN: Final = "\u4e00-\u9fff"
#: suffixes that follow a name, with how sure one alone makes an address
_NAMED: Final = {
    "省": 0.6, "自治区": 0.7, "市": 0.5, "区": 0.5, "县": 0.5, "旗": 0.3, "镇": 0.7, "乡": 0.6, "街道": 0.7, "村": 0.7, "屯": 0.7, "庄": 0.6,
    "社区": 0.8, "小区": 0.9, "花园": 0.9, "家园": 0.9, "公寓": 0.85, "大厦": 0.85, "广场": 0.7, "新村": 0.9, "新城": 0.8, "嘉园": 0.9, "名苑": 0.9,
    "苑": 0.8, "花苑": 0.9, "雅苑": 0.9, "华庭": 0.9, "华府": 0.9, "名都": 0.8, "公馆": 0.85, "山庄": 0.85, "别墅": 0.6, "小镇": 0.7, "豪庭": 0.9,
    "路": 0.75, "街": 0.7, "大街": 0.8, "大道": 0.85, "巷": 0.8, "弄": 0.6, "胡同": 0.85, "里": 0.0, "坊": 0.5, "湾": 0.5, "城": 0.4, "府": 0.5,
    "市场": 0.6, "工业园": 0.8, "开发区": 0.8, "产业园": 0.85, "园区": 0.6, "学校": 0.6, "小学": 0.75, "中学": 0.75, "医院": 0.7, "宿舍": 0.5, "家属院": 0.85,
    "家属楼": 0.8, "商场": 0.5, "商业街": 0.6, "步行街": 0.6, "国际": 0.4, "中心": 0.3, "大院": 0.6, "生产队": 0.6, "农场": 0.7, "林场": 0.7, "码头": 0.6,
}  # fmt: skip
_NUMBERED: Final = r"(?:[0-9A-Za-z甲乙丙丁东西南北中]{1,5}(?:号楼|号院|号弄|号|栋|幢|座|单元|门洞|层|楼|室|户|弄|巷|组|社|队|排|期|区|门面|商铺)|[0-9]{1,4}(?:-[0-9]{1,4}){1,3}(?:室|号)?|附[0-9]{1,3}号|[东西南北中][户侧边]|[东西南北中]单元)"
_NAME: Final = re.compile(rf"[{_HAN}A-Za-z0-9]{{1,10}}?(?:" + "|".join(sorted(_NAMED, key=len, reverse=True)) + ")")
_SUFFIX: Final = re.compile("|".join(sorted(_NAMED, key=len, reverse=True)))
_NUMBER: Final = re.compile(_NUMBERED)
_HOUSE: Final = re.compile(
    r"(?:[0-9A-Za-z]{1,5}(?:号楼|号院|号|栋|幢|座|单元|楼|层|室|组|弄)(?!线|路|街|桥))+|^[0-9]+(?=[^0-9路街巷纬经]{2})"
)
_TAIL_ROOM: Final = re.compile(r"(?:(?<=单元)|(?<=号楼)|(?<=[栋幢座楼层]))[0-9]{2,4}(?![0-9点度元块月年天个分小秒%])")
#: an address that is announced runs to the end of the clause
_CUED: Final = re.compile(r"(?:地址|住址)(?:就|应该)?(?:是|在|为|[:：])(?:是|在|位于)?([^，。；！？,;!?\n]{4,48})")
_GAP: Final = re.compile(r"[ ,，、的]?")
#: what comes before a place and belongs to the sentence
_LEAD: Final = re.compile(
    r"^.*(?:住在?|在|位于|地址(?:是|为|在)?[:：]?|地点(?:是|在)?[:：]?|就是|我是|这(?:里|儿|边)是|到|去|来自|从|把|请|给|跟|离|靠近|旁边|我们(?:家)?(?:这|这里|这儿)?|我家|俺家|咱家?|我们|你们|他们|你好|您好|你|我|他|她|那个|这个|有个|有一?1?个|整个|全|刚才|现在|今天|昨天|昨晚|今早|今晚|因为|所以|但是|和|及|与|呀|啊|呢|吧|嗯|了|着|位置|[：:])(?!平|谐|顺|睦|美|兴)"
)
_GENERIC: Final = frozenset(
    [
        "我们",
        "你们",
        "他们",
        "这个",
        "那个",
        "哪个",
        "整个",
        "全",
        "本",
        "老",
        "新",
        "旧",
        "农",
        "乡",
        "城",
        "超",
        "夜",
        "菜",
        "地",
        "市",
        "台",
        "线",
        "电",
        "短",
        "断",
        "一",
        "二",
        "三",
        "两",
        "几",
        "好几",
        "半",
        "各",
        "每",
        "每个",
        "该",
        "同",
        "某",
        "多",
        "别的",
        "其他",
        "附近",
        "隔壁",
        "旁边",
        "对面",
        "周围",
        "这",
        "那",
        "哪",
        "家",
        "屋",
        "夜",
        "心",
        "手",
        "小",
        "大",
        "整",
        "同一个",
        "变压器",
        "供电",
        "输电",
        "回",
        "网",
        "马",
        "走",
        "铁",
        "公",
        "高速公",
        "道",
        "思",
        "出",
        "顺",
        "半",
        "后",
        "上",
        "下",
        "里",
        "外",
        "街",
        "逛",
        "社",
        "校",
        "片",
        "辖",
        "全",
        "全市",
        "本市",
        "我市",
        "全省",
        "本省",
        "全县",
        "地",
        "山",
        "景",
        "市",
        "郊",
        "灾",
        "雨",
        "高峰",
        "数据",
        "服务",
        "客服",
        "呼叫",
        "客户服务",
        "供电服务",
        "购物",
        "活动",
        "居委",
        "村委",
        "进",
        "支",
        "干",
        "主干",
        "主",
        "负荷",
        "配电",
        "家用",
        "接户",
        "进户",
        "高压",
        "低压",
        "一条",
        "那条",
        "这条",
        "整条",
        "满",
        "楼道",
        "这栋",
        "那栋",
        "几",
        "检修",
        "抢修",
        "带电",
        "国家电",
        "相",
        "故障",
        "停电",
        "限电",
        "有些",
        "有的",
        "很多",
        "许多",
        "不少",
        "哪里的",
        "小",
        "住宅",
        "居民",
        "高档",
        "老旧",
        "本地",
        "外地",
        "同",
        "我",
        "你",
        "他",
        "她",
        "政",
        "官",
        "菜",
        "大",
        "二手",
        "人才",
        "劳动力",
        "公",
        "医",
        "省",
        "全国",
        "全世界",
        "学",
        "中",
        "小",
        "上",
        "放",
        "电力",
        "电视",
        "贵",
        "没",
    ]
)
_BAD_INSIDE: Final = re.compile(
    r"[掉吗呢吧啊了么的得着过什怎没不说问想要停断坏修报交费]|电话|户号|姓名|小时|分钟|师傅|电工|电表|空调|家里|我家|邻居|哪"
)


@dataclass(frozen=True, slots=True)
class Address:
    """An address at [start, end) of the text."""

    text: str
    start: int
    end: int
    sure: float


@dataclass(frozen=True, slots=True)
class _Part:
    start: int
    end: int
    sure: float
    named: bool


def find_addresses(text: str, places: Sequence[str] = ()) -> list[Address]:
    """Addresses in ``text`` (figures, see :func:`denghuo.engine.language.spoken.plain`). ``places`` are names known to
    be places (communities, roads, villages of the service area); they need no suffix and are surest."""
    cued = [_Part(match.start(1), match.end(1), 0.9, named=True) for match in _CUED.finditer(text) if _placed(match[1])]
    parts = sorted(
        [*cued, *_known(text, tuple(places)), *_named(text), *_numbered(text)], key=lambda p: (p.start, -p.end)
    )
    found: list[Address] = []
    chain: list[_Part] = []
    for part in parts:
        if chain and part.start < chain[-1].end:
            if part.end > chain[-1].end and part.named and chain[-1].start == part.start:
                chain[-1] = part
            continue
        if chain and _GAP.fullmatch(text, chain[-1].end, part.start) is None:
            found += _address(text, chain)
            chain = []
        chain.append(part)
    return [*found, *_address(text, chain)]


def _placed(words: str) -> bool:
    """Whether what follows "地址是" looks like a place and not like a sentence."""
    return bool(_SUFFIX.search(words) or re.search(r"[0-9]+号", words)) and not re.search(
        r"什么|哪|吗|多少|不对|没有|错", words
    )


def _address(text: str, chain: list[_Part]) -> list[Address]:
    if not chain:
        return []
    named = [part for part in chain if part.named]
    numbered = len(chain) - len(named)
    if named:
        sure = 1.0
        for part in named:
            sure *= 1 - part.sure
        sure = 1 - sure * (0.5**numbered)
    else:
        first = text[chain[0].start : chain[0].end]
        house = any(word in text[chain[0].start : chain[-1].end] for word in ("栋", "幢", "单元", "号楼", "室"))
        sure = (
            0.75
            if house and len(chain) > 1
            else 0.6
            if first.endswith(("栋", "幢", "单元", "号楼")) and first[0].isdigit()
            else 0.0
        )
    if sure < 0.55:
        return []
    start, end = chain[0].start, chain[-1].end
    return [Address(text[start:end], start, end, round(min(sure, 0.98), 3))]


@lru_cache(maxsize=16)
def _pattern(places: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(map(re.escape, sorted({p for p in places if len(p) > 1}, key=len, reverse=True))))


def _known(text: str, places: tuple[str, ...]) -> list[_Part]:
    if not any(len(place) > 1 for place in places):
        return []
    return [_Part(match.start(), match.end(), 0.95, named=True) for match in _pattern(places).finditer(text)]


def _named(text: str) -> list[_Part]:
    found, at = [], 0
    while (match := _NAME.search(text, at)) is not None:
        start, end = match.span()
        while (longer := _SUFFIX.match(text, end)) is not None:  # "绿地家园" + "小区", "学府" + "路"
            end = longer.end()
        lead = _LEAD.match(text[start:end])
        # a name may itself hold such a character ("来福路"): the lead goes only when two characters of name stay
        if lead and end - (start + lead.end()) >= 2:
            start += lead.end()
        suffix = next(s for s in sorted(_NAMED, key=len, reverse=True) if text[:end].endswith(s))
        name = text[start : end - len(suffix)]
        ahead = _HOUSE.match(name)  # "12号阳光小区": the number belongs to what stands before
        name = name[ahead.end() :] if ahead else name
        start = end - len(suffix) - len(name)
        at = end
        if (
            not name
            or name in _GENERIC
            or _BAD_INSIDE.search(name)
            or (len(name) < 2 and suffix not in ("县", "镇", "乡", "村", "庄", "屯") and name not in "东西南北中")
        ):
            continue
        if text[end : end + 1] in ("费", "灯", "由", "口") and suffix in ("路",) and text[end : end + 1] != "口":
            continue
        found.append(_Part(start, end, _NAMED[suffix], named=True))
    return found


def _numbered(text: str) -> list[_Part]:
    found = []
    for pattern in (_NUMBER, _TAIL_ROOM):
        for match in pattern.finditer(text):
            if match[0][-1] in "户区" and not match[0][0].isdigit() and match[0][0] not in "东西南北中ABCDEabcde":
                continue
            if text[match.end() : match.end() + 1] in ("人", "多", "左", "点") and match[0][-1] in "户号":
                continue
            found.append(_Part(match.start(), match.end(), 0.3, named=False))
    return found
