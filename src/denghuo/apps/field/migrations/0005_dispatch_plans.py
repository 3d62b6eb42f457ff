"""Plans of crews, pins, and orders that an emergency pushed back."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("field", "0004_driving"),
    ]

    operations = [
        migrations.CreateModel(
            name="DispatchLock",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                (
                    "by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "crew",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="field.crew"),
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
                (
                    "request",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="dispatch_lock", to="requests.request"
                    ),
                ),
            ],
            options={
                "verbose_name": "派单锁定",
            },
        ),
        migrations.CreateModel(
            name="DispatchPlan",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("made_at", models.DateTimeField(verbose_name="生成时间")),
                ("cause", models.CharField(max_length=40)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("shown", "仅供查看"),
                            ("proposed", "待确认"),
                            ("accepted", "已采用"),
                            ("rejected", "未采用"),
                            ("superseded", "已被新计划取代"),
                        ],
                        default="shown",
                        max_length=12,
                        verbose_name="状态",
                    ),
                ),
                ("digest", models.CharField(max_length=64)),
                ("body", models.JSONField(default=dict)),
                ("costs", models.JSONField(default=dict)),
                ("solve_ms", models.PositiveIntegerField(default=0)),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
                ("reason", models.CharField(blank=True, max_length=300, verbose_name="不采用的原因")),
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
            ],
            options={
                "verbose_name": "派单计划",
            },
        ),
        migrations.CreateModel(
            name="Displacement",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("was_at", models.DateTimeField(verbose_name="原预计")),
                ("due_at", models.DateTimeField(verbose_name="现预计")),
                ("at", models.DateTimeField()),
                (
                    "emergency",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="requests.request"
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
                (
                    "plan",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="field.dispatchplan",
                    ),
                ),
                (
                    "request",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="displacements", to="requests.request"
                    ),
                ),
            ],
            options={
                "verbose_name": "因应急后移的工单",
            },
        ),
        migrations.CreateModel(
            name="PlanArea",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("watched_at", models.DateTimeField(blank=True, null=True, verbose_name="最近查看")),
                (
                    "org",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="plan_area", to="core.orgunit"
                    ),
                ),
            ],
            options={
                "verbose_name": "派单计划区域",
            },
        ),
        migrations.AddIndex(
            model_name="dispatchplan",
            index=models.Index(fields=["org", "-id"], name="field_plan_org"),
        ),
        migrations.AddIndex(
            model_name="dispatchplan",
            index=models.Index(fields=["made_at"], name="field_plan_made"),
        ),
        migrations.AddConstraint(
            model_name="dispatchplan",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "proposed")), fields=("org",), name="field_one_proposal_an_area"
            ),
        ),
        migrations.AddConstraint(
            model_name="displacement",
            constraint=models.UniqueConstraint(fields=("request", "emergency"), name="field_displaced_once"),
        ),
    ]
