"""When the clock alone changes something about a dispute. Pure: instants in, instants out; hours and days named."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

ALARM_HOURS = (72, 24, 4)
"""How long before the deadline people are told, once each."""
AUTO_SUBMIT_HOURS = 24
EXPIRY_GRACE = timedelta(hours=1)
"""The PSP closes it; only when it has not said so for this long after the deadline, we do."""
WARNING_CLOSES_AFTER = timedelta(days=120)
CALL_LEASE = timedelta(seconds=60)
"""How long a call to the PSP may take before others ask what became of it."""
ACCEPTANCE_NOTICE = timedelta(hours=24)
"""Between the announcement that a rule will accept a dispute and the acceptance."""

DAYS_TO_ANSWER = {
    "visa": 18,
    "mastercard": 40,
    "amex": 14,
    "diners": 25,
    "discover": 25,
    "jcb": 40,
    "unionpay": 30,
}
"""Where the PSP names no deadline. Source: billing_cases.md G23, after docs.adyen.com dispute-timeframes."""
VISA_SHORT_COUNTRIES = frozenset({"us", "ca"})
VISA_SHORT_DAYS = 9
UNKNOWN_NETWORK_DAYS = 9
"""The shortest that any network gives: an answer that is early does no harm."""


def days_to_answer(network: str, merchant_country: str = "") -> int:
    """Days from the opening. The PSP's own due date always wins over it."""
    if network == "visa" and merchant_country.lower() in VISA_SHORT_COUNTRIES:
        return VISA_SHORT_DAYS
    return DAYS_TO_ANSWER.get(network, UNKNOWN_NETWORK_DAYS)


def due_alarm(now: datetime, due_at: datetime, alarmed_hours: int | None) -> int | None:
    """The closest alarm that is due and was not given: hours before the deadline. One that was overslept is left out
    when a closer one is due as well."""
    due = [
        hours
        for hours in ALARM_HOURS
        if now >= due_at - timedelta(hours=hours) and (alarmed_hours is None or hours < alarmed_hours)
    ]
    return min(due) if due and now < due_at else None


def next_deadline_action(
    now: datetime, due_at: datetime, alarmed_hours: int | None, others: Iterable[datetime] = ()
) -> datetime:
    """The next alarm still to be given, any other instant given, or the end."""
    alarms = [
        due_at - timedelta(hours=hours)
        for hours in ALARM_HOURS
        if alarmed_hours is None or hours < alarmed_hours
    ]
    ahead = [at for at in (*alarms, *others) if at > now]
    return min([*ahead, due_at + EXPIRY_GRACE])
