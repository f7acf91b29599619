"""What the commands that replay have in common on their command line."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError
from datetime import UTC, datetime
from uuid import UUID

from django.core.management.base import CommandError

from foundation.ids import PublicIdInvalid, decode_id
from foundation.replay.models import Replay


def add_replay_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--resume", default=None, help="Go on with this replay (rpl_…) where it stopped.")
    parser.add_argument("--reason", default="", help="Why, kept with the replay.")


def replay_named(text: str | None) -> UUID | None:
    """The replay's id. Raises CommandError when the text names none."""
    if text is None:
        return None
    try:
        return decode_id(Replay.public_prefix, text)
    except PublicIdInvalid as error:
        raise CommandError(str(error)) from error


def instant(text: str) -> datetime:
    """An instant in ISO 8601; UTC when it names no zone."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise ArgumentTypeError(
            f"{text!r} is not an ISO 8601 instant, such as 2026-11-20T08:00:00Z."
        ) from error
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
