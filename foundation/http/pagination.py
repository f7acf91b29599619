"""Lists and searches: newest first, keyset on the id (a UUIDv7 sorts by the time it was made)."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar
from uuid import UUID

from django.db import models

from foundation import ids
from foundation.errors import ParameterInvalid
from foundation.http.fields import no_such

R = TypeVar("R", bound=models.Model)
Shape = dict[str, Any]

DEFAULT_LIMIT = 10


def list_page(
    queryset: models.QuerySet[R],
    *,
    request_params: Mapping[str, Any],
    url: str,
    to_shape: Callable[[R], Shape] | None = None,
    to_shapes: Callable[[Sequence[R]], list[Shape]] | None = None,
    prefix: str,
    kind: str = "object",
    cursor_queryset: models.QuerySet[R] | None = None,
) -> Shape:
    """Stripe's list of a page of the queryset, whatever order that has.

    request_params: `limit`, `starting_after`, `ending_before` as validated by ListInput.
    to_shape: one row's shape; or to_shapes: the page's rows at once, for shapes that need more rows (no N+1).
    prefix: of the public ids. cursor_queryset: where a cursor's row must exist, when the queryset is filtered
    by what may change between two pages. One query, and one more where there is a cursor.
    Raises ResourceMissing for a cursor that is unknown.
    """
    limit = request_params.get("limit", DEFAULT_LIMIT)
    known = queryset if cursor_queryset is None else cursor_queryset
    before = request_params.get("ending_before")
    after = request_params.get("starting_after")
    if before is not None:
        cursor = _cursor(known, before, prefix, kind, "ending_before")
        rows = list(queryset.filter(pk__gt=cursor).order_by("pk")[: limit + 1])
        page = rows[:limit][::-1]
    else:
        if after is not None:
            queryset = queryset.filter(pk__lt=_cursor(known, after, prefix, kind, "starting_after"))
        rows = list(queryset.order_by("-pk")[: limit + 1])
        page = rows[:limit]
    return list_shape(url, _shapes(page, to_shape, to_shapes), has_more=len(rows) > limit)


def list_shape(url: str, data: list[Shape], *, has_more: bool = False) -> Shape:
    """Stripe's list object; also for the lists inside objects."""
    return {"object": "list", "url": url, "has_more": has_more, "data": data}


def search_page(
    queryset: models.QuerySet[R],
    *,
    request_params: Mapping[str, Any],
    url: str,
    to_shape: Callable[[R], Shape] | None = None,
    to_shapes: Callable[[Sequence[R]], list[Shape]] | None = None,
) -> Shape:
    """Stripe's search_result of a page; `page` is the token of the next one. Raises ParameterInvalid."""
    limit = request_params.get("limit", DEFAULT_LIMIT)
    token = request_params.get("page")
    if token is not None:
        queryset = queryset.filter(pk__lt=_from_token(token))
    rows = list(queryset.order_by("-pk")[: limit + 1])
    has_more = len(rows) > limit
    page = rows[:limit]
    return {
        "object": "search_result",
        "url": url,
        "has_more": has_more,
        "data": _shapes(page, to_shape, to_shapes),
        "next_page": _to_token(page[-1].pk) if has_more else None,
    }


def _shapes(
    page: Sequence[R],
    to_shape: Callable[[R], Shape] | None,
    to_shapes: Callable[[Sequence[R]], list[Shape]] | None,
) -> list[Shape]:
    if to_shapes is not None:
        return to_shapes(page)
    if to_shape is None:
        raise TypeError("A page needs to_shape or to_shapes.")
    return [to_shape(row) for row in page]


def _cursor(known: models.QuerySet[R], public_id: str, prefix: str, kind: str, param: str) -> UUID:
    try:
        cursor = ids.decode_id(prefix, public_id)
    except ids.PublicIdInvalid:
        raise no_such(kind, public_id, param=param) from None
    if not known.order_by().filter(pk=cursor).exists():
        raise no_such(kind, public_id, param=param)
    return cursor


def _to_token(row_id: UUID) -> str:
    return base64.urlsafe_b64encode(row_id.bytes).decode().rstrip("=")


def _from_token(token: str) -> UUID:
    try:
        return UUID(bytes=base64.urlsafe_b64decode(token + "=="))
    except (ValueError, binascii.Error):
        raise ParameterInvalid("This page token is not one that a search returned.", param="page") from None
