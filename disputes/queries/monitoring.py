"""The counts behind the networks' monitoring programs, from disputes, fraud warnings and captured payments."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from uuid import UUID

from django.db.models import Count, QuerySet

from disputes.models import Dispute, DisputeStage, DisputeStatus, FraudWarning, MonitoringFigure
from disputes.monitoring import Reading, mastercard_ecp, projected, visa_enumeration, visa_vamp
from disputes.regions import is_cemea
from foundation.tenancy.queries import get_merchant
from payments.queries.captured import count_captured, count_card_testing

SECONDS_A_DAY = 86_400


@dataclass(frozen=True, slots=True)
class Month:
    """A calendar month in UTC."""

    first_day: date

    @classmethod
    def of(cls, instant: datetime) -> Month:
        return cls(instant.astimezone(UTC).date().replace(day=1))

    @property
    def starts_at(self) -> datetime:
        return datetime(self.first_day.year, self.first_day.month, 1, tzinfo=UTC)

    @property
    def following(self) -> Month:
        return Month((self.first_day + timedelta(days=32)).replace(day=1))

    @property
    def before(self) -> Month:
        return Month((self.first_day - timedelta(days=1)).replace(day=1))

    @property
    def days(self) -> int:
        return (self.following.first_day - self.first_day).days

    def gone(self, now: datetime) -> Fraction:
        """Days of it that are over at `now`, with the part of today; all of them once it has ended."""
        seconds = int((min(now, self.following.starts_at) - self.starts_at).total_seconds())
        return Fraction(max(seconds, 0), SECONDS_A_DAY)


@dataclass(frozen=True, slots=True)
class Measured:
    reading: Reading
    projected_count: int
    days_left: int


def read_programs(*, merchant_id: UUID, month: Month, now: datetime) -> list[Measured]:
    """Visa's and Mastercard's programs for a month as it stands, with the thresholds of the merchant's region. Six
    queries."""
    captured = count_captured(merchant_id=merchant_id, start=month.starts_at, end=month.following.starts_at)
    captured_before = count_captured(
        merchant_id=merchant_id, start=month.before.starts_at, end=month.starts_at
    )
    tested = count_card_testing(
        merchant_id=merchant_id, brand="visa", start=month.starts_at, end=month.following.starts_at
    )
    disputes = _count_disputes(merchant_id, month)
    readings = [
        visa_vamp(
            fraud_reports=_count_warnings(merchant_id, month),
            disputes=disputes.get("visa", 0),
            captured=captured.get("visa", 0),
            is_cemea=is_cemea(get_merchant(merchant_id).country),
        ),
        mastercard_ecp(
            chargebacks=disputes.get("mastercard", 0),
            captured_month_before=captured_before.get("mastercard", 0),
        ),
        visa_enumeration(enumerated=tested.suspected, authorizations=tested.authorizations),
    ]
    days_left = month.days - int(month.gone(now))
    return [
        Measured(
            reading,
            projected(reading.count, days_gone=month.gone(now), days_in_month=month.days),
            days_left,
        )
        for reading in readings
    ]


def counted_in(disputes: QuerySet[Dispute], month: Month) -> QuerySet[Dispute]:
    """Chargebacks opened in the month: a win does not lower the count, prevented and inquiries do not count."""
    opened = disputes.filter(opened_at__gte=month.starts_at, opened_at__lt=month.following.starts_at)
    return opened.exclude(status=DisputeStatus.PREVENTED).exclude(stage=DisputeStage.INQUIRY)


def list_figures(*, merchant_id: UUID, program: str, months: int = 13) -> list[MonitoringFigure]:
    """The newest months last."""
    rows = MonitoringFigure.objects.for_merchant(merchant_id).filter(program=program).order_by("-month")
    return list(rows[:months])[::-1]


def list_merchants_with_disputes() -> list[UUID]:
    """Whose figures are to be measured: whoever was ever disputed or warned."""
    rows = Dispute.across_merchants.order_by().values_list("merchant_id", flat=True).distinct()
    warned = FraudWarning.across_merchants.order_by().values_list("merchant_id", flat=True).distinct()
    return sorted({*rows, *warned})


def _count_disputes(merchant_id: UUID, month: Month) -> dict[str, int]:
    """By network."""
    rows = counted_in(Dispute.objects.for_merchant(merchant_id).order_by(), month)
    counted = rows.values("network").annotate(count=Count("id"))
    return {row["network"]: row["count"] for row in counted}


def _count_warnings(merchant_id: UUID, month: Month) -> int:
    rows = FraudWarning.objects.for_merchant(merchant_id).filter(
        opened_at__gte=month.starts_at, opened_at__lt=month.following.starts_at
    )
    return rows.filter(attempt__payment_method__brand="visa").count()
