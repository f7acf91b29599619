"""The foundation as one Django app: it knows no business."""

from django.apps import AppConfig


class FoundationConfig(AppConfig):
    name = "foundation"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Imported for what they register: Celery's one task, and the foundation's own jobs.
        from foundation.audit import tasks as _audit  # noqa: F401
        from foundation.audit.sealed_tables import SealedTable, register_sealed_table
        from foundation.events import tasks as _events  # noqa: F401
        from foundation.idempotency import tasks as _idempotency  # noqa: F401
        from foundation.jobs import tasks as _jobs  # noqa: F401
        from foundation.observability.foundation_gauges import register_foundation_gauges
        from foundation.rights.separation import watch_connections
        from foundation.vault.standing import watch_vault_keys
        from foundation.vault.wrapping import get_key_wrapper
        from foundation.webhooks import tasks as _webhooks  # noqa: F401

        watch_connections()
        watch_vault_keys()
        _register_sealed_columns()
        register_foundation_gauges()
        register_sealed_table(SealedTable("foundation_auditevent", dated_by="created_at"))
        register_sealed_table(SealedTable("foundation_event", dated_by="created_at"))
        # A malformed VAULT_KEYS stops the start with one sentence, not the first payment with a traceback.
        get_key_wrapper()


def _register_sealed_columns() -> None:
    from foundation.vault.sealed_columns import SealedColumn, register_sealed_column

    register_sealed_column(SealedColumn("foundation_idempotencykey", "response_body", is_binary=True))
    register_sealed_column(SealedColumn("foundation_webhookendpoint", "secret_encrypted"))
    # Moved from the column beside it, never opened in between.
    previous = SealedColumn(
        "foundation_webhookendpoint", "previous_secret_encrypted", bound_as="secret_encrypted"
    )
    register_sealed_column(previous)
