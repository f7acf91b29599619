"""Statements are evidence: lines and matches never change, statements, runs and breaks are never deleted."""

from django.db import migrations

from foundation.audit.protection import AppendOnly, Audited, NeverDeleted

# Which payout a line was paid in is told by a later report; nothing else of a line may change.
LINE_IS_AS_TOLD = """
CREATE TRIGGER ledger_line_is_as_told
BEFORE UPDATE OF id, merchant_id, statement_id, line_number, source, psp_account, line_key, occurrence, kind,
    reference, order_reference, currency, gross_minor, fee_minor, net_minor, occurred_at, available_at, description
ON ledger_statementline FOR EACH STATEMENT
EXECUTE FUNCTION foundation_refuse_change('a line stays as it was told')
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0006_reconciliation_tables"), ("foundation", "0002_protection")]

    operations = [
        migrations.RunSQL(LINE_IS_AS_TOLD, "DROP TRIGGER ledger_line_is_as_told ON ledger_statementline"),
        NeverDeleted("ledger_statementline"),
        NeverDeleted("ledger_statement"),
        NeverDeleted("ledger_reconciliationrun"),
        NeverDeleted("ledger_reconciliationbreak"),
        AppendOnly("ledger_unreadline"),
        AppendOnly("ledger_reconciliationmatch"),
        AppendOnly("ledger_reconciliationtie"),
        Audited("ledger_statement"),
        Audited("ledger_reconciliationbreak"),
    ]
