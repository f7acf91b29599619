"""The project's models as the architecture tests read them. Copies that history keeps are left out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from django.apps import apps
from django.db import models

from foundation.tenancy.scoping import SameMerchant, TenantModel
from tests.architecture.source import APPS

Model = type[models.Model]


def our_models() -> Iterator[Model]:
    for label in APPS:
        for model in apps.get_app_config(label).get_models():
            if not hasattr(model, "instance_type"):
                yield model


def tenant_models() -> Iterator[type[TenantModel]]:
    return (model for model in our_models() if issubclass(model, TenantModel))


def foreign_keys(model: Model) -> Iterator[models.ForeignKey[models.Model, models.Model]]:
    for field in model._meta.get_fields():
        if isinstance(field, models.ForeignKey):
            yield field


def loose_parents(candidates: Iterable[Model]) -> list[str]:
    """Foreign keys between tenant rows that a row of another merchant could satisfy."""
    return [
        f"{model._meta.label}.{field.name}"
        for model in candidates
        for field in foreign_keys(model)
        if names_a_tenant_row(field) and not _is_tied(model, field)
    ]


def names_a_tenant_row(field: models.ForeignKey[models.Model, models.Model]) -> bool:
    # A model that the registry has not resolved yet is still a string, such as "foundation.Merchant".
    parent: object = field.related_model
    return isinstance(parent, type) and issubclass(parent, TenantModel)


def _is_tied(model: Model, field: models.ForeignKey[models.Model, models.Model]) -> bool:
    parent = field.related_model._meta
    ties = [c for c in model._meta.constraints if isinstance(c, SameMerchant) and c.field == field.name]
    has_key = any(
        isinstance(c, models.UniqueConstraint) and tuple(c.fields) == ("merchant", "id")
        for c in parent.constraints
    )
    return [tie.to for tie in ties] == [parent.db_table] and has_key and not field.db_constraint


def unique_without_merchant(candidates: Iterable[Model]) -> list[str]:
    """Unique columns and constraints of tenant tables that do not begin with the merchant."""
    found = []
    for model in candidates:
        found += [
            f"{model._meta.label}.{field.name}"
            for field in model._meta.fields
            if field.unique and not field.primary_key and field.name != "merchant"
        ]
        found += [
            f"{model._meta.label}.{constraint.name}"
            for constraint in model._meta.constraints
            if isinstance(constraint, models.UniqueConstraint) and "merchant" not in constraint.fields
        ]
    return found


def amounts_without_currency(candidates: Iterable[Model]) -> list[str]:
    """Columns of minor units that are no big integers, or that stand without a currency column."""
    found = []
    for model in candidates:
        names = {field.name for field in model._meta.fields}
        for field in model._meta.fields:
            if field.name.endswith("_minor"):
                if not isinstance(field, models.BigIntegerField):
                    found.append(f"{model._meta.label}.{field.name} is no BigIntegerField")
                if not any(name.endswith("currency") for name in names):
                    found.append(f"{model._meta.label}.{field.name} has no currency beside it")
    return found


def inexact_columns(candidates: Iterable[Model]) -> list[str]:
    return [
        f"{model._meta.label}.{field.name}"
        for model in candidates
        for field in model._meta.fields
        if isinstance(field, models.FloatField)
    ]


def defaulted_currencies(candidates: Iterable[Model]) -> list[str]:
    return [
        f"{model._meta.label}.{field.name}"
        for model in candidates
        for field in model._meta.fields
        if field.name.endswith("currency") and field.has_default() and field.default not in ("", None)
    ]


def deleting_foreign_keys(candidates: Iterable[Model]) -> list[str]:
    """Foreign keys that delete or blank rows when the parent goes."""
    return [
        f"{model._meta.label}.{field.name}"
        for model in candidates
        for field in foreign_keys(model)
        if field.remote_field.on_delete is not models.PROTECT
    ]


def oddly_named_times(candidates: Iterable[Model]) -> list[str]:
    """Instants that do not end in _at, dates that do not end in _on."""
    return [
        f"{model._meta.label}.{field.name}"
        for model in candidates
        for field in model._meta.fields
        if isinstance(field, models.DateField) and not field.name.endswith(_suffix_of(field))
    ]


def _suffix_of(field: models.DateField) -> str:
    return "_at" if isinstance(field, models.DateTimeField) else "_on"
