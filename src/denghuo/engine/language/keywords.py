"""Key words of texts: of one by which words hold it together (TextRank with a start), of many by which are rarer elsewhere (TF-IDF).

Words of the trade are kept whole ("低电压", "漏电保护器") before a general dictionary cuts the rest.
Mihalcea & Tarau (2004), TextRank; Florescu & Caragea (2017), PositionRank; Spärck Jones (1972), inverse document frequency.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Final

from denghuo.engine.language.features import words as cut
from denghuo.engine.language.words import dictionary, normalise

#: words that carry no matter
STOP: Final = frozenset(
    [
        "的",
        "了",
        "是",
        "我",
        "你",
        "他",
        "她",
        "它",
        "们",
        "我们",
        "你们",
        "他们",
        "我家",
        "这",
        "那",
        "这个",
        "那个",
        "这里",
        "那里",
        "哪里",
        "哪",
        "什么",
        "怎么",
        "怎么办",
        "为什么",
        "多少",
        "几",
        "吗",
        "呢",
        "啊",
        "吧",
        "呀",
        "哦",
        "嗯",
        "就",
        "都",
        "也",
        "还",
        "又",
        "再",
        "很",
        "太",
        "没",
        "没有",
        "不",
        "不是",
        "有",
        "在",
        "到",
        "从",
        "把",
        "被",
        "给",
        "让",
        "跟",
        "和",
        "与",
        "及",
        "或",
        "而",
        "但",
        "但是",
        "因为",
        "所以",
        "如果",
        "一个",
        "一下",
        "一直",
        "已经",
        "现在",
        "今天",
        "昨天",
        "明天",
        "刚才",
        "时候",
        "可以",
        "能",
        "能不能",
        "会",
        "要",
        "想",
        "请",
        "请问",
        "麻烦",
        "帮",
        "帮我",
        "谢谢",
        "你好",
        "您好",
        "您",
        "说",
        "问",
        "知道",
        "觉得",
        "来",
        "去",
        "上",
        "下",
        "里",
        "外",
        "中",
        "个",
        "次",
        "点",
        "天",
        "小时",
        "分钟",
        "年",
        "月",
        "日",
        "号",
        "家里",
        "家",
        "人",
        "用",
        "做",
        "办",
        "东西",
        "事",
        "情况",
        "问题",
        "需要",
        "应该",
        "还是",
        "这么",
        "那么",
        "只",
        "才",
        "对",
        "好",
        "多",
        "少",
        "大",
        "小",
        "过",
        "着",
        "得",
        "地",
        "之",
        "等",
        "吧",
        "呗",
        "啥",
        "咋",
        "自己",
        "别人",
        "还有",
        "然后",
        "就是",
        "怎样",
        "如何",
    ]
)
_CHINESE: Final = re.compile(r"[\u4e00-\u9fffa-z]")
DAMPING: Final = 0.5
TRADE: Final = 1.5
WINDOW: Final = 4


@cache
def _trade() -> re.Pattern[str]:
    return re.compile("|".join(map(re.escape, sorted((w for w in dictionary() if len(w) > 1), key=len, reverse=True))))


def matter(text: str) -> list[str]:
    """The words of ``text`` that carry matter, in order; a wording of the trade as the trade's word for it."""
    found: list[str] = []
    plain, at = normalise(text), 0
    for match in _trade().finditer(plain):
        found += _content(plain[at : match.start()])
        found.append(dictionary()[match[0]])
        at = match.end()
    return found + _content(plain[at:])


def _content(text: str) -> list[str]:
    return [w for w in cut(text) if len(w) > 1 and w not in STOP and _CHINESE.search(w)]


def keywords(text: str, *, limit: int = 5) -> list[tuple[str, float]]:
    """Key words of one text with their weight (the highest is 1), by TextRank over words at most four apart."""
    order = matter(text)
    edges: dict[str, Counter[str]] = defaultdict(Counter)
    for at, word in enumerate(order):
        for other in order[at + 1 : at + WINDOW]:
            if other != word:
                edges[word][other] += 1
                edges[other][word] += 1
    if not order:
        return []
    # where the walk starts: what is said first and words of the trade weigh more (PositionRank, Florescu 2017)
    trade = set(dictionary().values())
    start: dict[str, float] = defaultdict(float)
    for at, word in enumerate(order):
        start[word] += (TRADE if word in trade else 1.0) / (1 + at / 4)
    mean = sum(start.values()) / len(start)
    score = {word: value / mean for word, value in start.items()}
    prior = dict(score)
    out = {word: sum(edges[word].values()) for word in score}
    for _step in range(30):
        score = {
            word: (1 - DAMPING) * prior[word]
            + DAMPING * sum(score[other] * n / out[other] for other, n in edges[word].items())
            for word in score
        }
    top = max(score.values())
    ranked = sorted(score.items(), key=lambda item: (-item[1], order.index(item[0])))
    return [(word, round(value / top, 4)) for word, value in ranked[:limit]]


def typical(texts: Sequence[str], others: Iterable[str], *, limit: int = 5) -> list[tuple[str, float]]:
    """Words typical of ``texts`` against ``others``: share of texts that hold a word times its rarity in all."""
    inside: Counter[str] = Counter()
    for text in texts:
        inside.update(set(matter(text)))
    everywhere, size = Counter(inside), len(texts)
    for text in others:
        everywhere.update(set(matter(text)))
        size += 1
    weight = {
        word: count / max(1, len(texts)) * (math.log((1 + size) / (1 + everywhere[word])) + 0.1)
        for word, count in inside.items()
    }
    return [(w, round(v, 4)) for w, v in sorted(weight.items(), key=lambda item: (-item[1], item[0]))[:limit]]
