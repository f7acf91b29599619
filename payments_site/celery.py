"""The Celery application: `celery -A payments_site worker -Q psp`, `celery -A payments_site beat`.

Handlers are registered when Django starts (AppConfig.ready imports each app's tasks.py); Celery itself knows
one task, foundation.jobs.run. Its settings, with their reasons: settings/celery.py.
"""

from __future__ import annotations

import os

from celery import Celery
from kombu.entity import Queue

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "payments_site.settings.local")

from foundation.jobs.registry import QUEUES
from foundation.observability.tracing import trace_celery_workers

app = Celery("payments_site")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.task_queues = [Queue(name, routing_key=name) for name in QUEUES]  # type: ignore[no-untyped-call]
app.conf.beat_scheduler = "foundation.jobs.beat:RowScheduler"
trace_celery_workers()


@app.on_after_finalize.connect  # type: ignore[untyped-decorator]
def _load_schedule(sender: Celery, **kwargs: object) -> None:
    # Not at import: the entries' module needs Django's models, which are ready only by now.
    from foundation.jobs.beat import as_celery_schedule
    from payments_site.schedule import SCHEDULE

    sender.conf.beat_schedule = as_celery_schedule(SCHEDULE)
