"""Call-backs: wishes, scripts, campaigns, corrections, improvement items; plans that robots may take."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import denghuo.core.privacy.fields


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0004_moment"),
        ("requests", "0005_flows_classes_and_marks"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="CallScript",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=60, verbose_name="代码")),
                ("number", models.PositiveIntegerField(verbose_name="版次")),
                ("label", models.CharField(max_length=80, verbose_name="名称")),
                (
                    "state",
                    models.CharField(
                        choices=[("draft", "草稿"), ("released", "已发布"), ("withdrawn", "已撤回")],
                        default="draft",
                        max_length=12,
                        verbose_name="状态",
                    ),
                ),
                ("document", models.JSONField(verbose_name="内容")),
                ("valid_from", models.DateTimeField(blank=True, null=True, verbose_name="生效时间")),
                ("valid_to", models.DateTimeField(blank=True, null=True, verbose_name="失效时间")),
                ("note", models.CharField(blank=True, max_length=300, verbose_name="修订说明")),
                ("source", models.CharField(blank=True, max_length=300, verbose_name="来源")),
                ("trust", models.CharField(blank=True, max_length=8, verbose_name="可信标记")),
                ("made_at", models.DateTimeField(verbose_name="编制时间")),
                ("released_at", models.DateTimeField(null=True, verbose_name="发布时间")),
                ("version", models.PositiveIntegerField(default=1)),
            ],
            options={
                "verbose_name": "回访脚本",
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="CallWish",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("no_reply", models.BooleanField(default=False, verbose_name="无需回复")),
                ("not_before", models.DateTimeField(blank=True, null=True, verbose_name="最早回访时间")),
                ("window_from", models.TimeField(blank=True, null=True, verbose_name="希望时段起")),
                ("window_to", models.TimeField(blank=True, null=True, verbose_name="希望时段止")),
            ],
            options={
                "verbose_name": "回访意愿",
            },
        ),
        migrations.CreateModel(
            name="Campaign",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=60, verbose_name="任务名称")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("draft", "草稿"),
                            ("preparing", "生成中"),
                            ("running", "进行中"),
                            ("paused", "已暂停"),
                            ("finished", "已完成"),
                            ("cancelled", "已取消"),
                        ],
                        default="draft",
                        max_length=12,
                        verbose_name="状态",
                    ),
                ),
                ("types", models.JSONField(default=list, verbose_name="业务类型")),
                ("class_code", models.CharField(blank=True, max_length=80, verbose_name="分类")),
                (
                    "area_type",
                    models.CharField(
                        blank=True,
                        choices=[("urban", "城区"), ("rural", "农村"), ("remote", "特殊边远")],
                        max_length=8,
                        verbose_name="地域",
                    ),
                ),
                ("filed_from", models.DateTimeField(blank=True, null=True, verbose_name="归档时间起")),
                ("filed_to", models.DateTimeField(blank=True, null=True, verbose_name="归档时间止")),
                (
                    "numbers",
                    models.JSONField(
                        default=list, help_text="numbers of requests; empty: by the filter", verbose_name="指定诉求"
                    ),
                ),
                ("share", models.PositiveSmallIntegerField(default=100, help_text="percent", verbose_name="抽取比例")),
                ("script_code", models.CharField(max_length=60, verbose_name="回访脚本")),
                (
                    "priority",
                    models.PositiveSmallIntegerField(default=7, help_text="1 first … 9 last", verbose_name="优先级"),
                ),
                ("window_from", models.TimeField(blank=True, null=True, verbose_name="每日时段起")),
                ("window_to", models.TimeField(blank=True, null=True, verbose_name="每日时段止")),
                ("planned", models.PositiveIntegerField(default=0, verbose_name="已生成")),
                ("matched", models.PositiveIntegerField(default=0, verbose_name="符合条件")),
                ("reached", models.BigIntegerField(default=0)),
                ("job_id", models.BigIntegerField(null=True)),
                ("made_at", models.DateTimeField(verbose_name="创建时间")),
                ("ended_at", models.DateTimeField(blank=True, null=True, verbose_name="结束时间")),
            ],
            options={
                "verbose_name": "回访任务",
            },
        ),
        migrations.CreateModel(
            name="Correction",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "state",
                    models.CharField(
                        choices=[("open", "待更正"), ("corrected", "待确认"), ("closed", "已确认")],
                        default="open",
                        max_length=12,
                        verbose_name="状态",
                    ),
                ),
                ("aspects", models.JSONField(default=list, verbose_name="不一致之处")),
                (
                    "said",
                    denghuo.core.privacy.fields.EncryptedTextField(
                        blank=True,
                        classification="note",
                        default="",
                        path="requests.correction.said",
                        verbose_name="客户表述",
                    ),
                ),
                ("due_at", models.DateTimeField(verbose_name="更正期限")),
                (
                    "was_result",
                    denghuo.core.privacy.fields.EncryptedTextField(
                        blank=True,
                        classification="note",
                        default="",
                        path="requests.correction.was_result",
                        verbose_name="原处理结果",
                    ),
                ),
                (
                    "explanation",
                    denghuo.core.privacy.fields.EncryptedTextField(
                        blank=True,
                        classification="note",
                        default="",
                        path="requests.correction.explanation",
                        verbose_name="更正说明",
                    ),
                ),
                ("upheld", models.BooleanField(null=True, verbose_name="核实后维持原内容")),
                ("returns", models.PositiveSmallIntegerField(default=0, verbose_name="退回次数")),
                ("opened_at", models.DateTimeField(verbose_name="提出时间")),
                ("corrected_at", models.DateTimeField(blank=True, null=True, verbose_name="更正时间")),
                ("closed_at", models.DateTimeField(blank=True, null=True, verbose_name="确认时间")),
            ],
            options={
                "verbose_name": "内容更正",
            },
        ),
        migrations.CreateModel(
            name="ImprovementItem",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "待指派"),
                            ("assigned", "整改中"),
                            ("verified", "客户已确认"),
                            ("closed", "已关闭"),
                        ],
                        default="open",
                        max_length=12,
                        verbose_name="状态",
                    ),
                ),
                (
                    "cause_class",
                    models.CharField(
                        blank=True,
                        choices=[("service", "服务类"), ("product", "产品类"), ("process", "流程和政策类")],
                        max_length=12,
                        verbose_name="原因类别",
                    ),
                ),
                ("due_on", models.DateField(blank=True, null=True, verbose_name="完成期限")),
                (
                    "said",
                    denghuo.core.privacy.fields.EncryptedTextField(
                        blank=True,
                        classification="note",
                        default="",
                        path="requests.improvementitem.said",
                        verbose_name="客户意见",
                    ),
                ),
                ("measure", models.TextField(blank=True, max_length=2000, verbose_name="整改措施")),
                ("returns", models.PositiveSmallIntegerField(default=0, verbose_name="退回次数")),
                ("raised_at", models.DateTimeField(verbose_name="提出时间")),
                ("measured_at", models.DateTimeField(blank=True, null=True)),
                ("verified_at", models.DateTimeField(blank=True, null=True, verbose_name="客户确认时间")),
                ("closed_at", models.DateTimeField(blank=True, null=True, verbose_name="关闭时间")),
            ],
            options={
                "verbose_name": "整改事项",
            },
        ),
        migrations.RemoveConstraint(
            model_name="callback",
            name="requests_callback_once_a_round",
        ),
        migrations.RemoveIndex(
            model_name="callback",
            name="requests_callback_due",
        ),
        migrations.AddField(
            model_name="callback",
            name="answers",
            field=denghuo.core.privacy.fields.EncryptedTextField(
                blank=True,
                classification="note",
                default="",
                help_text="JSON by question",
                path="requests.callback.answers",
            ),
        ),
        migrations.AddField(
            model_name="callback",
            name="dialled_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="callback",
            name="disagrees",
            field=models.BooleanField(null=True, verbose_name="工单内容与客户表述不一致"),
        ),
        migrations.AddField(
            model_name="callback",
            name="holder_kind",
            field=models.CharField(
                blank=True, choices=[("staff", "坐席"), ("robot", "机器人")], db_default="", default="", max_length=8
            ),
        ),
        migrations.AddField(
            model_name="callback",
            name="language",
            field=models.CharField(blank=True, db_default="", default="", max_length=16),
        ),
        migrations.AddField(
            model_name="callback",
            name="lease",
            field=models.UUIDField(null=True),
        ),
        migrations.AddField(
            model_name="callback",
            name="number_wanted_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="callback",
            name="postponed",
            field=models.PositiveSmallIntegerField(
                db_default=0, default=0, help_text="how often the customer asked for another time; no failed attempts"
            ),
        ),
        migrations.AddField(
            model_name="callback",
            name="priority",
            field=models.PositiveSmallIntegerField(db_default=5, default=5, help_text="1 first … 9 last"),
        ),
        migrations.AddField(
            model_name="callback",
            name="rated_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="callback",
            name="rating_token",
            field=models.CharField(max_length=32, null=True, unique=True),
        ),
        migrations.AddField(
            model_name="callback",
            name="skipped",
            field=models.CharField(
                blank=True,
                choices=[
                    ("type", "该业务类型不回访"),
                    ("anonymous", "匿名客户，不回访"),
                    ("no_reply", "客户表示无需回复"),
                    ("confidential", "保密诉求，不外呼"),
                    ("answered", "已当场答复"),
                    ("sampled_out", "未抽中回访样本"),
                ],
                db_default="",
                default="",
                max_length=16,
                verbose_name="不回访原因",
            ),
        ),
        migrations.AddField(
            model_name="callback",
            name="window_from",
            field=models.TimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="callback",
            name="window_to",
            field=models.TimeField(blank=True, null=True),
        ),
        migrations.AlterField(
            model_name="callbackattempt",
            name="outcome",
            field=models.CharField(
                choices=[
                    ("answered", "接通"),
                    ("no_answer", "无人接听"),
                    ("busy", "占线"),
                    ("powered_off", "关机或停机"),
                    ("wrong_number", "号码有误"),
                    ("refused", "拒绝回访"),
                    ("partly", "中途挂断"),
                    ("later", "约定再拨"),
                    ("language", "需语言协助"),
                ],
                max_length=16,
            ),
        ),
        migrations.AddField(
            model_name="callscript",
            name="made_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="callscript",
            name="org",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="core.orgunit",
                verbose_name="适用单位",
            ),
        ),
        migrations.AddField(
            model_name="callscript",
            name="released_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="callback",
            name="script",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="requests.callscript"
            ),
        ),
        migrations.AddField(
            model_name="callwish",
            name="request",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.CASCADE, related_name="call_wish", to="requests.request"
            ),
        ),
        migrations.AddField(
            model_name="campaign",
            name="made_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="campaign",
            name="org",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="core.orgunit",
                verbose_name="所属单位",
            ),
        ),
        migrations.AddField(
            model_name="callback",
            name="campaign",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="calls",
                to="requests.campaign",
            ),
        ),
        migrations.AddIndex(
            model_name="callback",
            index=models.Index(
                condition=models.Q(("state", "pending")),
                fields=["priority", "not_before"],
                name="requests_callback_due",
            ),
        ),
        migrations.AddConstraint(
            model_name="callback",
            constraint=models.UniqueConstraint(
                condition=models.Q(("campaign", None)),
                fields=("request", "round"),
                name="requests_callback_once_a_round",
            ),
        ),
        migrations.AddConstraint(
            model_name="callback",
            constraint=models.UniqueConstraint(
                fields=("campaign", "request", "round"), name="requests_callback_once_a_campaign"
            ),
        ),
        migrations.AddField(
            model_name="correction",
            name="call_back",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, related_name="correction", to="requests.callback"
            ),
        ),
        migrations.AddField(
            model_name="correction",
            name="org",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="core.orgunit",
                verbose_name="所属单位",
            ),
        ),
        migrations.AddField(
            model_name="correction",
            name="request",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="corrections", to="requests.request"
            ),
        ),
        migrations.AddField(
            model_name="improvementitem",
            name="call_back",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="requests.callback"
            ),
        ),
        migrations.AddField(
            model_name="improvementitem",
            name="org",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="core.orgunit",
                verbose_name="所属单位",
            ),
        ),
        migrations.AddField(
            model_name="improvementitem",
            name="owner",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="core.orgunit",
                verbose_name="责任单位",
            ),
        ),
        migrations.AddField(
            model_name="improvementitem",
            name="request",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="improvements", to="requests.request"
            ),
        ),
        migrations.AddField(
            model_name="improvementitem",
            name="verified_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="requests.callback"
            ),
        ),
        migrations.AddConstraint(
            model_name="callscript",
            constraint=models.UniqueConstraint(
                fields=("org", "code", "number"), name="requests_callscript_once", nulls_distinct=False
            ),
        ),
        migrations.AddConstraint(
            model_name="callscript",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "draft")),
                fields=("org", "code"),
                name="requests_callscript_one_draft",
                nulls_distinct=False,
            ),
        ),
        migrations.AddConstraint(
            model_name="callscript",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "released"), _negated=True), ("valid_from__isnull", False), _connector="OR"
                ),
                name="requests_callscript_dated",
            ),
        ),
        migrations.AddIndex(
            model_name="campaign",
            index=models.Index(fields=["org", "-made_at"], name="requests_campaign_newest"),
        ),
        migrations.AddIndex(
            model_name="correction",
            index=models.Index(
                condition=models.Q(("state", "closed"), _negated=True),
                fields=["org", "due_at"],
                name="requests_correction_open",
            ),
        ),
        migrations.AddIndex(
            model_name="improvementitem",
            index=models.Index(fields=["org", "state", "due_on"], name="requests_improvement_state"),
        ),
        migrations.AddConstraint(
            model_name="improvementitem",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "closed"), _negated=True),
                fields=("request",),
                name="requests_improvement_one_open",
            ),
        ),
    ]
