"""Stored webhooks are handled again by the code that handles new ones: one, an account's, a span of time."""

from __future__ import annotations

import json
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from foundation.jobs.inline import run_due_jobs
from foundation.jobs.models import Job
from foundation.replay.models import Replay
from payments.models import AttemptStatus, PspWebhook
from payments.operations.replay_webhooks import replay_webhooks
from tests.factories.books import assert_books_agree
from tests.factories.psp_news import tell, told
from tests.factories.scripted_psp import ScriptedPsp
from tests.factories.shop import Shop, open_shop

TYPES = ("payment_intent.succeeded", "charge.succeeded")


@pytest.fixture
def told_shop(shop: Shop) -> Shop:
    """A shop with two handled webhooks of one payment."""
    shop.pays(10_00)
    tell(shop, *told(shop, *TYPES))
    run_due_jobs()
    return shop


def inbox(shop: Shop) -> list[PspWebhook]:
    return list(PspWebhook.objects.for_merchant(shop.id).order_by("received_at", "id"))


def staged(shop: Shop) -> int:
    return Job.objects.filter(name="payments.handle_psp_webhook", merchant_id=shop.id, status="ready").count()


def command(*arguments: str) -> dict[str, Any]:
    out = StringIO()
    call_command("replay_webhooks", *arguments, stdout=out)
    answer: dict[str, Any] = json.loads(out.getvalue())
    return answer


def test_a_replayed_webhook_is_handled_anew_and_changes_nothing_that_is_known(told_shop: Shop) -> None:
    before = told_shop.footprint()

    replay = replay_webhooks(merchant_id=told_shop.id)

    assert (replay.found, replay.counts["jobs"]) == (2, 2)
    assert [row.handled_at for row in inbox(told_shop)] == [None, None]
    run_due_jobs()
    assert all(row.handled_at is not None for row in inbox(told_shop))
    after = told_shop.footprint()
    assert {name: value for name, value in after.items() if name != "jobs"} == {
        name: value for name, value in before.items() if name != "jobs"
    }
    assert_books_agree(told_shop)


def test_a_replay_mends_what_a_broken_handler_missed(quick_shop: Shop) -> None:
    quick_shop.method()
    quick_shop.psp.fails("timeout_after_booking", seconds=2)
    intent = quick_shop.pays(10_00)
    tell(quick_shop, *told(quick_shop, *TYPES))
    # What a broken release of ours would have done: put them away unread.
    Job.objects.filter(merchant_id=quick_shop.id).delete()
    rows = PspWebhook.objects.for_merchant(quick_shop.id)
    rows.update(handled_at=intent.created_at, result="not_ours")
    assert quick_shop.attempt(intent).status == AttemptStatus.UNKNOWN

    replay_webhooks(merchant_id=quick_shop.id, event_type="payment_intent.succeeded")
    run_due_jobs()

    assert quick_shop.attempt(intent).status == AttemptStatus.SUCCEEDED
    assert_books_agree(quick_shop)


def test_a_dry_run_touches_nothing(told_shop: Shop) -> None:
    replay = replay_webhooks(merchant_id=told_shop.id, is_dry_run=True)

    assert (replay.found, replay.counts) == (2, {"found": dict.fromkeys(TYPES, 1)})
    assert all(row.handled_at is not None for row in inbox(told_shop))
    assert staged(told_shop) == 0


def test_each_narrowing_picks_only_its_own(told_shop: Shop, psp: ScriptedPsp) -> None:
    other = open_shop(psp, name="Coffee shop")
    first, second = inbox(told_shop)

    def found(**given: Any) -> int:
        return replay_webhooks(is_dry_run=True, **given).found

    assert found(webhook_ids=[first.id]) == 1
    assert found(psp_account_id=told_shop.account.id) == 2
    assert found(psp_account_id=other.account.id) == 0
    assert found(merchant_id=other.id, webhook_ids=[first.id]) == 0
    assert found(event_type="charge.succeeded") == 1
    assert found(received_from=second.received_at) == 1
    assert found(received_to=second.received_at) == 1
    assert found(received_from=second.received_at + timedelta(seconds=1)) == 0
    assert found(limit=1) == 1


def test_two_replays_of_one_webhook_each_have_it_handled_once(told_shop: Shop) -> None:
    row = inbox(told_shop)[0]

    for _ in range(2):
        replay_webhooks(merchant_id=told_shop.id, webhook_ids=[row.id])

    assert staged(told_shop) == 2
    run_due_jobs()
    assert inbox(told_shop)[0].result == "known"


def test_the_command_says_how_many_and_which_replay_it_was(told_shop: Shop) -> None:
    said = command("--psp-account", told_shop.account.public_id, "--reason", "The handler was broken.")

    kept = Replay.objects.get()
    assert said == {"webhooks": dict.fromkeys(TYPES, 1), "total": 2, "jobs": 2, "replay": kept.public_id}
    assert (kept.actor, kept.reason) == ("command:replay_webhooks", "The handler was broken.")
    assert command("--resume", kept.public_id) == said


@pytest.mark.parametrize("arguments", [(), ("--dry-run",), ("--webhook", "pi_1"), ("--resume", "rpl_1")])
def test_the_command_refuses_what_is_not_said_clearly(told_shop: Shop, arguments: tuple[str, ...]) -> None:
    with pytest.raises(CommandError):
        command(*arguments)

    assert not Replay.objects.exists()
    assert staged(told_shop) == 0
