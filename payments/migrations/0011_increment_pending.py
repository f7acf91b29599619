"""An increment may wait for the PSP's word, and blocks the next one while it does."""

import django_fsm
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("payments", "0010_intent_settles")]

    operations = [
        migrations.RemoveConstraint(
            model_name="authorizationincrement", name="increment_one_undecided_per_attempt"
        ),
        migrations.AlterField(
            model_name="authorizationincrement",
            name="status",
            field=django_fsm.FSMField(
                choices=[
                    ("created", "Created"),
                    ("submitting", "Submitting"),
                    ("pending", "Pending"),
                    ("succeeded", "Succeeded"),
                    ("failed", "Failed"),
                    ("unknown", "Unknown"),
                ],
                default="created",
                max_length=50,
                protected=True,
            ),
        ),
        migrations.AddConstraint(
            model_name="authorizationincrement",
            constraint=models.UniqueConstraint(
                condition=Q(("status__in", ["created", "submitting", "pending", "unknown"])),
                fields=("merchant", "attempt"),
                name="increment_one_undecided_per_attempt",
            ),
        ),
    ]
