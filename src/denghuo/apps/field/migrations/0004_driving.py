"""Journeys of crews, and what is learned from them."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0004_moment"),
        ("field", "0003_crew_app"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="DrivingModel",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "state",
                    models.CharField(
                        choices=[("in_force", "使用中"), ("candidate", "候选"), ("retired", "已停用")],
                        default="candidate",
                        max_length=12,
                        verbose_name="状态",
                    ),
                ),
                ("fitted_at", models.DateTimeField(verbose_name="拟合时间")),
                ("journeys", models.PositiveIntegerField(verbose_name="行车记录数")),
                ("document", models.JSONField(default=dict)),
                ("report", models.JSONField(default=dict)),
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
                "verbose_name": "行车时间模型",
                "indexes": [models.Index(fields=["org", "-fitted_at"], name="field_driving_model_org")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "in_force")),
                        fields=("org",),
                        name="field_one_driving_model_a_city",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Journey",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("start_lon", models.FloatField()),
                ("start_lat", models.FloatField()),
                ("end_lon", models.FloatField()),
                ("end_lat", models.FloatField()),
                ("departed_at", models.DateTimeField(verbose_name="出发")),
                ("minutes", models.FloatField(verbose_name="行车分钟")),
                (
                    "order",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="journey", to="field.workorder"
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
                "verbose_name": "行车记录",
                "indexes": [models.Index(fields=["org", "departed_at"], name="field_journey_org")],
            },
        ),
    ]
