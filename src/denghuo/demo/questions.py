"""What people asked the base in the past weeks: through the public search, the robot's and the desk's, with what came of
it, so that the pages of the learning loop have something to show."""

from __future__ import annotations

import datetime as dt
import random
from typing import Final

from denghuo.apps.knowledge.actions.asking import note_chosen, note_result
from denghuo.apps.knowledge.learning.frozen import shipped
from denghuo.apps.knowledge.learning.gathering import gather, group
from denghuo.apps.knowledge.models import StandardQuestion
from denghuo.apps.knowledge.searching import ask
from denghuo.core import moment
from denghuo.core.actors import Actor
from denghuo.core.scoping.models import OrgKind, OrgUnit

DAYS: Final = 21
ASKED: Final = 45
#: questions nobody answers, questions put in unusual words, questions in the words of the base
MIX: Final = (0.4, 0.12, 0.48)
RECENT: Final = 0.6  # asked in the last two days, which the nightly grouping looks at
#: questions the shipped base does not answer, each asked in several ways
UNKNOWN: Final = (
    ("电动三轮车的电瓶能不能在楼道里充电", "电动三轮车电瓶可以在楼道充电吗", "楼道里给电动三轮车电瓶充电行不行"),
    ("你们收旧空调吗以旧换新怎么弄", "旧空调以旧换新在哪登记", "空调以旧换新补贴怎么领"),
    ("共享充电宝押金退不了怎么办", "共享充电宝押金怎么退", "充电宝一直扣钱押金也不退"),
    ("家里想装电梯要单独装一块电表吗", "老楼加装电梯的电表怎么申请", "加装电梯用电谁来出钱"),
    ("直播卖货的工作室用电算什么价", "在家开网店直播用电按什么电价"),
    ("路灯坏了几天不亮归不归你们管", "小区路灯不亮了找谁", "门口路灯坏了你们修吗"),
)
BY: Final = (("customer", "web"), ("customer", "web"), ("bot", "web_chat"), ("bot", "wechat"), ("agent", "voice"))


def build(seed: int, asked: int = ASKED) -> int:
    """Ask ``asked`` questions over the last weeks and tell what came of them; gives how many. The same seed asks the
    same."""
    dice = random.Random(seed)
    places = list(OrgUnit.objects.filter(kind=OrgKind.COUNTY).order_by("path")) or [None]
    unknown = [text for group_ in UNKNOWN for text in group_]
    hard = [case["text"] for case in shipped() if case["code"]]
    known = [
        dice.choice(row.questions) for row in StandardQuestion.objects.filter(active=True, public=True).order_by("pk")
    ]
    actor = Actor.system("demo")
    for _n in range(asked):
        text = dice.choice(dice.choices((unknown, hard, known), MIX)[0])
        back = dice.uniform(0.1, 2.5) if dice.random() < RECENT else dice.uniform(2.5, DAYS)
        by, channel = dice.choice(BY)
        at = moment.now() - dt.timedelta(days=back)
        reply = ask(text, org=dice.choice(places), by=by, channel=channel, public_only=by != "agent", at=at)
        if reply.asked_id is not None:
            _afterwards(actor, reply.asked_id, [hit.entry.pk for hit in reply.hits], reply.outcome, by, dice)
    gather(actor)
    group(actor)
    return asked


def _afterwards(actor: Actor, asked_id: int, shown: list[int], outcome: str, by: str, dice: random.Random) -> None:
    """Take a choice, say whether it helped, go on to a person: as people do, not always."""
    if outcome == "choices" and shown and dice.random() < 0.6:
        note_chosen(actor, asked_id, dice.choice(shown[:2]))
    if outcome != "refuse" and dice.random() < 0.45:
        note_result(actor, asked_id, solved=dice.random() < 0.78)
    if by == "bot" and dice.random() < (0.6 if outcome == "refuse" else 0.12):
        note_result(actor, asked_id, transferred=True, dissatisfied=dice.random() < 0.15 or None)
