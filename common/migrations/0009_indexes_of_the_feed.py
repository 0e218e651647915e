"""The feed is read by place, and what has no place yet is found, by index; built while the shop sells."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

INDEX = "CREATE UNIQUE INDEX CONCURRENTLY common_outboxevent_position ON common_outboxevent (position)"
CONSTRAINT = """
ALTER TABLE common_outboxevent
ADD CONSTRAINT common_outboxevent_position UNIQUE USING INDEX common_outboxevent_position
"""
NO_CONSTRAINT = "ALTER TABLE common_outboxevent DROP CONSTRAINT common_outboxevent_position"


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("common", "0008_events_out")]

    operations = [
        AddIndexConcurrently(
            "outboxevent",
            models.Index(fields=["id"], condition=models.Q(position=None), name="common_outboxevent_unplaced"),
        ),
        AddIndexConcurrently("outboxevent", models.Index(fields=["name", "position"], name="common_outboxevent_name")),
        migrations.RunSQL(
            [INDEX, CONSTRAINT],
            NO_CONSTRAINT,
            state_operations=[
                migrations.AddConstraint(
                    "outboxevent", models.UniqueConstraint(fields=["position"], name="common_outboxevent_position")
                )
            ],
        ),
    ]
