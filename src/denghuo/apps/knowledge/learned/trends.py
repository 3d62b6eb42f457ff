"""What is asked and reported more than before, week by week, from questions put to the base and texts of requests."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from django.db.models import Q
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from denghuo.apps.knowledge.choices import AskedBy
from denghuo.apps.knowledge.models import Asked
from denghuo.apps.knowledge.queries import VIEW
from denghuo.core import moment, policies
from denghuo.core.actors import Actor
from denghuo.engine.language import topics
from denghuo.engine.language.keywords import matter
from denghuo.engine.language.redaction import redact

#: words that stand in every other report, whatever it is about: where in the house, when, how much, and to whom it is said
_EVERYWHERE: Final = (
    "单元 整个 整栋 全部 所有 楼栋 楼层 几栋 栋楼 小区 邻居 我家 家里 附近 周围 这边 那边 那里 左右 现在 今天 昨天 昨晚 今早 早上 上午 中午"
    " 下午 晚上 凌晨 刚刚 刚才 一直 已经 目前 还是 突然 有点 有人 麻烦 谢谢 您好 你好 请问 师傅 客户 用户 来电 反映 反馈 希望 要求 情况 时候"
    " 时间 地方 问题 一下 一点 一些 一样 部分 多户 几户 户号 地址 电话 只有 大家 这样 那样 需要 可以 知道 处理 帮忙 尽快"
)
NO_TOPIC: Final = frozenset(_EVERYWHERE.split())

Reader = Callable[[Actor, dt.datetime, int], list[tuple[dt.datetime, str]]]
#: code → its name and who reads the texts an actor may see: (actor, since, most) → (time, text), newest first
SOURCES: Final[dict[str, tuple[str | Promise, Reader]]] = {}


def register_source(code: str, label: str | Promise, reader: Reader) -> None:
    """Let texts of another app count in the trends."""
    SOURCES[code] = (label, reader)


@dataclass(frozen=True, slots=True)
class Trends:
    """``weeks`` Mondays, oldest first, the last one running; ``sizes`` texts a week; ``rises`` of the last full look at
    the newest week, with the weekly number of texts that hold the word."""

    weeks: tuple[dt.date, ...]
    sizes: tuple[int, ...]
    rises: tuple[tuple[topics.Rise, tuple[int, ...]], ...]
    cut_short: bool


def trends(actor: Actor, source: str) -> Trends:
    """Rising words among what the actor may see in ``source`` (a key of :data:`SOURCES`; empty: in all).

    Not more than policy ``knowledge.topics.most`` of the newest texts a source are read. Numbers and names are taken out
    of the texts before words are counted."""
    number = int(policies.get("knowledge.topics.weeks"))
    today = timezone.localtime(moment.now()).date()
    monday = today - dt.timedelta(days=today.weekday())
    weeks = tuple(monday - dt.timedelta(weeks=back) for back in range(number, -1, -1))
    since = timezone.make_aware(dt.datetime.combine(weeks[0], dt.time()))
    rows: list[tuple[dt.datetime, str]] = []
    most, cut_short = int(policies.get("knowledge.topics.most")), False
    for code, (_label, reader) in SOURCES.items():
        if source in ("", code):
            read = reader(actor, since, most)
            cut_short |= len(read) >= most
            rows += read
    bins: list[list[str]] = [[] for _week in weeks]
    for at, text in rows:
        place = (timezone.localtime(at).date() - weeks[0]).days // 7
        if 0 <= place < len(bins):
            bins[place].append(redact(text))
    counted = [topics.counts(texts, _matter) for texts in bins]
    past: Counter[str] = Counter()
    for found, _size in counted[:-1]:
        past.update(found)
    rises = topics.rising(
        counted[-1],
        (past, sum(size for _found, size in counted[:-1])),
        false_share=float(policies.get("knowledge.topics.false_share")),
        fewest=int(policies.get("knowledge.topics.fewest")),
    )
    return Trends(
        weeks,
        tuple(size for _found, size in counted),
        tuple((rise, tuple(found[rise.word] for found, _size in counted)) for rise in rises[:30]),
        cut_short=cut_short,
    )


def _matter(text: str) -> list[str]:
    """The words of a text that a topic can be about."""
    return [word for word in matter(text) if word not in NO_TOPIC]


def _asked(actor: Actor, since: dt.datetime, most: int) -> list[tuple[dt.datetime, str]]:
    """Questions put to the base by anybody but its editors (index ``knowledge_asked_newest``)."""
    if not actor.can_somewhere(VIEW):
        return []
    within = Q(org=None)
    for path in actor.paths_for(VIEW):
        within |= Q(org__path__startswith=path)
    rows = Asked.objects.filter(within, at__gte=since).exclude(by=AskedBy.EDITOR)
    return list(rows.order_by("-at").values_list("at", "text")[:most])


register_source("asked", _("知识提问"), _asked)
