"""Questions as customers put them, with the facts they must be told; what must be asked first; what must be refused."""

from __future__ import annotations

import pytest

from denghuo.apps.knowledge.graph.queries import answer
from denghuo.apps.knowledge.models import GraphEntity

pytestmark = pytest.mark.django_db

#: question, kind of statement, codes of entities among its facts
ANSWERED = [
    ("北京居民过户要什么材料", "needs", {"m.id", "m.property", "m.number"}),
    ("买的二手房电表过到我名下要带什么", "needs", {"m.id", "m.property"}),
    ("更名需要什么证件", "needs", {"m.id"}),
    ("公司改名了要准备什么材料", "needs", {"m.id", "m.rename-proof"}),
    ("居民新装要哪些资料", "needs", {"m.id", "m.pledge"}),
    ("高压报装要什么材料", "needs", {"m.licence", "m.devices"}),
    ("充电桩报装需要什么手续", "needs", {"m.parking", "m.estate-consent"}),
    ("装光伏要提供什么", "needs", {"m.filing"}),
    ("一户多人口要带什么", "needs", {"m.household"}),
    ("销户需要什么材料", "needs", {"m.id", "m.number"}),
    ("家电损坏赔偿要准备什么", "needs", {"m.purchase-proof", "m.witness"}),
    ("校表需要什么资料", "needs", {"m.id", "m.number"}),
    ("企业开电费发票要什么资料", "needs", {"m.invoice-data"}),
    ("高压新装多久", "limited_by", {"l.22wd", "l.32wd"}),
    ("居民新装几天能通电", "limited_by", {"l.5wd-all"}),
    ("个人家里新装电表要多久", "limited_by", {"l.5wd-all"}),
    ("低压非居民新装要几天", "limited_by", {"l.6wd", "l.15wd-works"}),
    ("开店接电多久", "limited_by", {"l.6wd"}),
    ("校表多少天出结果", "limited_by", {"l.meter-5wd"}),
    ("过户要多长时间", "limited_by", {"l.1wd"}),
    ("更名几天能办好", "limited_by", {"l.1wd"}),
    ("居民增容要多久", "limited_by", {"l.5wd-all"}),
    ("企业低压增容要多久", "limited_by", {"l.6wd"}),
    ("企业高压增容要几天", "limited_by", {"l.22wd", "l.32wd"}),
    ("交完电费多久来电", "limited_by", {"l.reconnect-24h", "l.reconnect-12h"}),
    ("欠费多少天会停电", "limited_by", {"l.arrears-30d"}),
    ("计划停电提前几天通知", "limited_by", {"l.notice-7d"}),
    ("临时检修提前多久通知", "limited_by", {"l.notice-24h"}),
    ("农村报修多久到", "limited_by", {"l.arrive-90"}),
    ("城里报修多长时间到现场", "limited_by", {"l.arrive-45"}),
    ("投诉多久答复", "limited_by", {"l.complaint-5wd", "l.contact-24h"}),
    ("江苏投诉多少天答复", "limited_by", {"l.complaint-4wd"}),
    ("举报窃电多久有结果", "limited_by", {"l.report-9wd"}),
    ("家里电器烧坏了几天内要申请赔偿", "limited_by", {"l.claim-7d"}),
    ("抄表数据异常几天核实", "limited_by", {"l.data-5wd"}),
    ("江苏开通峰谷后多久能变更", "limited_by", {"l.tou-year"}),
    ("居民供电方案多少天答复", "limited_by", {"l.plan-3"}),
    ("校表收费吗", "charged", {"f.meter-refundable"}),
    ("大连校表多少钱", "charged", {"f.dalian-70"}),
    ("居民违约金怎么算", "charged", {"f.late-resident", "f.late-min"}),
    ("企业电费违约金多少钱", "charged", {"f.late-other", "f.late-cross"}),
    ("家电烧了怎么赔", "charged", {"f.full", "f.depreciated"}),
    ("小微企业报装收费吗", "charged", {"f.zero-invest"}),
    ("装充电桩收钱吗", "charged", {"f.free", "f.user-side"}),
    ("更名收费吗", "charged", {"f.free"}),
    ("过户在哪办", "handled_at", {"c.app", "c.hall"}),
    ("投诉打哪个渠道", "handled_at", {"c.hotline", "c.12398"}),
    ("缴费有哪些渠道", "handled_at", {"c.alipay", "c.wechat"}),
    ("高压新装流程", "has_step", {"s.apply", "s.plan", "s.works", "s.energise"}),
    ("光伏并网有哪些环节", "has_step", {"s.acceptance"}),
    ("过户有什么条件", "requires", {"k.settled", "k.owner-change"}),
    ("暂停用电要满足什么条件", "requires", {"k.capacity-charge"}),
    ("哪些情况可以申请家电损坏赔偿", "caused_by", {"x.neutral-broken", "x.hv-fall"}),
    ("欠费停电的法律依据是什么", "governed_by", {"cl.art39"}),
    ("家里电压正常范围是多少", "has_limit", {"l.v220"}),
    ("三相电压的偏差标准", "has_limit", {"l.v380"}),
    ("农村供电可靠率是多少", "has_limit", {"l.rel-rural"}),
    ("低保在北京有多少度电免费", "has_limit", {"l.free-15"}),
    ("冰箱赔偿按几年寿命算", "has_limit", {"l.life-12"}),
]
#: question, the amounts that must be said
PRICES = [
    ("浙江峰谷第二档多少钱", ("0.618", "0.338")),
    ("杭州居民第一档电价是多少", ("0.538",)),
    ("北京第二档多少钱一度", ("0.5383", "0.5283")),
    ("北京不满1千伏第三档多少钱", ("0.7883",)),
    ("北京合表电价多少钱", ("0.5103", "0.5003")),
    ("江苏谷电多少钱一度", ("0.3583", "0.5583")),
    ("湛江第三档多少钱", ("0.9002",)),
    ("浙江合表一度电多少钱", ("0.558",)),
    ("江苏峰谷几点到几点", ("8:00～21:00",)),
    ("北京第二档是多少度", ("241～400",)),
    ("广东第二档多少度", ("261～600", "201～400")),
]
#: question, what must be asked first
ASKED_BACK = [
    ("新装要多久", "customer"),
    ("企业新装要多久", "voltage"),
    ("增容多久", "customer"),
    ("企业增容多久", "voltage"),
    ("第二档多少钱", "place"),
    ("峰谷电价多少钱一度", "place"),
    ("广东第一档多少钱", "city"),
    ("违约金怎么算", "customer"),
    ("低保有多少度免费电量", "place"),
]
REFUSED = ["上海第二档多少钱", "广州一度电多少钱", "北京峰谷第一档多少钱", "江苏第一档电价多少钱"]
NOT_OURS = ["你好", "我要投诉你们的态度太差了", "今天天气怎么样", "帮我转人工", "停电了", "我家地址是哪里", ""]


