"""Event log (partitioned by month, append-only), its consumers, and what background jobs leave behind."""

from __future__ import annotations

import datetime as dt

import django.contrib.postgres.fields
from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

import denghuo.core.events.fields

CREATE = """
CREATE SEQUENCE core_event_id_seq AS bigint;
CREATE TABLE core_event (
    id bigint NOT NULL DEFAULT nextval('core_event_id_seq'),
    xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    at timestamptz NOT NULL,
    kind text NOT NULL,
    version smallint NOT NULL DEFAULT 1,
    subject_kind text NOT NULL,
    subject_id bigint NOT NULL,
    org_id bigint,
    org_path text NOT NULL DEFAULT '',
    actor_kind text NOT NULL,
    actor_id bigint,
    actor_name text NOT NULL DEFAULT '',
    payload jsonb NOT NULL DEFAULT '{}',
    topics text[] NOT NULL DEFAULT '{}',
    correlation uuid,
    PRIMARY KEY (at, id)
) PARTITION BY RANGE (at);
ALTER SEQUENCE core_event_id_seq OWNED BY core_event.id;
CREATE INDEX core_event_log ON core_event (xid, id);
CREATE INDEX core_event_subject ON core_event (subject_kind, subject_id, id);
CREATE INDEX core_event_kind ON core_event (kind, at);
CREATE INDEX core_event_correlation ON core_event (correlation) WHERE correlation IS NOT NULL;
CREATE TABLE core_event_default PARTITION OF core_event DEFAULT;

-- Append only. The switch is for one thing: moving rows out of the DEFAULT partition into a month of their own.
CREATE FUNCTION core_event_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('denghuo.moving_events', true) = 'on' AND TG_OP = 'DELETE'
       AND TG_TABLE_NAME = 'core_event_default' THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'events are append-only: % refused', TG_OP
        USING ERRCODE = 'restrict_violation', HINT = 'Retention detaches whole months.';
END $$;
CREATE TRIGGER core_event_append_only BEFORE UPDATE OR DELETE ON core_event
    FOR EACH ROW EXECUTE FUNCTION core_event_refuse();

-- Databases named test_… are emptied between tests by TRUNCATE; nowhere else is that an option.
CREATE FUNCTION core_event_refuse_truncate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF starts_with(current_database()::text, 'test_') THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION 'events are append-only: TRUNCATE refused'
        USING ERRCODE = 'restrict_violation', HINT = 'Retention detaches whole months.';
END $$;
CREATE TRIGGER core_event_no_truncate BEFORE TRUNCATE ON core_event
    FOR EACH STATEMENT EXECUTE FUNCTION core_event_refuse_truncate();

-- Makes the partition of the month (in UTC) that holds the given day, taking over rows that fell into DEFAULT.
CREATE FUNCTION core_event_month(day date) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    first date := date_trunc('month', day)::date;
    after date := (date_trunc('month', day) + interval '1 month')::date;
    part text := format('core_event_y%sm%s', to_char(first, 'YYYY'), to_char(first, 'MM'));
BEGIN
    IF to_regclass(part) IS NOT NULL THEN
        RETURN NULL;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('core_event_month'));
    IF to_regclass(part) IS NOT NULL THEN
        RETURN NULL;
    END IF;
    -- CREATE … PARTITION OF stops writers while it scans DEFAULT, which is empty in good order.
    LOCK TABLE core_event_default IN ACCESS EXCLUSIVE MODE;
    IF EXISTS (SELECT 1 FROM core_event_default
               WHERE at >= first::timestamp AT TIME ZONE 'UTC' AND at < after::timestamp AT TIME ZONE 'UTC') THEN
        EXECUTE format('CREATE TABLE %I (LIKE core_event INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', part);
        PERFORM set_config('denghuo.moving_events', 'on', true);
        EXECUTE format(
            'WITH moved AS (DELETE FROM core_event_default WHERE at >= %L AND at < %L RETURNING *)'
            ' INSERT INTO %I SELECT * FROM moved',
            first::timestamp AT TIME ZONE 'UTC', after::timestamp AT TIME ZONE 'UTC', part);
        PERFORM set_config('denghuo.moving_events', 'off', true);
        EXECUTE format('ALTER TABLE core_event ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', part,
            first::timestamp AT TIME ZONE 'UTC', after::timestamp AT TIME ZONE 'UTC');
    ELSE
        EXECUTE format('CREATE TABLE %I PARTITION OF core_event FOR VALUES FROM (%L) TO (%L)', part,
            first::timestamp AT TIME ZONE 'UTC', after::timestamp AT TIME ZONE 'UTC');
    END IF;
    RETURN part;
END $$;
"""

