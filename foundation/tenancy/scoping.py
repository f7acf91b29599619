"""Scoping: no tenant, no query.

A tenant's model has two doors. `objects.for_merchant(id)` is the everyday one. `across_merchants` sees every row
and is for relays, sweeps, verifiers and the admin (which narrows it to the staff member's merchants); an
architecture test lists who may use it.
"""

from __future__ import annotations

from typing import Any, TypeVar
from uuid import UUID

from django.db import models
from django.db.models.constraints import BaseConstraint
from django.utils.text import capfirst

from foundation import ids

M = TypeVar("M", bound=models.Model)


class TenantRequired(RuntimeError):
    """A tenant's rows were asked for without saying whose."""


class TenantManager(models.Manager[M]):
    """The scoped door: everything but for_merchant raises TenantRequired."""

    def get_queryset(self) -> models.QuerySet[M]:
        raise TenantRequired(
            f"{self.model.__name__}: say whose rows, with objects.for_merchant(merchant_id)."
        )

    def for_merchant(self, merchant_id: UUID) -> models.QuerySet[M]:
        return super().get_queryset().filter(merchant_id=merchant_id)


class IdentifiedModel(models.Model):
    """A row with a UUIDv7 key, shown outside as `public_prefix` + base62."""

    public_prefix: str = ""

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)

    class Meta:
        abstract = True

    @property
    def public_id(self) -> str:
        return ids.encode_id(self.public_prefix, self.id)

    def __str__(self) -> str:
        # A word first: the admin's breadcrumb capitalises the first letter of what this returns.
        return f"{capfirst(str(self._meta.verbose_name))} {self.public_id}"


class TenantModel(IdentifiedModel):
    """A row that belongs to one merchant. Subclasses' Meta inherits from TenantModel.Meta."""

    # Without an index of its own: every tenant table has one that begins with the merchant (tenant_key).
    merchant = models.ForeignKey(
        "foundation.Merchant", on_delete=models.PROTECT, related_name="+", db_index=False
    )

    across_merchants = models.Manager()
    objects = TenantManager()

    class Meta:
        abstract = True
        default_manager_name = "across_merchants"
        base_manager_name = "across_merchants"


def tenant_key(model: str) -> models.UniqueConstraint:
    """What a same_merchant constraint of a child points at: unique (merchant, id)."""
    return models.UniqueConstraint(fields=["merchant", "id"], name=f"{model}_tenant_key")


def same_merchant(model: str, field: str, to: str) -> SameMerchant:
    """Composite foreign key (merchant_id, <field>_id) → (merchant_id, id) of table `to`."""
    return SameMerchant(field=field, to=to, name=f"{model}_{field}_same_merchant")


class SameMerchant(BaseConstraint):
    """A parent named by a row belongs to the row's own merchant; PostgreSQL refuses anything else.

    Declare the ForeignKey itself with db_constraint=False: this one replaces Django's.
    """

    def __init__(self, *, field: str, to: str, name: str) -> None:
        super().__init__(name=name)
        self.field = field
        self.to = to

    def _add_sql(self, model: type[models.Model], schema_editor: Any) -> str:
        quote = schema_editor.quote_name
        return (
            f"ALTER TABLE {quote(model._meta.db_table)} ADD CONSTRAINT {quote(self.name)} "
            f"FOREIGN KEY (merchant_id, {quote(self.field + '_id')}) "
            f"REFERENCES {quote(self.to)} (merchant_id, id)"
        )

    def constraint_sql(self, model: Any, schema_editor: Any) -> Any:
        # Deferred to the end of the migration: the parent's unique key may be made after this table.
        schema_editor.deferred_sql.append(self._add_sql(model, schema_editor))
        return None

    def create_sql(self, model: Any, schema_editor: Any) -> Any:
        schema_editor.deferred_sql.append(self._add_sql(model, schema_editor))
        return None

    def remove_sql(self, model: Any, schema_editor: Any) -> str:
        quote = schema_editor.quote_name
        return f"ALTER TABLE {quote(model._meta.db_table)} DROP CONSTRAINT {quote(self.name)}"

    def validate(self, model: Any, instance: Any, exclude: Any = None, using: str = "default") -> None:
        """PostgreSQL decides; forms of tenant rows are read-only."""

    def deconstruct(self) -> tuple[str, Any, dict[str, Any]]:
        path, args, kwargs = super().deconstruct()
        return path, args, {**kwargs, "field": self.field, "to": self.to}

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, SameMerchant):
            return NotImplemented
        return (self.name, self.field, self.to) == (other.name, other.field, other.to)

    def __hash__(self) -> int:
        return hash((self.name, self.field, self.to))
