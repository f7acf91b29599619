"""The tables of the books. One row is one provider object: its public shape in `body`, the sandbox's own
notes in `private`, and as columns only what is searched or summed.
"""

# Table -> the members of `body` that are also columns.
COLUMNS: dict[str, tuple[str, ...]] = {
    "payment_intents": ("status", "customer", "currency", "amount_capturable"),
    "charges": ("status", "customer", "payment_intent"),
    "refunds": ("status", "charge", "payment_intent"),
    "customers": ("email", "deleted"),
    "payment_methods": ("customer", "type"),
    "setup_intents": ("status", "customer", "payment_method"),
    "balance_transactions": ("type", "source", "currency", "amount", "fee", "net"),
    "payouts": ("status", "currency", "amount", "arrival_date"),
    "disputes": ("status", "charge", "payment_intent", "currency", "amount"),
    "early_fraud_warnings": ("charge", "payment_intent"),
    "files": ("purpose",),
    "events": ("type",),
    "webhook_endpoints": ("url",),
}
_INTEGERS = frozenset({"deleted", "amount", "fee", "net", "amount_capturable", "arrival_date"})

_LOOKUPS = """
CREATE INDEX IF NOT EXISTS charges_of_intent ON charges(payment_intent, seq);
CREATE INDEX IF NOT EXISTS refunds_of_intent ON refunds(payment_intent, seq);
CREATE INDEX IF NOT EXISTS refunds_of_charge ON refunds(charge, seq);
CREATE INDEX IF NOT EXISTS disputes_of_charge ON disputes(charge, seq);
CREATE INDEX IF NOT EXISTS warnings_of_charge ON early_fraud_warnings(charge, seq);
CREATE INDEX IF NOT EXISTS intents_of_customer ON payment_intents(customer, seq) WHERE customer IS NOT NULL;
CREATE INDEX IF NOT EXISTS methods_of_customer ON payment_methods(customer, seq) WHERE customer IS NOT NULL;
CREATE INDEX IF NOT EXISTS transactions_of_source ON balance_transactions(source, seq);
CREATE INDEX IF NOT EXISTS open_authorizations ON payment_intents(account) WHERE amount_capturable > 0;
"""

_OTHER_TABLES = """
CREATE TABLE IF NOT EXISTS accounts (
    key TEXT PRIMARY KEY, id TEXT NOT NULL, created_at REAL NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS metadata (
    kind TEXT NOT NULL, account TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, id TEXT NOT NULL,
    PRIMARY KEY (kind, account, key, value, id)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS idempotency_keys (
    account TEXT NOT NULL, key TEXT NOT NULL, path TEXT NOT NULL, fingerprint TEXT NOT NULL,
    status INTEGER NOT NULL, answer BLOB NOT NULL, request_id TEXT NOT NULL, created_at REAL NOT NULL,
    PRIMARY KEY (account, key)
);
CREATE TABLE IF NOT EXISTS webhook_deliveries (
    id INTEGER PRIMARY KEY, event TEXT NOT NULL, endpoint TEXT NOT NULL, account TEXT NOT NULL,
    state TEXT NOT NULL, tries INTEGER NOT NULL DEFAULT 0, due_at REAL NOT NULL, last_answer TEXT
);
CREATE INDEX IF NOT EXISTS waiting_deliveries ON webhook_deliveries(due_at) WHERE state = 'waiting';
CREATE INDEX IF NOT EXISTS deliveries_of_event ON webhook_deliveries(event);
CREATE TABLE IF NOT EXISTS due_work (
    id INTEGER PRIMARY KEY, due_at REAL NOT NULL, kind TEXT NOT NULL,
    account TEXT NOT NULL, object TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS due_work_by_time ON due_work(due_at);
CREATE TABLE IF NOT EXISTS settled_transactions (
    id TEXT PRIMARY KEY, payout TEXT NOT NULL, seq INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS settled_by_payout ON settled_transactions(payout, seq);
CREATE TABLE IF NOT EXISTS file_contents (
    id TEXT PRIMARY KEY, content BLOB NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
"""

# What `reset` empties; endpoints and settings have their own say.
BUSINESS_TABLES = (
    *(table for table in COLUMNS if table != "webhook_endpoints"),
    "metadata",
    "settled_transactions",
    "file_contents",
    "idempotency_keys",
    "webhook_deliveries",
    "due_work",
)


def _object_table(table: str) -> str:
    columns = "".join(f", {name} {'INTEGER' if name in _INTEGERS else 'TEXT'}" for name in COLUMNS[table])
    return (
        f"CREATE TABLE IF NOT EXISTS {table} (seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, "
        f"account TEXT NOT NULL, created_at REAL NOT NULL{columns}, body TEXT NOT NULL, private TEXT NOT "
        f"NULL);\nCREATE INDEX IF NOT EXISTS {table}_of_account ON {table}(account, seq);\n"
    )


DDL = "".join(_object_table(table) for table in COLUMNS) + _LOOKUPS + _OTHER_TABLES
