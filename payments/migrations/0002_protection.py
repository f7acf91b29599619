"""Money rows are never deleted, and every change of them leaves an audit event; the log of PSP calls only grows.

Personal data goes into the evidence as a digest: erasing a customer must not leave a copy behind.
"""

from django.db import migrations

from foundation.audit.protection import AppendOnly, Audited, NeverDeleted

SEALED = ("secret_key_encrypted", "webhook_secret_encrypted", "previous_webhook_secret_encrypted")
PERSONAL = ("name", "email", "phone", "address", "shipping")


class Migration(migrations.Migration):
    dependencies = [("payments", "0001_initial"), ("foundation", "0002_protection")]

    operations = [
        AppendOnly("payments_pspcall"),
        NeverDeleted("payments_paymentintent"),
        NeverDeleted("payments_paymentattempt"),
        NeverDeleted("payments_capture"),
        NeverDeleted("payments_refund"),
        NeverDeleted("payments_case"),
        NeverDeleted("payments_pspwebhook"),
        Audited(
            "payments_paymentintent",
            exclude=("search_text", "version"),
            secret=("client_secret_suffix", "receipt_email", "shipping"),
        ),
        Audited("payments_paymentattempt"),
        Audited("payments_capture"),
        Audited("payments_refund"),
        Audited("payments_case"),
        Audited("payments_pspaccount", secret=SEALED),
        Audited("payments_customer", secret=PERSONAL),
        Audited("payments_paymentmethod", secret=("billing_details",)),
        Audited("payments_psptoken", secret=("token_encrypted",)),
    ]
