"""Predicted times: models, what was told, the weather."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0004_moment"),
        ("requests", "0006_callback_campaigns"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="PredictionModel",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField(unique=True, verbose_name="编号")),
                (
                    "state",
                    models.CharField(default='candidate', 
                        choices=[("in_force", "使用中"), ("candidate", "候选"), ("retired", "已停用")],
                        max_length=12,
                        verbose_name="状态",
                    ),
                ),
                ("fitted_at", models.DateTimeField(verbose_name="拟合时间")),
                ("since", models.DateTimeField(verbose_name="样本起")),
                ("until", models.DateTimeField(verbose_name="样本止")),
                ("cases", models.PositiveIntegerField(verbose_name="样本数")),
                ("document", models.JSONField(default=dict)),
                ("report", models.JSONField(default=dict)),
                ("reason", models.CharField(max_length=32)),
                ("in_force_from", models.DateTimeField(blank=True, null=True)),
                ("in_force_to", models.DateTimeField(blank=True, null=True)),
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
            ],
            options={
                "verbose_name": "预测模型",
            },
        ),
        migrations.CreateModel(
            name="PredictionMade",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("event_id", models.BigIntegerField()),
                ("at", models.DateTimeField(verbose_name="预测时间")),
                (
                    "moment",
                    models.CharField(
                        choices=[
                            ("submitted", "提交时"),
                            ("accepted", "受理时"),
                            ("dispatched", "派单时"),
                            ("arrived", "到场时"),
                        ],
                        max_length=12,
                        verbose_name="时点",
                    ),
                ),
                ("levels", models.JSONField()),
                ("alike", models.PositiveIntegerField()),
                ("alike_depth", models.PositiveSmallIntegerField()),
                ("arrival_low", models.DateTimeField(blank=True, null=True)),
                ("arrival_median", models.DateTimeField(blank=True, null=True)),
                ("arrival_high", models.DateTimeField(blank=True, null=True)),
                ("restore_low", models.DateTimeField()),
                ("restore_median", models.DateTimeField()),
                ("restore_high", models.DateTimeField()),
                ("arrival_grid", models.JSONField(blank=True, null=True)),
                ("restore_grid", models.JSONField()),
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
                        on_delete=django.db.models.deletion.CASCADE, related_name="predictions", to="requests.request"
                    ),
                ),
                (
                    "model",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="requests.predictionmodel"
                    ),
                ),
            ],
            options={
                "verbose_name": "已作预测",
            },
        ),
        migrations.CreateModel(
            name="WeatherHour",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(verbose_name="整点")),
                ("temperature", models.FloatField(blank=True, null=True, verbose_name="气温（℃）")),
                ("wind", models.FloatField(blank=True, null=True, verbose_name="风速（米/秒）")),
                ("rain", models.FloatField(blank=True, null=True, verbose_name="降雨（毫米/小时）")),
                (
                    "warning",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "无预警"),
                            ("blue", "蓝色预警"),
                            ("yellow", "黄色预警"),
                            ("orange", "橙色预警"),
                            ("red", "红色预警"),
                        ],
                        default="",
                        max_length=8,
                        verbose_name="预警",
                    ),
                ),
                ("source", models.CharField(blank=True, default="", max_length=60, verbose_name="来源")),
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
                "verbose_name": "逐时天气",
            },
        ),
        migrations.AddConstraint(
            model_name="predictionmodel",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "in_force")), fields=("state",), name="requests_one_model_in_force"
            ),
        ),
        migrations.AddIndex(
            model_name="predictionmade",
            index=models.Index(fields=["request", "-id"], name="requests_prediction_latest"),
        ),
        migrations.AddIndex(
            model_name="predictionmade",
            index=models.Index(fields=["at"], name="requests_prediction_at"),
        ),
        migrations.AddConstraint(
            model_name="predictionmade",
            constraint=models.UniqueConstraint(
                fields=("request", "event_id"), name="requests_prediction_once_an_event"
            ),
        ),
        migrations.AddConstraint(
            model_name="weatherhour",
            constraint=models.UniqueConstraint(fields=("org", "at"), name="requests_weather_hour_once"),
        ),
    ]
