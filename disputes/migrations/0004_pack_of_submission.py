"""A submission keeps the PDF that went with it; and a file that was kept never changes, as its hash claims."""

import django.db.models.deletion
import foundation.tenancy.scoping
from django.db import migrations, models

from foundation.audit.protection import AppendOnly


class Migration(migrations.Migration):

    dependencies = [
        ('disputes', '0003_queue_indexes'),
        ('foundation', '0002_protection'),
    ]

    operations = [
        migrations.AddField(
            model_name='disputeorder',
            name='pack',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='disputes.evidencefile'),
        ),
        migrations.AddConstraint(
            model_name='disputeorder',
            constraint=foundation.tenancy.scoping.SameMerchant(field='pack', name='dispute_order_pack_same_merchant', to='disputes_evidencefile'),
        ),
        AppendOnly("disputes_evidencefile"),
    ]
