"""Seals, their pages and what the verifier found; the sealer finds the last minute's events and audit events."""

from django.db import migrations, models

import foundation.events.fields
from foundation.audit.protection import AppendOnly
from foundation.audit.sealed_tables import Sealed


class Migration(migrations.Migration):
    dependencies = [("foundation", "0004_merchant_index")]

    operations = [
        migrations.CreateModel(
            name="AuditVerification",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("kind", models.CharField(choices=[("seals", "Seals"), ("rows", "Rows")], max_length=5)),
                ("started_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField()),
                ("first_seal", models.BigIntegerField(null=True)),
                ("last_seal", models.BigIntegerField(null=True)),
                ("last_position", models.TextField(blank=True)),
                ("is_last", models.BooleanField()),
                ("row_count", models.BigIntegerField()),
                ("finding_count", models.BigIntegerField()),
                ("findings", models.JSONField()),
            ],
            options={
                "verbose_name": "verification",
                "ordering": ("-id",),
                "indexes": [
                    models.Index(fields=["kind", "-id"], name="audit_verification_of_kind"),
                    models.Index(fields=["last_seal", "first_seal"], name="audit_verification_of_seal"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Seal",
            fields=[
                ("number", models.BigIntegerField(primary_key=True, serialize=False)),
                ("sealed_at", models.DateTimeField()),
                ("upto_xid", foundation.events.fields.Xid8Field()),
                ("parts", models.JSONField()),
                ("row_count", models.BigIntegerField()),
                ("previous_hash", models.CharField(max_length=64)),
                ("hash", models.CharField(max_length=64)),
                ("key_id", models.CharField(max_length=16)),
                ("signature", models.CharField(max_length=88)),
            ],
            options={
                "verbose_name": "seal",
                "ordering": ("-number",),
                "constraints": [
                    models.UniqueConstraint(fields=("previous_hash",), name="seal_follows_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="SealPage",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("seal_number", models.BigIntegerField()),
                ("table_name", models.CharField(max_length=63)),
                ("page", models.PositiveIntegerField()),
                ("keys", models.TextField()),
                ("hashes", models.BinaryField()),
            ],
            options={
                "verbose_name": "seal page",
                "ordering": ("seal_number", "table_name", "page"),
                "constraints": [
                    models.UniqueConstraint(
                        fields=("seal_number", "table_name", "page"), name="seal_page_once"
                    )
                ],
            },
        ),
        AppendOnly("foundation_seal"),
        AppendOnly("foundation_sealpage"),
        AppendOnly("foundation_auditverification"),
        Sealed("foundation_auditevent"),
        Sealed("foundation_event"),
    ]
