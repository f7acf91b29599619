from __future__ import annotations

from uuid import UUID

import pytest

from foundation.jobs.models import Job
from foundation.jobs.queries import count_unfinished_jobs

MERCHANT = UUID("01890a5d-ac96-774b-bcce-b302099a8057")


@pytest.mark.django_db
def test_ready_sent_and_running_jobs_of_the_merchant_are_unfinished() -> None:
    for status in Job.Status:
        Job.objects.create(name="tests.one", queue="default", status=status, merchant_id=MERCHANT)
    Job.objects.create(name="tests.one", queue="default", status="ready", merchant_id=UUID(int=1))
    Job.objects.create(name="tests.one", queue="default", status="ready")

    assert count_unfinished_jobs(merchant_id=MERCHANT) == 3