@pytest.mark.parametrize(("question", "kind", "codes"), ANSWERED)
def test_customer_is_told_the_facts(question: str, kind: str, codes: set[str]) -> None:
    found = answer(question)
    assert found is not None
    assert (found.outcome, found.kind) == ("answer", kind), found.sentence
    told = set(
        GraphEntity.objects.filter(pk__in=[fact.value_id for fact in found.facts]).values_list("code", flat=True)
    )
    assert codes <= told, found.sentence
    assert all(fact.source and fact.trust for fact in found.facts)
    assert all(fact.text in found.sentence for fact in found.facts)


@pytest.mark.parametrize(("question", "amounts"), PRICES)
def test_price_is_told_for_the_place_named(question: str, amounts: tuple[str, ...]) -> None:
    found = answer(question)
    assert found is not None
    assert found.outcome == "answer", found.sentence
    assert [one for one in amounts if one not in found.sentence] == []


@pytest.mark.parametrize(("question", "missing"), ASKED_BACK)
def test_what_decides_the_answer_is_asked_first(question: str, missing: str) -> None:
    found = answer(question)
    assert found is not None
    assert (found.outcome, found.missing) == ("ask", (missing,)), found.sentence
    assert found.facts == ()


@pytest.mark.parametrize("question", REFUSED)
def test_price_of_a_place_without_source_is_refused(question: str) -> None:
    found = answer(question)
    assert found is not None
    assert (found.outcome, found.facts) == ("none", ()), found.sentence


@pytest.mark.parametrize("question", NOT_OURS)
def test_other_talk_is_left_to_others(question: str) -> None:
    assert answer(question) is None


def test_set_is_large_enough_to_say_something() -> None:
    assert len(ANSWERED) + len(PRICES) + len(ASKED_BACK) + len(REFUSED) >= 60
