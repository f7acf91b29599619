"""Jobs: what is waiting, running and dead, and letting a dead one run again."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin

from foundation.backoffice.admin import BackOfficeAdmin
from foundation.backoffice.display import NOTHING, badge, instant, json_block, mono
from foundation.backoffice.filters import CreatedFilter, fixed_filter
from foundation.backoffice.links import page_link
from foundation.backoffice.views import ActionView
from foundation.jobs.models import Job
from foundation.jobs.operations.redrive_jobs import redrive_jobs

TONES = {"ready": "wait", "sent": "wait", "running": "wait", "done": "good", "dead": "bad"}


class RunAgain(ActionView):
    verb = "run_again"
    label = "Run again"
    permission = "foundation.redrive_job"

    @classmethod
    def applies(cls, job: Job) -> bool:
        return job.status == Job.Status.DEAD

    def explanation(self, job: Job) -> str:
        return f"{job.name} gets {job.max_attempts} new tries, the first at once. Jobs are safe to repeat."

    def perform(self, job: Job, answers: dict[str, Any]) -> str:
        replay = redrive_jobs(job_ids=[job.id])
        return "The job runs again." if replay.found else "The job is not dead any more."


@admin.register(Job)
class JobAdmin(BackOfficeAdmin):
    shows_unowned = True
    action_views: ClassVar = [RunAgain]
    list_display = (
        "name",
        "state",
        "queue",
        "tries",
        "run_after_at",
        "finished",
        "actor_words",
        "last_error_start",
    )
    list_before_template = "admin/back_office/chips.html"
    list_filter = (
        fixed_filter("status", Job.Status.choices),
        fixed_filter(
            "queue", [(name, name) for name in ("default", "psp", "webhooks", "billing", "reports")]
        ),
        CreatedFilter,
    )
    fields = (
        "name",
        "shown_id",
        "shown_merchant",
        "state",
        "queue",
        "args_json",
        "tries",
        "run_after_at",
        "created",
        "finished",
        "outcome",
        "last_error",
        "actor_words",
        "request_id",
        "trace_id",
        "dedupe_key",
    )

    @admin.display(description="id")
    def shown_id(self, job: Job) -> str:
        return mono(job.public_id)

    @admin.display(description="merchant")
    def shown_merchant(self, job: Job) -> str:
        return page_link("merchant", job.merchant_id)

    @admin.display(description="status")
    def state(self, job: Job) -> str:
        return badge(job.get_status_display(), TONES[job.status])

    @admin.display(description="tries")
    def tries(self, job: Job) -> str:
        return f"{job.attempts} of {job.max_attempts}"

    @admin.display(description="runs after")
    def run_after_at(self, job: Job) -> str:
        return instant(job.run_after)

    @admin.display(description="created")
    def created(self, job: Job) -> str:
        return instant(job.created_at)

    @admin.display(description="finished")
    def finished(self, job: Job) -> str:
        return instant(job.finished_at)

    @admin.display(description="last error")
    def last_error_start(self, job: Job) -> str:
        return job.last_error[:60] or NOTHING

    @admin.display(description="arguments")
    def args_json(self, job: Job) -> str:
        return json_block(job.args)
