"""What the database itself refuses and records: frozen invoices, append-only balances, rows that stay, who changed what."""

from django.db import migrations

from foundation.audit.protection import AppendOnly, Audited, NeverDeleted

# A finalized invoice is a document: its amounts change only through credit notes, whoever writes the SQL.
FROZEN_INVOICE = """
CREATE FUNCTION subscriptions_refuse_frozen_invoice() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.status = 'draft' THEN
        RETURN coalesce(NEW, OLD);
    END IF;
    IF TG_OP = 'DELETE' OR NEW.status = 'draft' OR (
        (NEW.number, NEW.currency, NEW.customer_id, NEW.subtotal_minor, NEW.discount_minor, NEW.tax_minor,
         NEW.inclusive_tax_minor, NEW.total_minor, NEW.starting_balance_minor, NEW.amount_due_minor,
         NEW.finalized_at, NEW.customer_snapshot, NEW.seller_snapshot, NEW.tax_snapshot)
        IS DISTINCT FROM
        (OLD.number, OLD.currency, OLD.customer_id, OLD.subtotal_minor, OLD.discount_minor, OLD.tax_minor,
         OLD.inclusive_tax_minor, OLD.total_minor, OLD.starting_balance_minor, OLD.amount_due_minor,
         OLD.finalized_at, OLD.customer_snapshot, OLD.seller_snapshot, OLD.tax_snapshot)
    ) THEN
        RAISE EXCEPTION '% of % is refused: the invoice is finalized', TG_OP, TG_TABLE_NAME
            USING ERRCODE = 'restrict_violation', TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER subscriptions_frozen BEFORE UPDATE OR DELETE ON subscriptions_invoice
    FOR EACH ROW EXECUTE FUNCTION subscriptions_refuse_frozen_invoice();

CREATE FUNCTION subscriptions_refuse_frozen_line() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    touched uuid := CASE TG_OP WHEN 'INSERT' THEN NEW.invoice_id ELSE OLD.invoice_id END;
BEGIN
    IF TG_OP = 'UPDATE' AND
        to_jsonb(NEW) - '{cut_at,credited_minor,metadata}'::text[]
        = to_jsonb(OLD) - '{cut_at,credited_minor,metadata}'::text[]
    THEN
        RETURN NEW;
    END IF;
    IF EXISTS (SELECT FROM subscriptions_invoice WHERE id = touched AND status <> 'draft') THEN
        RAISE EXCEPTION '% of % is refused: the invoice is finalized', TG_OP, TG_TABLE_NAME
            USING ERRCODE = 'restrict_violation', TABLE = TG_TABLE_NAME;
    END IF;
    RETURN coalesce(NEW, OLD);
END $$;
CREATE TRIGGER subscriptions_frozen BEFORE INSERT OR UPDATE OR DELETE ON subscriptions_invoiceline
    FOR EACH ROW EXECUTE FUNCTION subscriptions_refuse_frozen_line();
"""
THAWED = """
DROP TRIGGER subscriptions_frozen ON subscriptions_invoiceline;
DROP FUNCTION subscriptions_refuse_frozen_line();
DROP TRIGGER subscriptions_frozen ON subscriptions_invoice;
DROP FUNCTION subscriptions_refuse_frozen_invoice();
"""

NOISE = ("lease_ends_at",)
PERSONAL = ("customer_snapshot",)


class Migration(migrations.Migration):
    dependencies = [("subscriptions", "0001_initial"), ("foundation", "0002_protection")]

    operations = [
        migrations.RunSQL(FROZEN_INVOICE, THAWED),
        AppendOnly("subscriptions_customerbalancetransaction"),
        NeverDeleted("subscriptions_price"),
        NeverDeleted("subscriptions_coupon"),
        NeverDeleted("subscriptions_taxrate"),
        NeverDeleted("subscriptions_discount"),
        NeverDeleted("subscriptions_meterevent"),
        NeverDeleted("subscriptions_subscription"),
        NeverDeleted("subscriptions_subscriptionitem"),
        NeverDeleted("subscriptions_invoiceitem"),
        NeverDeleted("subscriptions_invoicepayment"),
        NeverDeleted("subscriptions_creditnote"),
        NeverDeleted("subscriptions_creditnoteline"),
        NeverDeleted("subscriptions_invoicenumberseries"),
        NeverDeleted("subscriptions_dunningrun"),
        NeverDeleted("subscriptions_dunningtry"),
        Audited("subscriptions_product"),
        Audited("subscriptions_price"),
        Audited("subscriptions_coupon"),
        Audited("subscriptions_promotioncode"),
        Audited("subscriptions_taxrate"),
        Audited("subscriptions_discount"),
        Audited("subscriptions_billingsettings"),
        Audited("subscriptions_billingcustomer", secret=("vat_id",)),
        Audited("subscriptions_subscription", exclude=NOISE),
        Audited("subscriptions_subscriptionitem"),
        Audited("subscriptions_subscriptionschedule"),
        Audited("subscriptions_invoice", exclude=NOISE, secret=(*PERSONAL, "hosted_token")),
        Audited("subscriptions_creditnote"),
        Audited("subscriptions_dunningpolicy"),
        Audited("subscriptions_dunningrun"),
    ]
