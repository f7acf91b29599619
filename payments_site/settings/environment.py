"""The names of every setting that the environment may carry, and one clear sentence when one is wrong.

.env.example explains each of them; a test holds the two lists together.
"""

from __future__ import annotations

import difflib
import os
import re
import warnings
from collections.abc import Iterable, Mapping
from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured

REQUIRED_ANYWHERE = ("SECRET_KEY", "DATABASE_URL", "REDIS_URL", "VAULT_KEYS", "AUDIT_SIGNING_KEY")
REQUIRED_IN_PRODUCTION = (*REQUIRED_ANYWHERE, "ALLOWED_HOSTS", "PUBLIC_BASE_URL")

KNOWN_SETTINGS = frozenset(
    {
        *REQUIRED_IN_PRODUCTION,
        *("DJANGO_SETTINGS_MODULE", "DATABASE_OWNER_URL", "DATABASE_REPLICA_URL"),
        *("DATABASE_POOL", "CONN_MAX_AGE"),
        *("LOCK_TIMEOUT_MS", "STATEMENT_TIMEOUT_MS", "IDLE_IN_TRANSACTION_TIMEOUT_MS"),
        *("PSP_ALLOW_CUSTOM_BASE_URL", "PSP_CALLS_AT_ONCE", "PSP_MAX_TRIES", "PSP_TRIES_SECONDS"),
        *("WEBHOOK_ALLOW_PRIVATE_NETWORKS", "ABANDONED_ACTION_HOURS"),
        *("TAX_SERVICE_URL", "TAX_SERVICE_TOKEN"),
        *(
            "BEHIND_PROXY",
            "TRUSTED_PROXY_COUNT",
            "RATE_LIMIT_READ",
            "RATE_LIMIT_WRITE",
            "RATE_LIMIT_BURST_SECONDS",
        ),
        *(
            "STAFF_MFA_REQUIRED",
            "OIDC_SERVER_URL",
            "OIDC_NAME",
            "OIDC_CLIENT_ID",
            "OIDC_CLIENT_SECRET",
            "EMAIL_URL",
        ),
        *("LOG_LEVEL", "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_SERVICE_NAME"),
        *("METRICS_PORT", "METRICS_HOST", "METRICS_TOKEN", "PROMETHEUS_MULTIPROC_DIR", "REQUESTS_CA_BUNDLE"),
        *("WEB_PORT", "WEB_WORKERS", "WEB_THREADS", "PSP_SANDBOX_PORT"),
        *("DEMO_ORDERS", "DEMO_EXIT", "DEMO_ORDERS_CSV", "DEMO_REFUNDS_CSV"),
        # WORKER_<QUEUE>_CONCURRENCY
        *(f"WORKER_{queue}_CONCURRENCY" for queue in ("DEFAULT", "PSP", "WEBHOOKS", "BILLING", "REPORTS")),
    }
)
# Prefixes that nobody but us gives a meaning to: a stranger among them is a misspelling.
OUR_PREFIXES = (
    "VAULT_",
    "AUDIT_SIGNING",
    "PSP_ALLOW",
    "WEBHOOK_ALLOW",
    "METRICS_",
    "STAFF_MFA",
    "RATE_LIMIT_",
)

_ASSIGNMENT = re.compile(r"^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=", re.MULTILINE)


def read_environment(required: Iterable[str]) -> None:
    """Let `.env` fill what the environment leaves unset, then refuse what is wrong with the result."""
    dotenv = Path(__file__).resolve().parents[2] / ".env"
    environ.Env.read_env(dotenv)
    refuse_bad_environment(os.environ, required=required, dotenv=dotenv)


def refuse_bad_environment(
    variables: Mapping[str, str], *, required: Iterable[str], dotenv: Path | None = None
) -> None:
    """Raise ImproperlyConfigured, in one sentence, for a required setting that is missing or a name in
    `dotenv` that is none of ours; warn of a variable that looks like a misspelling. An empty value counts as
    missing.
    """
    known = sorted(KNOWN_SETTINGS)
    if dotenv is not None and dotenv.is_file():
        for name in _ASSIGNMENT.findall(dotenv.read_text()):
            if name not in KNOWN_SETTINGS:
                raise ImproperlyConfigured(
                    f"{name} in .env is no setting of this project{_hint(name, known)}."
                )
    missing = [name for name in required if not variables.get(name)]
    if missing:
        raise ImproperlyConfigured(
            f"Set {', '.join(missing)} in the environment: .env.example explains each."
        )
    for name in sorted(variables):
        if name.startswith(OUR_PREFIXES) and name not in KNOWN_SETTINGS:
            warnings.warn(f"{name} is no setting of this project{_hint(name, known)}.", stacklevel=3)


def _hint(name: str, known: list[str]) -> str:
    close = difflib.get_close_matches(name.upper(), known, n=1)
    return f"; did you mean {close[0]}? .env.example explains each" if close else ": see .env.example"
