"""Replays: who had what done again, how far it got, and how many it were."""

from __future__ import annotations

from django.contrib import admin

from foundation.backoffice.admin import BackOfficeAdmin
from foundation.backoffice.display import actor_words, badge, instant, json_block, mono
from foundation.backoffice.filters import fixed_filter
from foundation.replay.models import Replay


@admin.register(Replay)
class ReplayAdmin(BackOfficeAdmin):
    shows_unowned = True
    list_display = ("kind_words", "state", "found", "actor_name", "reason", "started")
    list_filter = (fixed_filter("kind", Replay.Kind.choices),)
    fields = (
        "kind_words",
        "shown_id",
        "state",
        "found",
        "counts_json",
        "criteria_json",
        "actor_name",
        "reason",
        "started",
        "finished",
    )

    @admin.display(description="what")
    def kind_words(self, replay: Replay) -> str:
        return replay.get_kind_display()

    @admin.display(description="id")
    def shown_id(self, replay: Replay) -> str:
        return mono(replay.public_id)

    @admin.display(description="state")
    def state(self, replay: Replay) -> str:
        if replay.finished_at is None:
            return badge("Stopped halfway or running", "wait")
        return badge("Only counted", "calm") if replay.is_dry_run else badge("Done", "good")

    @admin.display(description="actor")
    def actor_name(self, replay: Replay) -> str:
        return actor_words(replay.actor)

    @admin.display(description="how many")
    def counts_json(self, replay: Replay) -> str:
        return json_block(replay.counts)

    @admin.display(description="asked for")
    def criteria_json(self, replay: Replay) -> str:
        return json_block(replay.criteria)

    @admin.display(description="started")
    def started(self, replay: Replay) -> str:
        return instant(replay.started_at)

    @admin.display(description="finished")
    def finished(self, replay: Replay) -> str:
        return instant(replay.finished_at)
