"""The register of sealed columns is complete: one that is missing would be lost with its key."""

from __future__ import annotations

from django.apps import apps
from django.db import connection

from foundation.vault.sealed_columns import direct_secrets, sealed_columns


def test_every_encrypted_column_of_every_model_is_registered() -> None:
    registered = {(column.table, column.column) for column in sealed_columns()}
    named_so = {
        (model._meta.db_table, field.column)
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if field.column.endswith("_encrypted")
    }

    assert named_so - registered == set()
    assert registered - named_so == {("foundation_idempotencykey", "response_body")}


def test_every_registered_column_exists_with_its_merchant(db: None) -> None:
    with connection.cursor() as cursor:
        for column in sealed_columns():
            cursor.execute(
                "SELECT column_name FROM information_schema.columns"
                " WHERE table_name = %s AND column_name IN ('id', 'merchant_id', %s)",
                [column.table, column.column],
            )
            assert len(cursor.fetchall()) == 3, column.name


def test_second_factors_are_registered() -> None:
    assert [one.name for one in direct_secrets()] == ["second factors"]
