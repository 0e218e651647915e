from django.db import migrations

KEEP_BOTH = """
CREATE OR REPLACE FUNCTION changes_keep_both() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        NEW.milligrams := coalesce(NEW.milligrams, NEW.grams::bigint * 1000);
        NEW.grams := coalesce(NEW.grams, NEW.milligrams / 1000);
    ELSIF NEW.milligrams IS DISTINCT FROM OLD.milligrams THEN
        NEW.grams := NEW.milligrams / 1000;
    ELSIF NEW.grams IS DISTINCT FROM OLD.grams THEN
        NEW.milligrams := NEW.grams::bigint * 1000;
    END IF;
    RETURN NEW;
END $$;
"""
TRIGGER = """
CREATE OR REPLACE TRIGGER changes_parcel_both BEFORE INSERT OR UPDATE ON changes_parcel
FOR EACH ROW EXECUTE FUNCTION changes_keep_both()
"""


class Migration(migrations.Migration):
    dependencies = [("changes", "0009_wider_grams")]

    operations = [
        migrations.RunSQL(KEEP_BOTH, "DROP FUNCTION changes_keep_both"),
        migrations.RunSQL(TRIGGER, "DROP TRIGGER changes_parcel_both ON changes_parcel"),
    ]
