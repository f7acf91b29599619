"""When an unresolved call may be sent to Adyen again, and what the answer to the repeat proves.

Two safeguards stand behind every repeat, so that one may fail: Adyen's promise to keep our key for seven days; and
for a payment the account's risk rule against a merchant reference used twice, for a capture or refund that no second
one would fit (Adyen's own accounting refuses it) or that its notification had the whole report delay to arrive.
The rule looks at what was authorised, and a bank takes days to: of a debit, the notification that it is pending had its
delay as well. A void twice is a void once, and so is the wish for a larger authorization: it names the amount in all.
docs/adr/0020.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from payments.psp.adyen.refusals import FRAUD_CODES
from payments.psp.methods import BANK_DEBITS
from payments.psp.outcomes import Declined, InquiryOutcome, NotSent, Unknown
from payments.psp.port import Answer, AuthorizeRequest, InquireRequest, InquiryAnswer

DUPLICATE_RULE = "duplicate_reference_rule"
"""The setting of an account at which Adyen refuses a merchant reference that was authorised before."""
WINDOW_MARGIN_SECONDS = 3_600


def why_not_repeat(request: InquireRequest, settings: Mapping[str, Any], window_seconds: int) -> str:
    """Empty when the call may be sent again; else one word, for people."""
    if request.repeat is None:
        return "adyen_will_notify"
    if request.age_seconds > window_seconds - WINDOW_MARGIN_SECONDS:
        return "adyen_key_too_old"
    if request.kind == "attempt" and settings.get(DUPLICATE_RULE) is not True:
        return "adyen_without_duplicate_rule"
    is_debit = isinstance(request.repeat, AuthorizeRequest) and request.repeat.method_type in BANK_DEBITS
    if (request.kind in ("capture", "refund") or is_debit) and not request.second_is_refused:
        return "adyen_may_still_notify"
    return ""


def judged(answer: Answer, request: InquireRequest) -> InquiryAnswer:
    """What the answer says of the first call. That the repeat did not get through, or was refused for its form or its
    risk, says nothing about it."""
    outcome: InquiryOutcome = answer.outcome
    code = str((answer.call.answer or {}).get("refusalReasonCode") or "")
    if isinstance(outcome, NotSent):
        outcome = Unknown(reason=f"repeat_{outcome.reason}"[:255])
    elif isinstance(outcome, Declined) and (answer.call.http_status != 200 or code in FRAUD_CODES):
        outcome = Unknown(reason="adyen_refused_the_repeat")
    record = replace(
        answer.call,
        operation="inquire",
        request={"kind": request.kind, "repeats": answer.call.operation, **answer.call.request},
        outcome=outcome.word,
    )
    return InquiryAnswer(outcome=outcome, call=record)
