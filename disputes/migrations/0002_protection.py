"""Disputes are never deleted and every change of them is evidence; movements, recounts, notes and files only grow."""

from django.db import migrations

from foundation.audit.protection import AppendOnly, Audited, NeverDeleted


class Migration(migrations.Migration):
    dependencies = [("disputes", "0001_initial"), ("foundation", "0002_protection")]

    operations = [
        AppendOnly("disputes_disputefundmovement"),
        AppendOnly("disputes_disputerecount"),
        AppendOnly("disputes_disputenote"),
        AppendOnly("disputes_shoppolicy"),
        NeverDeleted("disputes_dispute"),
        NeverDeleted("disputes_disputeorder"),
        NeverDeleted("disputes_evidencefile"),
        NeverDeleted("disputes_fraudwarning"),
        # Evidence holds the customer's name, addresses and mails: a digest tells that it changed.
        Audited("disputes_dispute", exclude=("next_action_at",), secret=("evidence",)),
        Audited("disputes_disputeorder", exclude=("next_check_at",), secret=("evidence",)),
        Audited("disputes_disputepolicy"),
        Audited("disputes_fraudwarning"),
    ]
