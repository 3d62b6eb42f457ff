"""Working calendars, clocks with their history, and stored files."""

import datetime

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0002_events"),
    ]

    operations = [
        migrations.CreateModel(
            name="Clock",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("subject_kind", models.CharField(max_length=32)),
                ("subject_id", models.BigIntegerField()),
                ("kind", models.CharField(max_length=48, verbose_name="时限")),
                (
                    "family",
                    models.CharField(
                        choices=[("field", "现场时限"), ("agent", "坐席处理时限"), ("handling", "受理处理回复时限")],
                        max_length=16,
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("running", "计时中"),
                            ("paused", "已暂停"),
                            ("met", "按时完成"),
                            ("breached_stopped", "超时完成"),
                            ("cancelled", "已取消"),
                        ],
                        default="running",
                        max_length=16,
                    ),
                ),
                ("started_at", models.DateTimeField()),
                ("counting_from", models.DateTimeField()),
                ("budget_seconds", models.PositiveIntegerField()),
                ("warn_seconds", models.PositiveIntegerField(help_text="used-up seconds at which to warn")),
                ("spent", models.DurationField(default=datetime.timedelta)),
                ("due_at", models.DateTimeField(null=True)),
                ("warn_at", models.DateTimeField(null=True)),
                ("paused_at", models.DateTimeField(null=True)),
                (
                    "paused_for",
                    models.DurationField(
                        default=datetime.timedelta, help_text="clock-on-the-wall time spent paused, ended pauses"
                    ),
                ),
                ("stopped_at", models.DateTimeField(null=True)),
                ("warned_at", models.DateTimeField(null=True)),
                ("breached_at", models.DateTimeField(null=True)),
                ("policy_key", models.CharField(blank=True, max_length=80)),
                ("policy_value_id", models.BigIntegerField(null=True)),
                (
                    "topics",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=80), blank=True, default=list, size=None
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
            ],
        ),
        migrations.CreateModel(
            name="ClockChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                ("recorded_at", models.DateTimeField(auto_now_add=True)),
                (
                    "what",
                    models.CharField(
                        choices=[
                            ("paused", "暂停"),
                            ("resumed", "恢复"),
                            ("recomputed", "重新计算"),
                            ("cancelled", "取消"),
                            ("corrected", "更正"),
                        ],
                        max_length=16,
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=300, verbose_name="原因")),
                ("before", models.JSONField(default=dict)),
                ("after", models.JSONField(default=dict)),
                ("actor_kind", models.CharField(max_length=16)),
                ("actor_id", models.BigIntegerField(null=True)),
                ("actor_name", models.CharField(max_length=80)),
                (
                    "clock",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="changes", to="core.clock"
                    ),
                ),
            ],
            options={
                "ordering": ["at", "id"],
            },
        ),
        migrations.CreateModel(
            name="WorkCalendar",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(help_text="office, business_hall, …", max_length=40, verbose_name="名称")),
                ("label", models.CharField(max_length=80, verbose_name="显示名称")),
                ("windows", models.JSONField(verbose_name="每周工作时段")),
                ("exceptions", models.JSONField(blank=True, default=dict, verbose_name="节假日与调休")),
                ("tz", models.CharField(default="Asia/Shanghai", max_length=40)),
                ("valid_from", models.DateField(verbose_name="生效日期")),
                ("valid_to", models.DateField(blank=True, null=True, verbose_name="失效日期")),
                ("source", models.CharField(blank=True, max_length=300, verbose_name="来源")),
                ("changed_at", models.DateTimeField(auto_now=True)),
                (
                    "org",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="core.orgunit",
                        verbose_name="适用单位",
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="clock",
            name="calendar",
            field=models.ForeignKey(
                blank=True,
                help_text="null: round the clock",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="core.workcalendar",
            ),
        ),
        migrations.CreateModel(
            name="StoredFile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("client_id", models.UUIDField(unique=True)),
                ("sha256", models.CharField(max_length=64)),
                ("source_sha256", models.CharField(max_length=64)),
                (
                    "kind",
                    models.CharField(
                        choices=[("image", "图片"), ("document", "文档"), ("audio", "录音")],
                        max_length=16,
                        verbose_name="类型",
                    ),
                ),
                ("content_type", models.CharField(max_length=40)),
                ("name", models.CharField(max_length=120, verbose_name="文件名")),
                ("size", models.PositiveIntegerField(help_text="bytes kept", verbose_name="大小")),
                ("width", models.PositiveIntegerField(null=True)),
                ("height", models.PositiveIntegerField(null=True)),
                ("subject_kind", models.CharField(max_length=32)),
                ("subject_id", models.BigIntegerField()),
                ("uploaded_by_kind", models.CharField(max_length=16)),
                ("uploaded_by_id", models.BigIntegerField(null=True)),
                ("uploaded_by_name", models.CharField(max_length=80)),
                ("uploaded_at", models.DateTimeField()),
                (
                    "org",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="core.orgunit",
                        verbose_name="所属单位",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["subject_kind", "subject_id"], name="core_storedfile_subject"),
                    models.Index(fields=["sha256"], name="core_storedfile_sha256"),
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="workcalendar",
            constraint=models.UniqueConstraint(
                fields=("org", "name", "valid_from"), name="core_workcalendar_once", nulls_distinct=False
            ),
        ),
        migrations.AddConstraint(
            model_name="workcalendar",
            constraint=models.CheckConstraint(
                condition=models.Q(("valid_to", None), ("valid_to__gt", models.F("valid_from")), _connector="OR"),
                name="core_workcalendar_order",
            ),
        ),
        migrations.AddIndex(
            model_name="clock",
            index=models.Index(fields=["subject_kind", "subject_id"], name="core_clock_subject"),
        ),
        migrations.AddIndex(
            model_name="clock",
            index=models.Index(
                condition=models.Q(("breached_at", None), ("state", "running"), ("warned_at", None)),
                fields=["warn_at"],
                name="core_clock_to_warn",
            ),
        ),
        migrations.AddIndex(
            model_name="clock",
            index=models.Index(
                condition=models.Q(("breached_at", None), ("state", "running")),
                fields=["due_at"],
                name="core_clock_to_breach",
            ),
        ),
        migrations.AddIndex(
            model_name="clock",
            index=models.Index(
                condition=models.Q(("state", "running")), fields=["org", "due_at"], name="core_clock_org_due"
            ),
        ),
        migrations.AddConstraint(
            model_name="clock",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", ["running", "paused"])),
                fields=("subject_kind", "subject_id", "kind"),
                name="core_clock_one_live",
            ),
        ),
        migrations.AddConstraint(
            model_name="clock",
            constraint=models.CheckConstraint(
                condition=models.Q(("warn_seconds__lte", models.F("budget_seconds"))),
                name="core_clock_warn_within_budget",
            ),
        ),
        migrations.AddConstraint(
            model_name="clock",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "running"), _negated=True),
                    models.Q(("due_at__isnull", False), ("warn_at__isnull", False)),
                    _connector="OR",
                ),
                name="core_clock_running_is_due",
            ),
        ),
    ]
