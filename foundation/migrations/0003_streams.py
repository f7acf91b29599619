"""What Django cannot say about jobs and events: the stream's position, and vacuuming tables that churn."""

from django.db import migrations

# GENERATED ALWAYS: nobody, by mistake or on purpose, writes a position of their own.
POSITION = """
ALTER TABLE foundation_event ALTER COLUMN position DROP DEFAULT;
ALTER TABLE foundation_event ALTER COLUMN position ADD GENERATED ALWAYS AS IDENTITY;
"""
POSITION_BACK = """
ALTER TABLE foundation_event ALTER COLUMN position DROP IDENTITY;
ALTER TABLE foundation_event ALTER COLUMN position SET DEFAULT 0;
"""

# A job row is updated three times in its first second and never again. With the defaults, vacuum would come after
# a fifth of the table has changed, when the partial indexes are long full of dead entries.
VACUUM = """
ALTER TABLE foundation_job SET (
    autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 10000, autovacuum_analyze_scale_factor = 0.02
);
ALTER TABLE foundation_webhookdelivery SET (autovacuum_vacuum_scale_factor = 0.02);
"""
VACUUM_BACK = """
ALTER TABLE foundation_job RESET (
    autovacuum_vacuum_scale_factor, autovacuum_vacuum_threshold, autovacuum_analyze_scale_factor
);
ALTER TABLE foundation_webhookdelivery RESET (autovacuum_vacuum_scale_factor);
"""


class Migration(migrations.Migration):
    dependencies = [("foundation", "0002_protection")]

    operations = [
        migrations.RunSQL(POSITION, POSITION_BACK),
        migrations.RunSQL(VACUUM, VACUUM_BACK),
    ]
