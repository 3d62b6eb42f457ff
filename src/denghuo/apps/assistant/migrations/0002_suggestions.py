"""Suggestions made to agents and what became of them."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('assistant', '0001_dialogues'),
    ]

    operations = [
        migrations.CreateModel(
            name='Suggestion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('answer', '推荐答案'), ('step', '话术下一步'), ('similar', '相似诉求'), ('slot', '表单填写')], max_length=8, verbose_name='类型')),
                ('key', models.CharField(max_length=64)),
                ('message_id', models.BigIntegerField(help_text="The customer's message it was made for; 0: the subject")),
                ('asked_id', models.BigIntegerField(blank=True, null=True)),
                ('request_id', models.BigIntegerField(blank=True, null=True)),
                ('slot', models.CharField(blank=True, max_length=16)),
                ('digest', models.CharField(max_length=32)),
                ('place', models.PositiveSmallIntegerField(default=0)),
                ('score', models.FloatField(default=0)),
                ('offered_at', models.DateTimeField(verbose_name='提出时间')),
                ('outcome', models.CharField(choices=[('open', '未处理'), ('accepted', '采用'), ('edited', '修改后采用'), ('ignored', '未采用')], default='open', max_length=8, verbose_name='结果')),
                ('decided_at', models.DateTimeField(blank=True, null=True)),
                ('sent_message_id', models.BigIntegerField(blank=True, null=True)),
                ('contact', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='suggestions', to='contacts.contact')),
                ('entry', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='knowledge.standardquestion')),
                ('offered_to', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='坐席')),
                ('script', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='contacts.deskscript')),
            ],
            options={
                'verbose_name': '坐席助手建议',
                'indexes': [models.Index(fields=['-offered_at'], name='assistant_suggested_newest'), models.Index(fields=['entry', '-offered_at'], name='assistant_suggested_entry')],
                'constraints': [models.UniqueConstraint(fields=('contact', 'key'), name='assistant_suggested_once')],
            },
        ),
    ]
