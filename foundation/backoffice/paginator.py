"""Pages of large tables without counting them.

A count stops at 10,000 rows and is then shown as "10,000+"; pages end there too, so no OFFSET goes deeper. What
is further down is found by filter or search.
"""

from __future__ import annotations

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.utils.functional import cached_property

COUNT_CAP = 10_000


class CappedPaginator(Paginator):  # type: ignore[type-arg]
    """Django's paginator with a count that reads at most count_cap + 1 rows."""

    count_cap = COUNT_CAP

    @cached_property
    def _rows_seen(self) -> int:
        rows = self.object_list
        if isinstance(rows, QuerySet):
            return rows.order_by()[: self.count_cap + 1].count()
        return len(rows)

    @cached_property
    def count(self) -> int:
        return min(self._rows_seen, self.count_cap)

    @property
    def count_label(self) -> str:
        """For people: "1,234", or "10,000+" where the count stopped."""
        return f"{self.count:,}{'+' if self._rows_seen > self.count_cap else ''}"
