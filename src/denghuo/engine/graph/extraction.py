"""Reading statements out of the sentences of an answer, with patterns over the names that are known.

Every proposal names its pattern and carries a confidence: the pattern's own, lowered when the thing it is about is only
the answer's topic and not said in the sentence, and when the other end is not a known name.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from denghuo.engine.graph.gazetteer import Gazetteer, Mention

_END: Final = re.compile(r"[。！？；\n]+")
_NEEDS: Final = re.compile(
    r"携带|带好|带上|带齐|带|提供|准备|持|出示|提交|凭|备齐|需要?(?=身份|房|营|购|户|授)|材料有|材料：|附"
)
_NOT_NEEDS: Final = re.compile(r"不用带|无需|不需|不必|免带|免交|带走|附近|带电|热带|一带")
_PAPER: Final = re.compile(
    r"[\u4e00-\u9fff]{2,10}?(?:证明|执照|合同|委托书|承诺书|户口簿|户口本|居住证|产权证|房产证|清单|批文|备案表|申请表)"
)
_SPLIT: Final = re.compile(r"[、，,和及与或（(）)：:]|以及")
_TIME: Final = re.compile(
    r"(?P<before>不超过|最长|一般|平均|应在|须在|需在|将在|在)?\s*"
    r"(?P<text>(?:\d+(?:\.\d+)?\s*(?:至|到|～|~|-)\s*)?(?P<value>\d+(?:\.\d+)?)\s*"
    r"(?P<unit>个工作日|工作日|个小时|小时|分钟|天|日|个月)(?P<within>以?内|之内)?)"
)
_DEADLINE: Final = re.compile(
    r"答复|办结|办理|完成|处理|核实|恢复|到达|到现场|送电|接电|联系|回复|出具|通知|公告|告知|提前|装表|开通|反馈|到账|结果|申请"
)
_NO_TIME: Final = re.compile(r"(?:逾期|欠费|已满|满|超过|购买|使用|每隔|连续|最近|近|过去|第)\s*$")
_LAW: Final = re.compile(r"按照?|依据|根据|依照|《|规定|条款|第.{1,4}条|违反")
_PLACE_TO_GO: Final = re.compile(r"到|在|通过|登录|拨打|打|可在|致电|前往|线上|使用|打开")
_ACT: Final = re.compile(
    r"办理|申请|登记|查询|查|办|报修|投诉|举报|缴|交费|绑定|反映|开具|预约|提交|选择|报装|告诉|说明|领取"
)
_FREE: Final = re.compile(r"免费|不收费|不收取(?:任何)?费用|不收任何费用|不另收费|零收费|不收钱")
_NOT_FREE: Final = re.compile(r"不(?:是)?免费|免费(?:电量|用电|基数)|是否免费|(?:有的|部分|多数|可能)免费")
_MONEY: Final = re.compile(
    r"(?:每次|每只|收取|缴纳|承担|按)?\s*(?P<text>(?:每次\s*)?(?P<value>\d+(?:\.\d+)?)\s*元(?:违约使用电费|/次|/只)?)(?!/?(?:每)?千瓦|一度|/度)"
)
#: an example, or a price of electricity
_NO_FEE: Final = re.compile(r"(?:^例|例如|比如|千瓦时|每度|一度电|峰电|谷电|价格?为?|约赔|原价)[^。]*$")
#: words that do not stand in the name of a paper
_NO_PAPER: Final = re.compile(r"的|等|能|同意|需|或|有效")
_STEPS: Final = re.compile(r"流程|环节|步骤|先|再|然后|依次|后")


@dataclass(frozen=True, slots=True)
class Proposal:
    """A statement that a sentence seems to make. ``tail`` None: a new thing of ``tail_kind`` called ``tail_name``."""

    head: int
    head_span: tuple[int, int] | None
    kind: str
    tail: int | None
    tail_kind: str
    tail_name: str
    tail_span: tuple[int, int]
    sentence: str
    pattern: str
    confidence: float


def sentences(text: str) -> list[str]:
    """The sentences of an answer, marks of Markdown taken off, at least four characters long."""
    plain = re.sub(r"[*_`#>|]+|^\s*(?:[-+]\s|\d+[.、])\s*", "", text, flags=re.M)
    return [part.strip() for part in _END.split(plain) if len(part.strip()) >= 4]


class Reader:
    """Reads sentences with the names of :class:`Gazetteer` and the kind of each thing."""

    def __init__(
        self, names: Gazetteer, kinds: Mapping[int, str], labels: Mapping[int, str], general: Collection[int] = ()
    ) -> None:
        """``general``: businesses that have parts, whose name in a sentence says little (报装, 报修)."""
        self.names, self.kinds, self.labels, self.general = names, kinds, labels, general

    def read(self, text: str, topics: Iterable[int]) -> list[Proposal]:
        """Proposals of an answer about ``topics`` (businesses, by id); each statement once, the surest sentence."""
        about = [one for one in topics if self.kinds.get(one) == "business"]
        best: dict[tuple[int, str, int | None, str], Proposal] = {}
        for sentence in sentences(text):
            for found in self.sentence(sentence, about):
                key = (found.head, found.kind, found.tail, found.tail_name)
                if key not in best or best[key].confidence < found.confidence:
                    best[key] = found
        return sorted(best.values(), key=lambda one: -one.confidence)

    def sentence(self, text: str, topics: list[int]) -> list[Proposal]:
        """Proposals of one sentence."""
        mentions = self.names.find(text)
        heads = [
            one
            for one in mentions
            if self.kinds[one.id] == "business" and (one.id not in self.general or one.id in topics or not topics)
        ]
        found: list[Proposal] = []
        for kind, tail, tail_kind, name, span, pattern, sure in (
            *self._needs(text, mentions), *self._times(text), *self._laws(text, mentions),
            *self._channels(text, mentions), *self._fees(text), *self._conditions(mentions), *self._steps(text, mentions),
        ):  # fmt: skip
            head, where, share = _head(heads, topics, span)
            if head is None:
                continue
            confidence = round(sure * share * (1.0 if tail is not None else 0.8), 3)
            found.append(Proposal(head, where, kind, tail, tail_kind, name, span, text[:500], pattern, confidence))
        return found

    def _known(self, mention: Mention) -> tuple[int, str, str, tuple[int, int]]:
        return mention.id, self.kinds[mention.id], self.labels[mention.id], (mention.start, mention.end)

    def _needs(self, text: str, mentions: list[Mention]) -> Iterable[_Found]:
        trigger = next((m for m in _NEEDS.finditer(text) if not _NOT_NEEDS.match(text, max(0, m.start() - 1))), None)
        if trigger is None or _NOT_NEEDS.search(text[max(0, trigger.start() - 2) : trigger.end() + 2]):
            return
        taken = []
        for one in mentions:
            if one.start >= trigger.start() and self.kinds[one.id] == "material":
                taken.append((one.start, one.end))
                tail, kind, name, span = self._known(one)
                yield "needs", tail, kind, name, span, "needs", 0.92
        position = trigger.end()
        for part in _SPLIT.split(text[trigger.end() :]):
            start = text.find(part, position)
            paper = _PAPER.fullmatch(part.strip())
            if paper and not _NO_PAPER.search(part) and all(start + len(part) <= s or start >= e for s, e in taken):
                yield "needs", None, "material", paper.group(), (start, start + len(part)), "needs-new", 0.8
            position = max(position, start)

    def _times(self, text: str) -> Iterable[_Found]:
        for match in _TIME.finditer(text):
            start, end = match.span("text")
            around = text[max(0, start - 16) : end + 16]
            if _NO_TIME.search(text[:start]) or not _DEADLINE.search(around):
                continue
            bound = bool(
                match["within"] or match["before"] in {"不超过", "最长", "应在", "须在", "需在", "平均", "一般"}
            )
            bound = bound or "提前" in text[max(0, start - 4) : start]
            unit = match["unit"].removeprefix("个")
            ahead = "提前 " if "提前" in text[max(0, start - 4) : start] else ""
            name = f"{ahead}{match['text']}" if match["within"] or ahead else f"{match['text']}内"
            yield "limited_by", None, "limit", name, (start, end), f"time-{unit}", 0.9 if bound else 0.55

    def _laws(self, text: str, mentions: list[Mention]) -> Iterable[_Found]:
        if not _LAW.search(text):
            return
        for one in mentions:
            if self.kinds[one.id] in {"document", "clause"}:
                tail, kind, name, span = self._known(one)
                yield "governed_by", tail, kind, name, span, "law", 0.9

    def _channels(self, text: str, mentions: list[Mention]) -> Iterable[_Found]:
        for one in mentions:
            if self.kinds[one.id] != "channel":
                continue
            near = text[max(0, one.start - 14) : one.end + 14]
            if _ACT.search(near) and _PLACE_TO_GO.search(text[: one.end + 4]):
                tail, kind, name, span = self._known(one)
                yield "handled_at", tail, kind, name, span, "channel", 0.8

    def _fees(self, text: str) -> Iterable[_Found]:
        free = _FREE.search(text)
        if free and not _NOT_FREE.search(text[max(0, free.start() - 3) : free.end() + 3]):
            tail = next((i for i in self.names.exact.get("不收费", ()) if self.kinds[i] == "fee"), None)
            yield "charged", tail, "fee", self.labels.get(tail or 0, "不收费"), free.span(), "free", 0.85
        for match in _MONEY.finditer(text):
            if _NO_FEE.search(text[: match.start("text")]):
                continue
            yield "charged", None, "fee", match["text"].strip(), match.span("text"), "money", 0.6

    def _conditions(self, mentions: list[Mention]) -> Iterable[_Found]:
        for one in mentions:
            if self.kinds[one.id] == "condition":
                tail, kind, name, span = self._known(one)
                yield "requires", tail, kind, name, span, "condition", 0.75

    def _steps(self, text: str, mentions: list[Mention]) -> Iterable[_Found]:
        steps = [one for one in mentions if self.kinds[one.id] == "step"]
        if not steps or (len(steps) < 2 and not _STEPS.search(text)):
            return
        for one in steps:
            tail, kind, name, span = self._known(one)
            yield "has_step", tail, kind, name, span, "step", 0.85 if len(steps) > 1 else 0.6


_Found = tuple[str, int | None, str, str, tuple[int, int], str, float]


def _head(
    heads: list[Mention], topics: list[int], span: tuple[int, int]
) -> tuple[int | None, tuple[int, int] | None, float]:
    """What the statement is about: the topic when the sentence names it, else the nearest business named before, else
    the only topic of the answer. A sentence about another business than the topic is less sure.
    """
    named = [one for one in heads if one.end <= span[0]] or [one for one in heads if one.start >= span[1]]
    on_topic = [one for one in named if one.id in topics]
    if on_topic:
        return on_topic[-1].id, (on_topic[-1].start, on_topic[-1].end), 1.0
    if named:
        return named[-1].id, (named[-1].start, named[-1].end), 0.8
    if len(topics) == 1:
        return topics[0], None, 0.95
    return None, None, 0.0
