"""Entities, relations and what was proposed of them."""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('core', '0004_moment'),
        ('knowledge', '0003_review'),
        ('pghistory', '0007_auto_20250421_0444'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='GraphEntity',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('valid_from', models.DateField(verbose_name='生效日')),
                ('valid_to', models.DateField(blank=True, help_text='Last day on which it holds', null=True, verbose_name='失效日')),
                ('source', models.CharField(max_length=300, verbose_name='依据')),
                ('trust', models.CharField(choices=[('S', '权威来源'), ('W', '待核来源'), ('K', '行业通识'), ('D', '本系统推定')], max_length=1, verbose_name='可信度')),
                ('version', models.PositiveIntegerField(default=1, verbose_name='版本')),
                ('edited_at', models.DateTimeField(blank=True, help_text='Null: as the product ships it', null=True, verbose_name='修改时间')),
                ('code', models.CharField(max_length=64, unique=True, verbose_name='编码')),
                ('kind', models.CharField(max_length=16, verbose_name='类型')),
                ('name', models.CharField(max_length=80, verbose_name='名称')),
                ('aliases', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=80), blank=True, default=list, size=None, verbose_name='别名')),
                ('attributes', models.JSONField(blank=True, default=dict, verbose_name='属性')),
                ('note', models.CharField(blank=True, max_length=500, verbose_name='说明')),
                ('active', models.BooleanField(default=True, verbose_name='在用')),
                ('base', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='local_versions', to='knowledge.graphentity')),
                ('edited_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('entries', models.ManyToManyField(blank=True, related_name='graph_entities', to='knowledge.standardquestion')),
                ('org', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='core.orgunit', verbose_name='适用单位')),
            ],
            options={
                'verbose_name': '图谱实体',
                'ordering': ['kind', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='GraphEntityEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('valid_from', models.DateField(verbose_name='生效日')),
                ('valid_to', models.DateField(blank=True, help_text='Last day on which it holds', null=True, verbose_name='失效日')),
                ('source', models.CharField(max_length=300, verbose_name='依据')),
                ('trust', models.CharField(choices=[('S', '权威来源'), ('W', '待核来源'), ('K', '行业通识'), ('D', '本系统推定')], max_length=1, verbose_name='可信度')),
                ('version', models.PositiveIntegerField(default=1, verbose_name='版本')),
                ('edited_at', models.DateTimeField(blank=True, help_text='Null: as the product ships it', null=True, verbose_name='修改时间')),
                ('code', models.CharField(max_length=64, verbose_name='编码')),
                ('kind', models.CharField(max_length=16, verbose_name='类型')),
                ('name', models.CharField(max_length=80, verbose_name='名称')),
                ('aliases', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=80), blank=True, default=list, size=None, verbose_name='别名')),
                ('attributes', models.JSONField(blank=True, default=dict, verbose_name='属性')),
                ('note', models.CharField(blank=True, max_length=500, verbose_name='说明')),
                ('active', models.BooleanField(default=True, verbose_name='在用')),
                ('base', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='knowledge.graphentity')),
                ('edited_by', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL)),
                ('org', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='core.orgunit', verbose_name='适用单位')),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='knowledge.graphentity')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='GraphRelation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('valid_from', models.DateField(verbose_name='生效日')),
                ('valid_to', models.DateField(blank=True, help_text='Last day on which it holds', null=True, verbose_name='失效日')),
                ('source', models.CharField(max_length=300, verbose_name='依据')),
                ('trust', models.CharField(choices=[('S', '权威来源'), ('W', '待核来源'), ('K', '行业通识'), ('D', '本系统推定')], max_length=1, verbose_name='可信度')),
                ('version', models.PositiveIntegerField(default=1, verbose_name='版本')),
                ('edited_at', models.DateTimeField(blank=True, help_text='Null: as the product ships it', null=True, verbose_name='修改时间')),
                ('kind', models.CharField(max_length=16, verbose_name='关系')),
                ('customer', models.CharField(blank=True, max_length=12, verbose_name='客户类别')),
                ('voltage', models.CharField(blank=True, max_length=12, verbose_name='电压')),
                ('area', models.CharField(blank=True, max_length=12, verbose_name='区域')),
                ('condition', models.CharField(blank=True, max_length=120, verbose_name='条件')),
                ('position', models.PositiveSmallIntegerField(default=0, verbose_name='次序')),
                ('state', models.CharField(choices=[('proposed', '待确认'), ('confirmed', '已确认'), ('withdrawn', '已撤销')], default='confirmed', max_length=12, verbose_name='状态')),
                ('edited_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('entry', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='knowledge.standardquestion')),
                ('head', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='out_relations', to='knowledge.graphentity', verbose_name='从')),
                ('org', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='core.orgunit', verbose_name='适用单位')),
                ('place', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='knowledge.graphentity', verbose_name='适用地区')),
                ('tail', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='in_relations', to='knowledge.graphentity', verbose_name='到')),
            ],
            options={
                'verbose_name': '图谱关系',
                'ordering': ['head_id', 'kind', 'position', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='GraphProposal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('sentence', models.CharField(max_length=500, verbose_name='原句')),
                ('head_start', models.PositiveSmallIntegerField(blank=True, help_text='Null: not said in the sentence', null=True)),
                ('head_end', models.PositiveSmallIntegerField(blank=True, null=True)),
                ('kind', models.CharField(max_length=16, verbose_name='关系')),
                ('tail_kind', models.CharField(max_length=16)),
                ('tail_name', models.CharField(max_length=80)),
                ('tail_start', models.PositiveSmallIntegerField()),
                ('tail_end', models.PositiveSmallIntegerField()),
                ('pattern', models.CharField(max_length=24)),
                ('confidence', models.FloatField(verbose_name='把握')),
                ('digest', models.CharField(max_length=32, unique=True)),
                ('state', models.CharField(choices=[('proposed', '待确认'), ('confirmed', '已采纳'), ('corrected', '改后采纳'), ('rejected', '已驳回')], default='proposed', max_length=12, verbose_name='状态')),
                ('made_at', models.DateTimeField(verbose_name='提出时间')),
                ('decided_at', models.DateTimeField(blank=True, null=True, verbose_name='处理时间')),
                ('decided_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('entry', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='knowledge.standardquestion', verbose_name='出处')),
                ('head', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='knowledge.graphentity')),
                ('tail', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='knowledge.graphentity')),
                ('relation', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='knowledge.graphrelation')),
            ],
            options={
                'verbose_name': '图谱抽取建议',
            },
        ),
        migrations.CreateModel(
            name='GraphRelationEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('valid_from', models.DateField(verbose_name='生效日')),
                ('valid_to', models.DateField(blank=True, help_text='Last day on which it holds', null=True, verbose_name='失效日')),
                ('source', models.CharField(max_length=300, verbose_name='依据')),
                ('trust', models.CharField(choices=[('S', '权威来源'), ('W', '待核来源'), ('K', '行业通识'), ('D', '本系统推定')], max_length=1, verbose_name='可信度')),
                ('version', models.PositiveIntegerField(default=1, verbose_name='版本')),
                ('edited_at', models.DateTimeField(blank=True, help_text='Null: as the product ships it', null=True, verbose_name='修改时间')),
                ('kind', models.CharField(max_length=16, verbose_name='关系')),
                ('customer', models.CharField(blank=True, max_length=12, verbose_name='客户类别')),
                ('voltage', models.CharField(blank=True, max_length=12, verbose_name='电压')),
                ('area', models.CharField(blank=True, max_length=12, verbose_name='区域')),
                ('condition', models.CharField(blank=True, max_length=120, verbose_name='条件')),
                ('position', models.PositiveSmallIntegerField(default=0, verbose_name='次序')),
                ('state', models.CharField(choices=[('proposed', '待确认'), ('confirmed', '已确认'), ('withdrawn', '已撤销')], default='confirmed', max_length=12, verbose_name='状态')),
                ('edited_by', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL)),
                ('entry', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='knowledge.standardquestion')),
                ('head', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='knowledge.graphentity', verbose_name='从')),
                ('org', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='core.orgunit', verbose_name='适用单位')),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='knowledge.graphrelation')),
                ('place', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='knowledge.graphentity', verbose_name='适用地区')),
                ('tail', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='knowledge.graphentity', verbose_name='到')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.AddIndex(
            model_name='graphentity',
            index=models.Index(fields=['kind', 'name'], name='knowledge_graph_kind'),
        ),
        migrations.AddIndex(
            model_name='graphentity',
            index=django.contrib.postgres.indexes.GinIndex(fields=['name'], name='knowledge_graph_name', opclasses=['gin_trgm_ops']),
        ),
        migrations.AddConstraint(
            model_name='graphentity',
            constraint=models.CheckConstraint(condition=models.Q(('valid_to', None), ('valid_to__gte', models.F('valid_from')), _connector='OR'), name='knowledge_graph_entity_ends'),
        ),
        migrations.AddConstraint(
            model_name='graphentity',
            constraint=models.UniqueConstraint(condition=models.Q(('active', True)), fields=('base', 'org'), name='knowledge_graph_one_local'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='graphentity',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "knowledge_graphentityevent" ("active", "aliases", "attributes", "base_id", "code", "edited_at", "edited_by_id", "id", "kind", "name", "note", "org_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "source", "trust", "valid_from", "valid_to", "version") VALUES (NEW."active", NEW."aliases", NEW."attributes", NEW."base_id", NEW."code", NEW."edited_at", NEW."edited_by_id", NEW."id", NEW."kind", NEW."name", NEW."note", NEW."org_id", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."source", NEW."trust", NEW."valid_from", NEW."valid_to", NEW."version"); RETURN NULL;', hash='cf0b8095c204efb9d5e2cbd0189ab6146f3623b3', operation='INSERT', pgid='pgtrigger_insert_insert_ecdbb', table='knowledge_graphentity', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='graphentity',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "knowledge_graphentityevent" ("active", "aliases", "attributes", "base_id", "code", "edited_at", "edited_by_id", "id", "kind", "name", "note", "org_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "source", "trust", "valid_from", "valid_to", "version") VALUES (NEW."active", NEW."aliases", NEW."attributes", NEW."base_id", NEW."code", NEW."edited_at", NEW."edited_by_id", NEW."id", NEW."kind", NEW."name", NEW."note", NEW."org_id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."source", NEW."trust", NEW."valid_from", NEW."valid_to", NEW."version"); RETURN NULL;', hash='d46a1001f4913477520285f4788cbfd41a047dd9', operation='UPDATE', pgid='pgtrigger_update_update_8149a', table='knowledge_graphentity', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='graphentityevent',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='b414fa8e4bbad8851118a285772e8ed6d2148ba1', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_78057', table='knowledge_graphentityevent', when='BEFORE')),
        ),
        migrations.AddIndex(
            model_name='graphrelation',
            index=models.Index(fields=['head', 'kind'], name='knowledge_graph_out'),
        ),
        migrations.AddIndex(
            model_name='graphrelation',
            index=models.Index(fields=['tail', 'kind'], name='knowledge_graph_in'),
        ),
        migrations.AddConstraint(
            model_name='graphrelation',
            constraint=models.CheckConstraint(condition=models.Q(('valid_to', None), ('valid_to__gte', models.F('valid_from')), _connector='OR'), name='knowledge_graph_relation_ends'),
        ),
        migrations.AddConstraint(
            model_name='graphrelation',
            constraint=models.CheckConstraint(condition=models.Q(('head', models.F('tail')), _negated=True), name='knowledge_graph_no_loop'),
        ),
        migrations.AddConstraint(
            model_name='graphrelation',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'withdrawn'), _negated=True), fields=('head', 'kind', 'tail', 'place', 'customer', 'voltage', 'area', 'condition', 'org', 'valid_from'), name='knowledge_graph_said_once', nulls_distinct=False),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='graphrelation',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "knowledge_graphrelationevent" ("area", "condition", "customer", "edited_at", "edited_by_id", "entry_id", "head_id", "id", "kind", "org_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_id", "position", "source", "state", "tail_id", "trust", "valid_from", "valid_to", "version", "voltage") VALUES (NEW."area", NEW."condition", NEW."customer", NEW."edited_at", NEW."edited_by_id", NEW."entry_id", NEW."head_id", NEW."id", NEW."kind", NEW."org_id", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."place_id", NEW."position", NEW."source", NEW."state", NEW."tail_id", NEW."trust", NEW."valid_from", NEW."valid_to", NEW."version", NEW."voltage"); RETURN NULL;', hash='5ce66a4f72c556e0da4061510080e4a64be7d493', operation='INSERT', pgid='pgtrigger_insert_insert_b7332', table='knowledge_graphrelation', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='graphrelation',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "knowledge_graphrelationevent" ("area", "condition", "customer", "edited_at", "edited_by_id", "entry_id", "head_id", "id", "kind", "org_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_id", "position", "source", "state", "tail_id", "trust", "valid_from", "valid_to", "version", "voltage") VALUES (NEW."area", NEW."condition", NEW."customer", NEW."edited_at", NEW."edited_by_id", NEW."entry_id", NEW."head_id", NEW."id", NEW."kind", NEW."org_id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."place_id", NEW."position", NEW."source", NEW."state", NEW."tail_id", NEW."trust", NEW."valid_from", NEW."valid_to", NEW."version", NEW."voltage"); RETURN NULL;', hash='f34af38655769264bde20f300c0e0cc49399a7cd', operation='UPDATE', pgid='pgtrigger_update_update_07592', table='knowledge_graphrelation', when='AFTER')),
        ),
        migrations.AddIndex(
            model_name='graphproposal',
            index=models.Index(condition=models.Q(('state', 'proposed')), fields=['-confidence', 'id'], name='knowledge_graph_open'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='graphrelationevent',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='046bb235a1c239509ff9b9d11476b3b429a3351b', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_fa544', table='knowledge_graphrelationevent', when='BEFORE')),
        ),
    ]
