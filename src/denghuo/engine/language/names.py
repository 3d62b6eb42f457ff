"""Names of persons, where something says that a name follows or stands before: "我姓王", "户主李建国", "张师傅"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_SINGLE: Final = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高梁郑谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付傅方白邹"
    "孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤常温康施文牛樊葛邢安齐易乔伍庞颜倪庄聂章鲁岳翟殷詹申欧耿关兰焦俞左柳甘祝包宁尚"
    "符舒阮柯纪梅童凌毕单季裴霍涂成苗谷盛曲翁冉骆蓝路游辛靳管柴蒙鲍华喻祁蒲房滕屈饶解牟艾尤阳时穆农司卓古吉缪简车项连芦麦褚娄窦戚岑景党宫费卜冷晏"
    "席卫米柏宗瞿桂全佟应臧闵苟邬边卞姬师和仇栾隋商刁沙荣巫寇桑郎甄丛仲虞敖巩明佘池查麻苑迟邝官封谈匡鞠惠荆乐冀郁胥南班储原栗燕楚鄢扈"
)
_DOUBLE: Final = (
    "欧阳|上官|司马|诸葛|东方|皇甫|尉迟|公孙|慕容|令狐|司徒|端木|夏侯|轩辕|长孙|宇文|独孤|南宫|闻人|申屠|太史|淳于"
)
SURNAME: Final = rf"(?:{_DOUBLE}|[{_SINGLE}])"
_TITLES: Final = (
    "先生|女士|小姐|太太|师傅|阿姨|大爷|大妈|大哥|大姐|老师|奶奶|爷爷|叔叔|同志|经理|医生|老板|主任|所长|队长"
)
_HAN: Final = "[\u4e00-\u9fff]"
#: characters that do not stand in a given name but do right behind a name
_NOT_GIVEN: Final = frozenset(
    "的是在电话号家住手机，。,.;；!！?？、 \n了吗呢吧啊呀哦哈我你他她您这那就都不没有和跟与或打报要想请给被把到来去联系户地址身份证名下：:（）()0123456789"
)
_CUE: Final = re.compile(
    r"(我姓|本人姓|免贵姓|(?<![\u4e00-\u9fff])姓|(?<=[室号栋])姓|姓名(?:是|为|叫)?[:：]?\s*|户名(?:是|为|叫)?[:：]?\s*|户主(?:名字|姓名)?(?:是|叫|为)?[:：]?\s*|联系人(?:是|叫|为|姓名)?[:：]?\s*"
    r"|机主(?:是|叫)?[:：]?\s*|报修人(?:是|叫)?[:：]?\s*|(?:申请|报装|登记|预约|反映)人(?:是|叫)?[:：]?\s*|本人(?="
    + SURNAME
    + r"[\u4e00-\u9fff]{1,2}[，,。 ])|名字(?:是|叫)\s*|我叫|本人叫|叫做|大名叫|我是户主|我是(?="
    + SURNAME
    + r")"
    r"|找(?:一下|下)?(?="
    + SURNAME
    + r")|(?:过户|更名)(?:给|到|成)|(?:身份证|房产证)上?(?:是|写的是|叫)|(?:爱人|老公|老婆|母亲|父亲|妈妈|爸爸|妈|爸|儿子|女儿|房东|租客)(?:是|叫|姓)|(?<=[，, ])(?:他|她)叫)"
)
_TITLED: Final = re.compile(rf"({SURNAME}{_HAN}{{0,2}}?)(?=(?:{_TITLES}))")
#: a name on its own right before a number: "范冰，139…"
_BEFORE_NUMBER: Final = re.compile(rf"(?:^|(?<=[，,。 ]))({SURNAME}{_HAN}{{1,2}})(?=[，, ]+[0-9]{{10,}})")


@dataclass(frozen=True, slots=True)
class Name:
    """A name, or a surname alone, at [start, end)."""

    text: str
    start: int
    end: int
    sure: float


def find_names(text: str) -> list[Name]:
    """Names in ``text``: after a word that announces one, or before a form of address. In order, without overlap."""
    found: list[Name] = []
    for cue in _CUE.finditer(text):
        found += _after(text, cue)
    for match in _BEFORE_NUMBER.finditer(text):
        if _given(match[1]) and not any(one.start < match.end(1) and match.start(1) < one.end for one in found):
            found.append(Name(match[1], *match.span(1), 0.8))
    for match in _TITLED.finditer(text):
        start, end = match.span(1)
        before = text[:start][-1:]
        if any(one.start < end and start < one.end for one in found) or (len(match[1]) > 1 and not _given(match[1])):
            continue
        if before and before not in _NOT_GIVEN and len(match[1]) == 1 and re.match(_HAN, before):
            continue
        found.append(Name(match[1], start, end, 0.85))
    return sorted(found, key=lambda one: one.start)


def _after(text: str, cue: re.Match[str]) -> list[Name]:
    start = cue.end()
    surname = re.compile(SURNAME).match(text, start)
    if surname is None:
        return []
    only = cue[1].endswith("姓")
    end = surname.end()
    for _step in range(2):
        if end < len(text) and re.match(_HAN, text[end]) and text[end] not in _NOT_GIVEN and not _ends_name(text, end):
            end += 1
        else:
            break
    name = text[start:end]
    if only:
        tail = text[end : end + 1]
        # "我姓王家里停电": the surname alone unless the name ends a clause
        if not (len(name) > 1 and (not tail or tail in _NOT_GIVEN)):
            name, end = surname[0], surname.end()
    elif len(name) < 2:
        return []
    weak = cue[1].startswith(("我是", "找", "过户", "更名", "身份证", "房产证"))
    if weak and text[end : end + 1] and text[end] not in "，。,.;；!！?？、 的（电家手户住":
        return []
    return [Name(name, start, end, 0.7 if weak else 0.93)]


def _ends_name(text: str, at: int) -> bool:
    return (
        re.compile(
            rf"(?:{_TITLES}|电话|手机|住|家|户号|地址|现在|今天|刚才|昨|反映|反应|报修|投诉|咨询|小区|停电|说|之前|已经|本人|身份)"
        ).match(text, at)
        is not None
    )


def _given(name: str) -> bool:
    return all(c not in _NOT_GIVEN for c in name[1:])
