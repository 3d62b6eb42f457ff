import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import denghuo.core.privacy.fields


class Migration(migrations.Migration):
    dependencies = [
        ("grid", "0003_outages_known_before"),
        ("requests", "0008_handling"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        migrations.CreateModel(
            name="MajorServiceEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "trigger",
                    models.CharField(
                        choices=[
                            ("casualty", "人身伤亡"),
                            ("media", "媒体关注"),
                            ("group", "群体诉求"),
                            ("important_customer", "重要客户"),
                            ("sensitive", "敏感客户"),
                            ("grade", "特殊或重大投诉"),
                            ("other", "其他"),
                        ],
                        max_length=20,
                        verbose_name="触发类型",
                    ),
                ),
                (
                    "level",
                    models.CharField(
                        choices=[("special", "特别重大"), ("major", "重大"), ("important", "较大")],
                        max_length=10,
                        verbose_name="级别",
                    ),
                ),
                ("title", models.CharField(max_length=80, verbose_name="标题")),
                ("area_text", models.CharField(blank=True, max_length=200, verbose_name="涉及区域")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("proposed", "待确认"),
                            ("open", "处置中"),
                            ("closed", "已结束"),
                            ("rejected", "未成立"),
                        ],
                        default="proposed",
                        max_length=10,
                        verbose_name="状态",
                    ),
                ),
                (
                    "reasons",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=20), blank=True, default=list, size=None
                    ),
                ),
                ("proposed_at", models.DateTimeField(verbose_name="提出时间")),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
                ("decision", models.CharField(blank=True, max_length=300, verbose_name="不成立的理由")),
                ("first_reported_at", models.DateTimeField(blank=True, null=True, verbose_name="首次报告时间")),
                ("closed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "closed_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "org",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="core.orgunit",
                        verbose_name="所属单位",
                    ),
                ),
                ("requests", models.ManyToManyField(related_name="major_events", to="requests.request")),
                (
                    "transformer",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="grid.transformer",
                    ),
                ),
            ],
            options={
                "verbose_name": "重大服务事件",
            },
        ),
        migrations.CreateModel(
            name="MajorMember",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("lead", "组长"),
                            ("liaison", "联络员"),
                            ("field", "现场处置"),
                            ("customer", "客户沟通"),
                            ("publicity", "舆情应对"),
                            ("member", "成员"),
                        ],
                        default="member",
                        max_length=10,
                        verbose_name="组内角色",
                    ),
                ),
                ("at", models.DateTimeField()),
                (
                    "staff",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "major",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="members",
                        to="requests.majorserviceevent",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="MajorEntry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("first_report", "首次报告"),
                            ("progress", "续报"),
                            ("measure", "处置措施"),
                            ("investigation", "调查结果"),
                            ("note", "记录"),
                            ("review", "总结评审"),
                        ],
                        max_length=14,
                    ),
                ),
                (
                    "text",
                    denghuo.core.privacy.fields.EncryptedTextField(
                        classification="note", path="requests.majorentry.text"
                    ),
                ),
                ("at", models.DateTimeField()),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "major",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="entries",
                        to="requests.majorserviceevent",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="MajorCall",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "state",
                    models.CharField(
                        choices=[("pending", "待联系"), ("done", "已联系"), ("unreachable", "未联系上")],
                        default="pending",
                        max_length=12,
                    ),
                ),
                ("at", models.DateTimeField(null=True)),
                (
                    "note",
                    denghuo.core.privacy.fields.EncryptedTextField(
                        blank=True, classification="note", default="", path="requests.majorcall.note"
                    ),
                ),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "request",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="requests.request"
                    ),
                ),
                (
                    "major",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="calls",
                        to="requests.majorserviceevent",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="RepeatedMatter",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[("contacts", "多次来电"), ("complaint", "重复投诉")],
                        max_length=12,
                        verbose_name="类型",
                    ),
                ),
                ("contacts", models.PositiveSmallIntegerField(verbose_name="次数")),
                ("first_at", models.DateTimeField(verbose_name="首次来电")),
                ("at", models.DateTimeField(verbose_name="最近来电")),
                ("proposed_grade", models.CharField(blank=True, max_length=12, verbose_name="建议等级")),
                (
                    "org",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="core.orgunit",
                        verbose_name="所属单位",
                    ),
                ),
                (
                    "request",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="repeated", to="requests.request"
                    ),
                ),
            ],
            options={
                "verbose_name": "重复诉求",
            },
        ),
        migrations.CreateModel(
            name="RequestLink",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("same_matter", "同一事项"),
                            ("follow_up", "后续诉求"),
                            ("caused_by", "由其引起"),
                            ("split", "拆分自"),
                            ("related", "相关"),
                        ],
                        max_length=16,
                        verbose_name="关联类型",
                    ),
                ),
                ("at", models.DateTimeField()),
                ("note_id", models.BigIntegerField(null=True)),
                ("score", models.FloatField(help_text="Likeness when it was found by the rule, 0 to 1", null=True)),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "from_request",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="links_out", to="requests.request"
                    ),
                ),
                (
                    "to_request",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="links_in", to="requests.request"
                    ),
                ),
            ],
            options={
                "verbose_name": "关联诉求",
            },
        ),
        migrations.CreateModel(
            name="FrequentOutageArea",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("since", models.DateTimeField(verbose_name="列入时间")),
                ("times", models.PositiveSmallIntegerField(verbose_name="停电次数")),
                ("by_kind", models.JSONField(default=dict, help_text="Kind of outage → how often")),
                ("causes", models.JSONField(default=list, help_text="[cause, how often], most frequent first")),
                ("last_at", models.DateTimeField(verbose_name="最近停电")),
                (
                    "band",
                    models.CharField(
                        choices=[("frequent", "频繁停电"), ("worse", "严重频繁停电")],
                        max_length=10,
                        verbose_name="程度",
                    ),
                ),
                ("computed_at", models.DateTimeField()),
                ("ended_on", models.DateTimeField(blank=True, null=True)),
                (
                    "org",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="core.orgunit",
                        verbose_name="所属单位",
                    ),
                ),
                (
                    "transformer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="grid.transformer"
                    ),
                ),
            ],
            options={
                "verbose_name": "频繁停电台区",
                "indexes": [
                    models.Index(
                        condition=models.Q(("ended_on", None)), fields=["org", "-times"], name="requests_frequent_org"
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ended_on", None)), fields=("transformer",), name="requests_frequent_once"
                    )
                ],
            },
        ),
        migrations.AddIndex(
            model_name="majorserviceevent",
            index=models.Index(fields=["org", "-proposed_at"], name="requests_major_org"),
        ),
        migrations.AddIndex(
            model_name="majorserviceevent",
            index=models.Index(
                condition=models.Q(("state__in", ["proposed", "open"])),
                fields=["-proposed_at"],
                name="requests_major_live",
            ),
        ),
        migrations.AddConstraint(
            model_name="majormember",
            constraint=models.UniqueConstraint(fields=("major", "staff"), name="requests_major_member_once"),
        ),
        migrations.AddIndex(
            model_name="majorentry",
            index=models.Index(fields=["major", "id"], name="requests_major_entry"),
        ),
        migrations.AddConstraint(
            model_name="majorcall",
            constraint=models.UniqueConstraint(fields=("major", "request"), name="requests_major_call_once"),
        ),
        migrations.AddIndex(
            model_name="repeatedmatter",
            index=models.Index(fields=["org", "-at"], name="requests_repeated_org"),
        ),
        migrations.AddConstraint(
            model_name="repeatedmatter",
            constraint=models.UniqueConstraint(fields=("request", "kind"), name="requests_repeated_once"),
        ),
        migrations.AddConstraint(
            model_name="requestlink",
            constraint=models.UniqueConstraint(
                fields=("from_request", "to_request", "kind"), name="requests_link_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="requestlink",
            constraint=models.CheckConstraint(
                condition=models.Q(("from_request", models.F("to_request")), _negated=True),
                name="requests_link_not_itself",
            ),
        ),
    ]
