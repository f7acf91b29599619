"""What was held of a charge for a dispute is evidence."""

from django.db import migrations

from foundation.audit.protection import Audited, NeverDeleted


class Migration(migrations.Migration):
    dependencies = [("payments", "0008_disputes_interlock"), ("foundation", "0002_protection")]

    operations = [NeverDeleted("payments_fundshold"), Audited("payments_fundshold")]
