"""Feeling read from a message: the rules, on sentences the word list was tuned on."""

from __future__ import annotations

import pytest

from denghuo.engine.language import score, trend
from denghuo.engine.language.sentiment import lexicon

# (sentence, feeling): -1 bad, 0 none, 1 good. The list and the rules were tuned on these.
TUNED_ON = [
    ("你们怎么还没来人，等了三个小时了！！", -1),
    ("太过分了，我要投诉你们", -1),
    ("凭什么多收我电费", -1),
    ("打了好几次电话都没人管", -1),
    ("都热死了还不来修", -1),
    ("态度太差了，说话还吼我", -1),
    ("电费怎么这么贵？？", -1),
    ("我对处理结果不满意", -1),
    ("冰箱里的东西全臭了，谁赔", -1),
    ("又停电，这个月第几次了", -1),
    ("再不来我就打12345", -1),
    ("一群骗子", -1),
    ("推来推去没人解决", -1),
    ("根本没有人来，说话不算数", -1),
    ("停电了，麻烦看一下，谢谢", 0),
    ("请问电费怎么交", 0),
    ("我家停电了", 0),
    ("过户要带什么证件", 0),
    ("户号是3300001234", 0),
    ("我想问一下阶梯电价怎么算", 0),
    ("怎么投诉，投诉电话是多少", 0),
    ("地址是清河路12号三单元", 0),
    ("来电了吗", 0),
    ("请问这个问题由谁负责", 0),
    ("银行卡扣款什么时候到账", 0),
    ("你好，我要报修", 0),
    ("好的吗，那我明天去营业厅", 0),
    ("家里跳闸了，推不上去", 0),
    ("修好了，谢谢师傅", 1),
    ("小伙子态度很好，很耐心", 1),
    ("非常满意，速度真快", 1),
    ("多亏你们来得及时，给师傅点赞", 1),
    ("太好了，已经来电了", 1),
    ("不着急，你们慢慢来", 1),
    ("没问题，辛苦你们了", 1),
    ("服务好，解释得清楚，表扬一下", 1),
    ("想给抢修师傅送锦旗", 1),
]
# A first set of 120 sentences the rules had not seen gave accuracy 0.767 (recall of the bad ones 0.475). It was then used
# to widen the word list, so it belongs here now; the sentences that still go wrong show what the rules cannot do.
USED_SINCE = {
    -1: """
你们的人昨天说来修，今天还没见人影
我一个月打了六次电话，次次都说在处理
这电费我不认，肯定是表有问题
家里有八十岁老人，热得中暑了你们负得起责吗
每次都让我等，我等了两天了
营业厅那个女的翻白眼，什么服务态度
我明明交了钱你们还停我的电，讲不讲理
修一次坏一次，你们到底会不会修
我的鱼塘停电死了几千斤鱼，谁来赔我
天天晚上九点跳闸，日子没法过了
你们就知道收钱，出了事没人管
说好四十五分钟到，现在都三小时了
客服一问三不知，浪费我时间
充电桩扣了我两百块，车没充上电，退款申请了一个星期没消息
这已经是我第三次投诉同一件事了
你们的承诺就是一张废纸
我要找媒体曝光你们
换了电表以后电费翻了一倍，你们糊弄谁呢
跑了三趟营业厅，每次要的材料都不一样
半夜停电，孩子哭了一宿
太让人失望了，这就是你们的优质服务
电压低得饭都煮不熟，反映半年了没人理
刚才那个坐席直接把我电话挂了
都说下午来电，骗了我们三回
你们不给个说法我就去政府门口坐着
停电通知从来不发，害得我店里的冰淇淋全化了
师傅来了看一眼就走，什么都没干
气得我血压都上来了
别跟我说规定，我只要有电
谁规定报装要等半个月，你们效率也太低了
抢修的人抽着烟干活还嫌我多嘴
滞纳金比电费还多，简直是抢劫
我再也不相信你们了
装个电表推三阻四，存心刁难人
楼下变压器嗡嗡响吵得人神经衰弱
回访的时候问都不问就给我点了满意
你们系统天天崩，缴费缴不进去
烦不烦啊，同样的问题问我三遍
凭什么商铺的电要贵这么多，太黑了
这么热的天停电检修，你们脑子进水了吗
""",
    0: """
你好，我想查一下这个月的用电量
我家在松原区建设路8号
请问更名需要几个工作日
电表箱在一楼楼道里
我的手机号换了，帮我改一下
昨天晚上八点左右停的电
整栋楼都没电
新装电表需要什么材料
峰谷电价从几点到几点
报修单号是多少
户主是我父亲，他已经去世了，怎么过户
我想申请电子发票，抬头是公司
邻居家有电，我家没有
充电桩报装要物业盖章吗
今天会停电吗
一档电量是多少度
请帮我转英语客服
我已经拔掉所有电器了
开关合上又跳下来
营业厅周六上班吗
我在外地，可以网上办吗
电表上显示Err-04
这个号码是登记的号码
我想把自动扣款取消
两百二十伏正常范围是多少
请问检修到几点结束
线路是三相的
我家用的是煤改电
光伏的钱打到哪张卡
租房可以用自己的名字开户吗
我想问下申请编号在哪里看
下午三点以后都在家
单元门口有根电线垂下来了
树枝碰到电线了
好的，我记一下
低保户一个月免多少度
怎么看自己家的阶梯用了多少
我要举报有人偷电
是的，就是这个地址
不是，是二单元
""",
    1: """
师傅冒着大雨来修，真是太感谢了
刚才那位姑娘讲解得特别细致
已经有电了，谢谢你们这么快
你们服务越来越好了
给你们点个赞
没想到半小时就修好了，效率真高
非常感谢你们的帮助
客服声音好听，态度也和气
问题解决了，很满意
感谢供电局的同志，大晚上还来抢修
谢谢，已经到账了
不用急，你先忙
这个办法好，省了不少电费
抢修师傅很专业，还帮我检查了别的插座
能在手机上办太方便了
多谢你耐心解释，我明白了
特别感谢帮我把老人的事办好
满意，五星
大热天的师傅们辛苦了
解释得很清楚，我放心了
你们说到做到，值得信任
办事效率很高，点赞
小伙子很热情，还主动留了电话
没关系，我理解你们也不容易
好的，谢谢你，再见
电来了，太好了
真贴心，停电前还专门打电话通知我
这次处理得很及时
工作人员认真负责，想写封感谢信
谢谢您，您真有耐心
夸一夸昨天来的王师傅
以后有问题还找你们，靠谱
帮了我大忙了
网上报装真方便，不用跑腿
感谢理解和支持
修得又快又好
你们比以前强多了，赞
态度好，业务熟，给五星好评
收到补偿了，处理得很公道
孩子能写作业了，谢谢师傅
""",
}
EDGE = 0.3  # above: good, below minus: bad