DROP = """
DROP TABLE core_event;
DROP FUNCTION core_event_month(date);
DROP FUNCTION core_event_refuse();
DROP FUNCTION core_event_refuse_truncate();
"""


def first_months(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """This month and the three to come; the daily job keeps ahead from here."""
    today = dt.datetime.now(dt.UTC).date()
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(
            "SELECT core_event_month((date_trunc('month', %s::date) + n * interval '1 month')::date)"
            " FROM generate_series(0, 3) n",
            [today],
        )


class Migration(migrations.Migration):
    dependencies = [("core", "0001_initial")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(CREATE, DROP),
                migrations.RunPython(first_months, migrations.RunPython.noop),
            ],
            state_operations=[
                migrations.CreateModel(
                    name="Event",
                    fields=[
                        ("id", models.BigAutoField(primary_key=True, serialize=False)),
                        ("xid", denghuo.core.events.fields.Xid8Field(editable=False)),
                        ("at", models.DateTimeField()),
                        ("kind", models.TextField()),
                        ("version", models.SmallIntegerField(default=1)),
                        ("subject_kind", models.TextField()),
                        ("subject_id", models.BigIntegerField()),
                        ("org_id", models.BigIntegerField(null=True)),
                        ("org_path", models.TextField(default="")),
                        ("actor_kind", models.TextField()),
                        ("actor_id", models.BigIntegerField(null=True)),
                        ("actor_name", models.TextField(default="")),
                        ("payload", models.JSONField(default=dict)),
                        ("topics", django.contrib.postgres.fields.ArrayField(models.TextField(), default=list, size=None)),
                        ("correlation", models.UUIDField(null=True)),
                    ],
                    options={"db_table": "core_event"},
                ),
            ],
        ),
        migrations.CreateModel(
            name="ConsumerCursor",
            fields=[
                ("name", models.CharField(max_length=80, primary_key=True, serialize=False)),
                ("xid", models.BigIntegerField(default=0)),
                ("event_id", models.BigIntegerField(default=0)),
                ("failing_event_id", models.BigIntegerField(null=True)),
                ("attempts", models.SmallIntegerField(default=0)),
                ("retry_at", models.DateTimeField(null=True)),
                ("paused", models.BooleanField(default=False)),
                ("updated_at", models.DateTimeField(auto_now=True)),
            ],
            options={"db_table": "core_consumercursor"},
        ),
        migrations.CreateModel(
            name="DeadEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("consumer", models.CharField(max_length=80)),
                ("event_id", models.BigIntegerField()),
                ("event_xid", models.BigIntegerField()),
                ("event_at", models.DateTimeField()),
                ("kind", models.TextField()),
                ("attempts", models.SmallIntegerField()),
                ("error", models.TextField()),
                ("parked_at", models.DateTimeField(auto_now_add=True)),
                ("resolved_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "core_deadevent",
                "constraints": [models.UniqueConstraint(fields=("consumer", "event_id"), name="core_deadevent_once")],
            },
        ),
        migrations.CreateModel(
            name="JobEffect",
            fields=[
                ("key", models.CharField(max_length=200, primary_key=True, serialize=False)),
                ("job_id", models.BigIntegerField(null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True, db_index=True)),
            ],
            options={"db_table": "core_jobeffect"},
        ),
        migrations.CreateModel(
            name="JobProgress",
            fields=[
                ("job_id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("label", models.CharField(max_length=200, verbose_name="任务")),
                ("done", models.BigIntegerField(default=0, verbose_name="已处理")),
                ("total", models.BigIntegerField(null=True, verbose_name="总数")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "等待中"),
                            ("running", "进行中"),
                            ("done", "已完成"),
                            ("failed", "失败"),
                            ("cancelled", "已取消"),
                        ],
                        default="waiting",
                        max_length=16,
                        verbose_name="状态",
                    ),
                ),
                ("cancel_requested", models.BooleanField(default=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
            ],
            options={"db_table": "core_jobprogress", "ordering": ["-created_at"]},
        ),
    ]
