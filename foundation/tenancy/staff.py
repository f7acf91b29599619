"""Operations on people of the back office: make one, change role and merchants, switch off.

Roles are groups, written by the roof (payments_site/roles.py). Passwords and second factors are allauth's.
"""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.contrib.auth.models import Group
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from foundation.tenancy.errors import StaffInvalid
from foundation.tenancy.models import Merchant, StaffAssignment, StaffUser
from foundation.transactions import owns_transaction


@owns_transaction
def create_staff(
    *, username: str, role: str, password: str, merchant_ids: Iterable[UUID] | None = None
) -> StaffUser:
    """Make a person, or give an existing one this password, role and these merchants.

    merchant_ids None: every merchant there is now. The role "admin" is no superuser.
    Raises StaffInvalid for an unknown role, a weak password or an unknown merchant.
    Writes the user, one assignment per merchant, and their history. Safe to repeat: the same call, the same rows.
    """
    staff = StaffUser.objects.filter(username=username).first() or StaffUser(username=username)
    _refuse_weak(password, staff)
    staff.is_staff = True
    staff.is_active = True
    staff.set_password(password)
    staff.save()
    _assign(staff, role=role, merchant_ids=merchant_ids)
    return staff


@owns_transaction
def assign_staff(*, staff_id: int, role: str, merchant_ids: Iterable[UUID]) -> None:
    """Give a person exactly this role and these merchants.

    Raises StaffInvalid for an unknown role or merchant. Safe to repeat: it sets, and adds nothing up.
    """
    _assign(StaffUser.objects.get(pk=staff_id), role=role, merchant_ids=merchant_ids)


@owns_transaction
def set_staff_active(*, staff_id: int, is_active: bool) -> None:
    """Let a person in, or keep them out from their next request on. Writes the user and its history."""
    staff = StaffUser.objects.get(pk=staff_id)
    staff.is_active = is_active
    staff.save(update_fields=["is_active"])


def _assign(staff: StaffUser, *, role: str, merchant_ids: Iterable[UUID] | None) -> None:
    group = Group.objects.filter(name=role).first()
    if group is None:
        raise StaffInvalid(f"There is no role {role!r}.", param="role")
    merchants = Merchant.objects.all()
    if merchant_ids is not None:
        wanted = set(merchant_ids)
        merchants = merchants.filter(id__in=wanted)
        if merchants.count() != len(wanted):
            raise StaffInvalid("One of these merchants does not exist.", param="merchants")
    staff.groups.set([group])
    staff.assignments.exclude(merchant__in=merchants).delete()
    StaffAssignment.objects.bulk_create(
        [StaffAssignment(staff=staff, merchant=merchant) for merchant in merchants], ignore_conflicts=True
    )


def _refuse_weak(password: str, staff: StaffUser) -> None:
    try:
        validate_password(password, staff)
    except ValidationError as error:
        raise StaffInvalid(" ".join(error.messages), param="password") from None