def feeling(text: str) -> int:
    found = score(text).score
    return 1 if found >= EDGE else -1 if found <= -EDGE else 0


@pytest.mark.parametrize(("text", "wanted"), TUNED_ON)
def test_a_plain_sentence_is_read_as_a_person_reads_it(text: str, wanted: int) -> None:
    assert feeling(text) == wanted, score(text)


def test_most_sentences_the_word_list_was_widened_on_are_read_right() -> None:
    rows = [(line, label) for label, block in USED_SINCE.items() for line in block.split("\n") if line]
    assert sum(feeling(text) == label for text, label in rows) / len(rows) >= 0.85


def test_a_negation_turns_the_word_it_stands_before() -> None:
    assert score("满意").score > 0 > score("不太满意").score
    assert score("不耐心").score < 0 < score("耐心").score
    assert score("没有生气").score > score("生气").score


def test_a_degree_word_strengthens_or_weakens() -> None:
    assert score("有点担心").score > score("担心").score > score("非常担心").score
    assert score("满意").score < score("特别满意").score


def test_politeness_softens_and_exclamation_sharpens_what_is_bad() -> None:
    assert score("麻烦您，空调坏了").score > score("空调坏了").score
    assert score("还不来！！").score < score("还不来").score


def test_a_question_about_a_thing_is_weaker_than_the_thing() -> None:
    assert score("这样影响大吗").score > score("这样影响很大").score


def test_a_text_without_words_of_feeling_is_nought_with_no_words() -> None:
    assert score("户号三三零零") == score("")
    assert score("").score == 0
    assert score("").words == ()


def test_a_score_stays_between_minus_one_and_one_and_names_its_words() -> None:
    worst = score("骗子！！" * 200)
    assert worst.score == -1
    assert worst.words[0][0] == "骗子"


def test_the_word_list_is_large_and_has_no_word_twice() -> None:
    assert len(lexicon().words) >= 300


def test_feeling_that_falls_in_a_conversation_is_noticed() -> None:
    fallen = trend([0.2, 0.0, 0.1, -0.7, -0.6])
    assert fallen.falling
    assert fallen.drop == pytest.approx(0.75)
    assert not trend([0.2, 0.0, 0.1, -0.2]).falling


def test_a_customer_who_starts_angry_counts_as_falling_and_one_who_calms_does_not() -> None:
    assert trend([-0.8, -0.7]).falling
    assert not trend([-0.8, -0.7, 0.0, 0.3]).falling


def test_a_trend_of_nothing_is_level_and_latest_must_be_some() -> None:
    assert not trend([]).falling
    with pytest.raises(ValueError, match="latest"):
        trend([0.1], latest=0)
