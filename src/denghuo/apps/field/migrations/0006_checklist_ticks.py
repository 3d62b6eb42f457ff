"""Ticks of safety measures and work steps."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("field", "0005_dispatch_plans"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name="crewreport",
            name="kind",
            field=models.CharField(
                choices=[
                    ("accept", "接单"),
                    ("depart", "出发"),
                    ("arrive", "到达现场"),
                    ("note", "现场说明"),
                    ("materials", "材料使用"),
                    ("finish", "回单"),
                    ("photo", "现场照片"),
                    ("voice", "语音说明"),
                    ("tick", "勾选步骤"),
                ],
                max_length=16,
                verbose_name="上报内容",
            ),
        ),
        migrations.CreateModel(
            name="ChecklistTick",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("visit", models.PositiveSmallIntegerField(default=1)),
                (
                    "part",
                    models.CharField(
                        choices=[("safety", "安全措施"), ("steps", "作业步骤")], max_length=8, verbose_name="清单"
                    ),
                ),
                ("code", models.CharField(max_length=12)),
                ("text", models.CharField(max_length=200, verbose_name="内容")),
                ("at", models.DateTimeField(verbose_name="勾选时间")),
                (
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="ticks", to="field.workorder"
                    ),
                ),
                (
                    "staff",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "勾选记录",
                "constraints": [
                    models.UniqueConstraint(fields=("order", "visit", "part", "code"), name="field_tick_once")
                ],
            },
        ),
    ]
