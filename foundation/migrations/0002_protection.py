"""The two functions behind protected tables, and the protection of the foundation's own tables."""

from django.db import migrations

from foundation.audit.protection import AppendOnly, Audited, NeverDeleted

REFUSE_CHANGE = """
CREATE FUNCTION foundation_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% of % is refused: %', TG_OP, TG_TABLE_NAME, TG_ARGV[0]
        USING ERRCODE = 'restrict_violation', TABLE = TG_TABLE_NAME;
END $$
"""

# Arguments: key column, merchant column, excluded columns (array), secret columns (array).
# SECURITY DEFINER: the application's role needs no right to write audit events, so it cannot forge them.
RECORD_CHANGE = """
CREATE FUNCTION foundation_record_change() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    was jsonb;
    became jsonb;
    present jsonb;
    hidden text;
BEGIN
    IF TG_OP <> 'INSERT' THEN
        was := to_jsonb(OLD) - TG_ARGV[2]::text[];
    END IF;
    IF TG_OP <> 'DELETE' THEN
        became := to_jsonb(NEW) - TG_ARGV[2]::text[];
    END IF;
    IF was = became THEN
        RETURN NULL;
    END IF;
    IF TG_ARGV[3] <> '{}' THEN
        FOREACH hidden IN ARRAY TG_ARGV[3]::text[] LOOP
            was := jsonb_set(was, ARRAY[hidden], foundation_digest(was ->> hidden), false);
            became := jsonb_set(became, ARRAY[hidden], foundation_digest(became ->> hidden), false);
        END LOOP;
    END IF;
    present := coalesce(became, was);
    IF TG_OP = 'UPDATE' THEN
        SELECT jsonb_object_agg(key, was -> key), jsonb_object_agg(key, value) INTO was, became
        FROM jsonb_each(became) WHERE value IS DISTINCT FROM was -> key;
    END IF;
    INSERT INTO foundation_auditevent (
        table_name, row_id, merchant_id, operation, before, after, actor, request_id, trace_id, created_at
    ) VALUES (
        TG_TABLE_NAME,
        present ->> TG_ARGV[0],
        coalesce(present ->> TG_ARGV[1], nullif(current_setting('app.merchant', true), ''))::uuid,
        TG_OP, was, became,
        coalesce(nullif(current_setting('app.actor', true), ''), 'database:' || session_user),
        coalesce(current_setting('app.request_id', true), ''),
        coalesce(current_setting('app.trace_id', true), ''),
        clock_timestamp()
    );
    RETURN NULL;
END $$
"""

DIGEST = """
CREATE FUNCTION foundation_digest(secret text) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(
        to_jsonb('sha256:' || left(encode(sha256(convert_to(secret, 'UTF8')), 'hex'), 16)), 'null'::jsonb
    )
$$
"""

# pg_temp last, by name: else a temporary table called foundation_auditevent would swallow the evidence.
PIN_SEARCH_PATH = """
DO $$ BEGIN
    EXECUTE format(
        'ALTER FUNCTION foundation_record_change() SET search_path = pg_catalog, %I, pg_temp', current_schema()
    );
END $$
"""


class Migration(migrations.Migration):
    dependencies = [("foundation", "0001_initial")]

    operations = [
        migrations.RunSQL(REFUSE_CHANGE, "DROP FUNCTION foundation_refuse_change()"),
        migrations.RunSQL(DIGEST, "DROP FUNCTION foundation_digest(text)"),
        migrations.RunSQL(RECORD_CHANGE, "DROP FUNCTION foundation_record_change()"),
        migrations.RunSQL(PIN_SEARCH_PATH, migrations.RunSQL.noop),
        AppendOnly("foundation_event"),
        AppendOnly("foundation_auditevent"),
        AppendOnly("foundation_deliveryattempt"),
        NeverDeleted("foundation_datakey"),
        Audited("foundation_merchant", merchant="id"),
        Audited("foundation_apikey", exclude=("last_used_at",), secret=("secret_sha256",)),
        Audited(
            "foundation_webhookendpoint",
            exclude=("failing_since",),
            secret=("secret_encrypted", "previous_secret_encrypted"),
        ),
        Audited("foundation_staffuser", exclude=("last_login",), secret=("password",)),
        Audited("foundation_staffassignment"),
    ]
