"""How often an agent finds the answer: questions as customers put them, written apart from the base.

None of them stands in the base, neither as a standard nor as a similar question (the test checks). The figures are
printed (``pytest -s``).
"""

from __future__ import annotations

import pytest

from denghuo.apps.knowledge import queries
from denghuo.apps.knowledge.models import StandardQuestion

ASKED = [
    ("屋里一下子黑了，也不知道咋回事，你们来人不", "outage.report"),
    ("我刚报了修，人啥时候能来啊", "outage.arrival"),
    ("得停到几点，晚上能有电不", "outage.restore"),
    ("你们检修也不提前说，害我冰箱化了", "outage.planned-notice"),
    ("明天停不停电上哪看", "outage.where-notice"),
    ("我们村隔几天就没电，受不了了", "outage.frequent"),
    ("楼上楼下都亮就我家黑着", "outage.only-me"),
    ("闸一合就掉，是不是电器短路了", "outage.trip"),
    ("表后面那截电线坏了归你们吗", "outage.boundary"),
    ("师傅来修一趟收钱不", "outage.repair-fee"),
    ("我爸用呼吸机的，停电要出人命", "outage.life-support"),
    ("这月电钱比上月多出一倍来", "bill.too-high"),
    ("想看看我账上还剩几块钱电费", "bill.query"),
    ("你们哪天过来抄我家的表", "bill.read-day"),
    ("电费的票怎么打出来报销", "bill.invoice"),
    ("晚交了十来天电费要扣多少罚金", "bill.late-fee"),
    ("欠着电费没交啥时候给我停", "bill.cut-for-arrears"),
    ("钱都缴清了怎么还没给我通电", "bill.reconnect"),
    ("用支付宝能不能交电费啊", "pay.ways"),
    ("昨天转的电费到现在没显示", "pay.not-arrived"),
    ("我把钱充到别人户头上了", "pay.wrong-account"),
    ("卡里剩的钱不用了想退出来", "pay.refund"),
    ("能不能每个月自己从银行卡扣", "pay.auto-pay"),
    ("买完电表上要不要按一下才来电", "pay.recharge-meter"),
    ("有个短信让我点进去补电费怕是骗人的", "pay.fraud"),
    ("用多少度算第二档啊", "price.tiers"),
    ("我们这儿一度电是几毛几", "price.unit-price"),
    ("夜里用电便宜那个怎么开", "price.tou"),
    ("家里六口人电不够用能加一档吗", "price.many-people"),
    ("吃低保的人电费有照顾没", "price.low-income"),
    ("我们三家合着一个表怎么算钱", "price.shared-meter"),
    ("门面房的电咋比家里贵那么多", "price.commercial"),
    ("档位是不是元旦就清零", "price.tier-period"),
    ("盖了新房想接电都要啥材料", "connection.resident-papers"),
    ("申请装个表几天能通上电", "connection.resident-time"),
    ("开个小店接电收不收钱", "connection.low-voltage"),
    ("厂里要上变压器走啥流程", "connection.high-voltage"),
    ("我的报装申请卡在哪一步了", "connection.progress"),
    ("装中央空调电不够想加容量", "connection.capacity"),
    ("办婚宴临时用点电怎么申请", "connection.temporary"),
    ("刚买的二手房电怎么过给我", "change.transfer"),
    ("户名里把我名字打错了", "change.rename"),
    ("店不干了电表想注销", "change.close"),
    ("变压器不用了能不能报停省点基本电费", "change.pause"),
    ("装修要把电表挪到外面", "change.move-meter"),
    ("门面不做了想改回居民电价", "change.category"),
    ("搬家不知道户号是多少了", "change.account-number"),
    ("老觉得电表转得快能测一下吗", "meter.check"),
    ("验表要我出钱吗", "meter.check-fee"),
    ("表快多收的电费退不退", "meter.back-bill"),
    ("无缘无故换我家电表干什么", "meter.replace"),
    ("电表屏上一串数怎么看用多少度", "meter.read-display"),
    ("电表出来个Err-10是什么意思", "meter.error-code"),
    ("电表屏黑了看不见字", "meter.blank"),
    ("我关了总闸表还走是不是串到邻居家了", "meter.cross"),
    ("灯泡发暗电压好像不够", "quality.low-voltage"),
    ("家里量着230伏算不算正常", "quality.range"),
    ("刚才灯突然特别亮然后电视冒烟了", "quality.high-voltage-home"),
    ("来电时候把冰箱烧了你们赔不", "quality.damage"),
    ("停一天电我养的虾死光了损失算谁的", "quality.outage-loss"),
    ("灯老是一闪一闪的", "quality.flicker"),
    ("楼下那个箱变嗡嗡吵得睡不着", "quality.noise"),
    ("路边有根电线掉地上了", "safety.wire-down"),
    ("有人被电打了躺地上", "safety.shock"),
    ("电表箱往外冒烟有糊味", "safety.fire"),
    ("电线杆歪得快要倒了", "safety.pole"),
    ("大树枝顶着电线刮风就打火", "safety.tree"),
    ("屋里进水了总闸要不要拉", "safety.water"),
    ("线底下钓鱼的老乡能管一管吗", "safety.fishing"),
    ("修路挖到一根电缆怎么办", "safety.digging"),
    ("洗衣机外壳摸着麻手", "safety.leak"),
    ("屋顶光伏发的电怎么卖给你们", "energy.pv-apply"),
    ("光伏的钱三个月没打给我", "energy.pv-pay"),
    ("车位上装充电桩物业要怎么写", "energy.pile-apply"),
    ("装单独充电表一度多少钱", "energy.pile-price"),
    ("服务区充电枪拔不出来了", "energy.pile-fault"),
    ("我们这煤改电冬天有没有优惠", "energy.heating"),
    ("大棚用电按啥价", "energy.farm"),
    ("怎么用电能省点", "energy.save"),
    ("投诉上去几天能给话", "service.complaint-time"),
    ("我要说说你们那个收费员的态度", "service.complain-how"),
    ("楼下老板从电线上私接偷电", "service.report-theft"),
    ("有人在变压器上偷铜芯", "service.facility-theft"),
    ("想给抢修的师傅写封感谢信", "service.praise"),
    ("昨天报的修咋还没动静帮我催催", "service.urge"),
    ("你们处理得我不服找谁说去", "service.regulator"),
    ("把隔壁住户的电话给我呗", "service.privacy"),
    ("电修好了你们还打不打电话问问", "service.callback-later"),
    ("手机软件里怎么把户号加上去", "channel.bind"),
    ("app一直登不进去", "channel.login"),
    ("能不能看我昨天用了几度电", "channel.usage"),
    ("我换手机号了停电短信收不着", "channel.phone"),
    ("离我近的供电所在哪儿", "channel.hall"),
    ("大半夜能不能打你们电话", "channel.hotline"),
    ("不想跑营业厅网上能办过户不", "channel.online-business"),
    ("有会说英语的吗我朋友是外国人", "channel.english"),
]
OFF_TOPIC = [
    "红烧肉怎么做好吃",
    "明天股市涨还是跌",
    "附近哪里有电影院",
    "帮我写一首诗",
    "高铁票怎么改签",
    "今晚足球比赛几点",
]


@pytest.mark.django_db
def test_colloquial_questions_find_their_answer(capsys: pytest.CaptureFixture[str]) -> None:
    known = {text for entry in StandardQuestion.objects.all() for text in entry.questions}
    codes = set(StandardQuestion.objects.values_list("code", flat=True))
    assert not {text for text, _code in ASKED} & known
    assert {code for _text, code in ASKED} <= codes
    first = within = 0
    missed = []
    for text, code in ASKED:
        found = [hit.entry.code for hit in queries.search(text, limit=5)]
        first += found[:1] == [code]
        within += code in found
        if found[:1] != [code]:
            missed.append(f"{text} -> {found[:3]} ({code})")
    nothing = sum(not queries.search(text) for text in OFF_TOPIC)
    with capsys.disabled():
        print(
            f"\nknowledge search, {len(ASKED)} colloquial questions over {len(codes)} answers: hit@1 {first / len(ASKED):.3f},"
            f" hit@5 {within / len(ASKED):.3f}; off-topic left without an answer {nothing}/{len(OFF_TOPIC)}"
        )
    assert first / len(ASKED) >= 0.75, "\n".join(missed)
    assert within / len(ASKED) >= 0.9, "\n".join(missed)
