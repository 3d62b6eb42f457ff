
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('contacts', '0007_robot'),
        ('core', '0004_moment'),
        ('workforce', '0002_rosters'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Outlook',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField()),
                ('at', models.DateTimeField()),
                ('result', models.JSONField(default=dict)),
                ('org', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='core.orgunit', verbose_name='所属单位')),
            ],
        ),
        migrations.CreateModel(
            name='Move',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField()),
                ('kind', models.CharField(choices=[('extend', '延班'), ('call_in', '启用备班'), ('recall', '培训改上班'), ('channel', '调整渠道'), ('release', '提前下班')], max_length=8)),
                ('starts', models.DateTimeField()),
                ('ends', models.DateTimeField()),
                ('state', models.CharField(choices=[('proposed', '建议'), ('applied', '已采用'), ('declined', '未采用'), ('lapsed', '已过期'), ('undone', '已撤销')], default='proposed', max_length=8)),
                ('effect', models.JSONField(default=dict)),
                ('detail', models.JSONField(default=dict)),
                ('reason', models.CharField(blank=True, default='', max_length=200)),
                ('made_at', models.DateTimeField()),
                ('decided_at', models.DateTimeField(null=True)),
                ('decided_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('org', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='core.orgunit', verbose_name='所属单位')),
                ('outlook', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='moves', to='workforce.outlook')),
            ],
            options={
                'verbose_name': '日内调整',
            },
        ),
        migrations.CreateModel(
            name='EmergencyCall',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('echelon', models.PositiveSmallIntegerField()),
                ('state', models.CharField(choices=[('proposed', '待批准'), ('active', '已启动'), ('declined', '未批准'), ('lapsed', '已回落'), ('ended', '已解除')], default='proposed', max_length=8)),
                ('causes', models.JSONField(default=list)),
                ('effect', models.JSONField(default=dict)),
                ('proposed_at', models.DateTimeField()),
                ('decided_at', models.DateTimeField(null=True)),
                ('reason', models.CharField(blank=True, default='', max_length=200)),
                ('told', models.PositiveIntegerField(default=0, help_text='People told')),
                ('texted', models.PositiveIntegerField(default=0, help_text='Short messages put out')),
                ('ended_at', models.DateTimeField(null=True)),
                ('activation', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='contacts.echelonactivation')),
                ('decided_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('org', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='core.orgunit', verbose_name='所属单位')),
            ],
            options={
                'verbose_name': '应急启动',
                'indexes': [models.Index(fields=['org', '-id'], name='workforce_call_org')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('state', 'proposed')), fields=('org',), name='workforce_call_proposed_once')],
            },
        ),
        migrations.CreateModel(
            name='MovePerson',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('starts', models.DateTimeField()),
                ('ends', models.DateTimeField()),
                ('before_kind', models.CharField(blank=True, choices=[('work', '上班'), ('leave', '休假'), ('training', '培训'), ('standby', '备班')], default='', max_length=8)),
                ('capacity', models.JSONField(null=True)),
                ('after_shift', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='workforce.shifttype')),
                ('before_shift', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='workforce.shifttype')),
                ('move', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='people', to='workforce.move')),
                ('staff', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('move', 'staff'), name='workforce_move_person_once')],
            },
        ),
        migrations.AddIndex(
            model_name='outlook',
            index=models.Index(fields=['org', 'day', '-id'], name='workforce_outlook_day'),
        ),
        migrations.AddIndex(
            model_name='move',
            index=models.Index(fields=['org', 'day', '-id'], name='workforce_move_day'),
        ),
        migrations.AddConstraint(
            model_name='move',
            constraint=models.CheckConstraint(condition=models.Q(('ends__gt', models.F('starts'))), name='workforce_move_ends_later'),
        ),
    ]
