"""The sealer finds the journal's rows of the last minute."""

from django.db import migrations

from foundation.audit.sealed_tables import Sealed


class Migration(migrations.Migration):
    dependencies = [("foundation", "0005_seals"), ("ledger", "0004_merchant_index")]
    run_before = [("ledger", "0005_books")]

    operations = [Sealed("ledger_journalentry"), Sealed("ledger_posting")]
