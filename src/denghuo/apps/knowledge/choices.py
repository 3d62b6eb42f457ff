"""Enumerations of the knowledge app."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Scene(models.TextChoices):
    """What a question is about: the scenes in which the trade's knowledge is kept."""

    OUTAGE = "outage", _("停电抢修")
    BILL = "bill", _("电费账单")
    PAY = "pay", _("缴费充值")
    PRICE = "price", _("电价政策")
    CONNECTION = "connection", _("业扩报装")
    CHANGE = "change", _("变更用电")
    METER = "meter", _("计量电表")
    QUALITY = "quality", _("供电质量")
    SAFETY = "safety", _("用电安全")
    ENERGY = "energy", _("光伏与充电桩")
    SERVICE = "service", _("服务规定")
    CHANNEL = "channel", _("渠道与账号")


class Kind(models.TextChoices):
    """What an entry is: a question with a short answer, or a page to read."""

    QA = "qa", _("标准问")
    ARTICLE = "article", _("文章")


class Life(models.TextChoices):
    """Where an entry stands; whether what is published also holds today is for its dates."""

    DRAFT = "draft", _("未发布")
    PUBLISHED = "published", _("已发布")
    WITHDRAWN = "withdrawn", _("已停用")


class Stage(models.TextChoices):
    """Where a revision of an entry stands."""

    DRAFT = "draft", _("草稿")
    IN_REVIEW = "in_review", _("待审核")
    APPROVED = "approved", _("待发布")
    SCHEDULED = "scheduled", _("定时发布")
    PUBLISHED = "published", _("现行版本")
    SUPERSEDED = "superseded", _("历史版本")
    DROPPED = "dropped", _("已放弃")


class ImportStage(models.TextChoices):
    """Where an import of documents stands."""

    READING = "reading", _("解析中")
    READY = "ready", _("待确认")
    RUNNING = "running", _("导入中")
    DONE = "done", _("已完成")
    CANCELLED = "cancelled", _("已取消")
    FAILED = "failed", _("失败")


class PairState(models.TextChoices):
    """What was decided of two wordings that are alike."""

    OPEN = "open", _("待处理")
    MERGED = "merged", _("已合并")
    DIFFERENT = "different", _("确认不同")


class CheckKind(models.TextChoices):
    """What goes through the whole base."""

    DUPLICATES = "duplicates", _("查重")
    SELF_TEST = "self_test", _("自检")


class Trust(models.TextChoices):
    """How far a statement may be relied on."""

    SOURCED = "S", _("权威来源")
    WEAK = "W", _("待核来源")
    KNOWN = "K", _("行业通识")
    DERIVED = "D", _("本系统推定")


class Use(models.TextChoices):
    """What an agent did with an answer."""

    OPENED = "opened", _("查看")
    INSERTED = "inserted", _("引用到答复")
    LINKED = "linked", _("发送链接")


class AskedBy(models.TextChoices):
    """Who put a question to the base."""

    CUSTOMER = "customer", _("客户自助")
    BOT = "bot", _("智能客服")
    AGENT = "agent", _("坐席")
    ASSIST = "assist", _("坐席助手")
    EDITOR = "editor", _("知识编辑")


class SearchOutcome(models.TextChoices):
    """What a search comes to."""

    ANSWER = "answer", _("直接回答")
    CHOICES = "choices", _("给出选项")
    REFUSE = "refuse", _("未能回答")


class LearnedKind(models.TextChoices):
    """What a trained model is for."""

    RANKER = "ranker", _("检索排序")
    INTENT = "intent", _("意图识别")
    CLASS = "class", _("诉求分类建议")


class LearnedState(models.TextChoices):
    CANDIDATE = "candidate", _("待发布")
    RELEASED = "released", _("在用")
    RETIRED = "retired", _("已停用")


class RelationState(models.TextChoices):
    """Where a statement of the graph stands."""

    PROPOSED = "proposed", _("待确认")
    CONFIRMED = "confirmed", _("已确认")
    WITHDRAWN = "withdrawn", _("已撤销")


class ProposalState(models.TextChoices):
    """What became of a statement read out of a text."""

    PROPOSED = "proposed", _("待确认")
    CONFIRMED = "confirmed", _("已采纳")
    CORRECTED = "corrected", _("改后采纳")
    REJECTED = "rejected", _("已驳回")
