"""What the audit's triggers share, and the one that keeps its rows as they were written."""

from django.db import migrations

# What `common.audit.context.signed` wrote behind the statement; for a statement without it, the role and the program.
CONTEXT = r"""
CREATE FUNCTION common_audit_context(
    OUT door text, OUT actor_id bigint, OUT origin text, OUT request_id text, OUT client_address inet
) LANGUAGE plpgsql STABLE AS $$
DECLARE
    -- What follows the last mark, which a value of a caller's cannot be: the comment ends the statement. Taken apart
    -- without a pattern, which would take longer than all the rest of a trigger.
    told text := split_part(rtrim(right(current_query(), 600), E'; \n'), '/*audit ', -1);
    said text[] := string_to_array(left(told, -3), '|');
BEGIN
    IF right(told, 3) <> ' */' OR cardinality(said) <> 5 OR strpos(left(told, -3), '*') > 0 OR said[2] !~ '^[0-9]*$' THEN
        said := '{}';
    END IF;
    door := coalesce(said[1], 'sql');
    actor_id := nullif(said[2], '')::bigint;
    request_id := coalesce(said[3], '');
    client_address := nullif(said[4], '')::inet;
    origin := coalesce(said[5], left(session_user || ' ' || current_setting('application_name'), 200));
END $$;
"""

# TG_ARGV: the kind, the model's label, the doors whose changes are told elsewhere, and the columns that count. Of a row
# that is new or gone all of them are told, of one that changed those that did. Numbers are told as texts, so that no
# reader rounds money.
ROW = """
CREATE FUNCTION common_audit_row() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    was jsonb;
    becomes jsonb;
    told_was jsonb;
    told_now jsonb;
    c record;
BEGIN
    SELECT * INTO c FROM common_audit_context();
    IF c.door = ANY (TG_ARGV[2]::text[]) THEN
        RETURN NULL;
    END IF;
    was := CASE WHEN TG_OP = 'INSERT' THEN '{}'::jsonb ELSE to_jsonb(OLD) END;
    becomes := CASE WHEN TG_OP = 'DELETE' THEN '{}'::jsonb ELSE to_jsonb(NEW) END;
    SELECT
        jsonb_object_agg(name, CASE jsonb_typeof(was->name) WHEN 'number' THEN to_jsonb(was->>name) ELSE was->name END),
        jsonb_object_agg(
            name, CASE jsonb_typeof(becomes->name) WHEN 'number' THEN to_jsonb(becomes->>name) ELSE becomes->name END
        )
    INTO told_was, told_now
    FROM unnest(TG_ARGV[3:]) AS name WHERE was->name IS DISTINCT FROM becomes->name;
    IF told_was IS NOT NULL THEN
        INSERT INTO common_auditentry
            (kind, object_type, object_id, before, after, door, actor_id, origin, request_id, client_address)
        SELECT TG_ARGV[0], TG_ARGV[1], (coalesce(becomes->>'id', was->>'id'))::bigint,
            CASE WHEN TG_OP <> 'INSERT' THEN told_was END, CASE WHEN TG_OP <> 'DELETE' THEN told_now END,
            c.door, c.actor_id, c.origin, c.request_id, c.client_address;
    END IF;
    RETURN NULL;
END $$;
"""

# `common.audit.upkeep` says that it is at work, and even so rewrites nothing but what leads to a person.
FREEZE = """
CREATE FUNCTION common_freeze_audit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('shop.audit_upkeep', true) IS DISTINCT FROM 'on' THEN
        RAISE EXCEPTION 'the audit is only added to' USING ERRCODE = 'restrict_violation';
    END IF;
    IF TG_LEVEL = 'STATEMENT' OR TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    IF to_jsonb(OLD) - '{client_address,request_id}'::text[] IS DISTINCT FROM
        to_jsonb(NEW) - '{client_address,request_id}'::text[]
    THEN
        RAISE EXCEPTION 'entry % of the audit tells what happened', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER common_auditentry_frozen BEFORE UPDATE OR DELETE ON common_auditentry
FOR EACH ROW EXECUTE FUNCTION common_freeze_audit();
CREATE TRIGGER common_auditentry_never_emptied BEFORE TRUNCATE ON common_auditentry
FOR EACH STATEMENT EXECUTE FUNCTION common_freeze_audit();
"""
THAW = """
DROP TRIGGER common_auditentry_never_emptied ON common_auditentry;
DROP TRIGGER common_auditentry_frozen ON common_auditentry;
DROP FUNCTION common_freeze_audit();
"""


class Migration(migrations.Migration):
    dependencies = [("common", "0006_audit")]

    operations = [
        migrations.RunSQL(CONTEXT, "DROP FUNCTION common_audit_context();"),
        migrations.RunSQL(ROW, "DROP FUNCTION common_audit_row();"),
        migrations.RunSQL(FREEZE, THAW),
    ]
