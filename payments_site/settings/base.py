"""Settings shared by every environment. Values come from the environment (.env.example explains each).

local, test and production import this and change what differs.
"""

from __future__ import annotations

from pathlib import Path

import environ

from payments_site.settings.environment import REQUIRED_ANYWHERE, read_environment

BASE_DIR = Path(__file__).resolve().parent.parent.parent
read_environment(REQUIRED_ANYWHERE)
env = environ.Env()

SECRET_KEY = env.str("SECRET_KEY")
DEBUG = False
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1"])
PUBLIC_BASE_URL = env.str("PUBLIC_BASE_URL", default="http://127.0.0.1:8000").rstrip("/")

INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    "unfold.contrib.simple_history",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "payments_site.apps.BackOfficeAdminConfig",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "axes",
    "csp",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "simple_history",
    "foundation",
    "ledger",
    "payments",
    "disputes",
    "subscriptions",
    "payments_site",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "foundation.observability.requests.RequestObservationMiddleware",
    "foundation.http.middleware.RequestContextMiddleware",
    "payments_site.middleware.ContentSecurityPolicy",
    "payments_site.middleware.BackOfficeSessions",
    "payments_site.middleware.BackOfficeCsrf",
    "payments_site.middleware.BackOfficeAuthentication",
    "payments_site.middleware.BackOfficeMessages",
    "payments_site.middleware.BackOfficeFrames",
    "allauth.account.middleware.AccountMiddleware",
    "payments_site.middleware.BackOfficeMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "payments_site.urls"
WSGI_APPLICATION = "payments_site.wsgi.application"
ASGI_APPLICATION = "payments_site.asgi.application"
AUTH_USER_MODEL = "foundation.StaffUser"
TIME_ZONE = "UTC"
USE_TZ = True
LANGUAGE_CODE = "en"
USE_I18N = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
            ],
        },
    },
]

# --- Redis and Celery ---------------------------------------------------------------------------------------------
REDIS_URL = env.str("REDIS_URL")

# --- Money, vault, PSPs -------------------------------------------------------------------------------------------
VAULT_KEYS = env.list("VAULT_KEYS")
# Whether a process that lacks a key in use refuses its first connection; `check --database default` says it anyway.
VAULT_KEYS_ENFORCED = False
AUDIT_SIGNING_KEY = env.str("AUDIT_SIGNING_KEY")
PSP_ALLOW_CUSTOM_BASE_URL = env.bool("PSP_ALLOW_CUSTOM_BASE_URL", default=False)
# Of all who may call PSPs, 30 % at once for one PSP account: a slow one leaves most of them to the others. The count
# is that of the whole installation, which a single host can only guess from itself.
_PSP_CALLERS = env.int("WEB_WORKERS", default=2) * env.int("WEB_THREADS", default=8) + env.int(
    "WORKER_PSP_CONCURRENCY", default=2
)
PSP_CALLS_AT_ONCE = env.int("PSP_CALLS_AT_ONCE", default=max(1, _PSP_CALLERS * 30 // 100))
# One request goes on to the next PSP account after a refusal: to so many in all, and no longer than this.
PSP_MAX_TRIES = env.int("PSP_MAX_TRIES", default=3)
PSP_TRIES_SECONDS = env.int("PSP_TRIES_SECONDS", default=20)
# How long a customer who was sent away to authenticate may take, before the payment is canceled at the PSP.
ABANDONED_ACTION_HOURS = env.int("ABANDONED_ACTION_HOURS", default=24)
# The tax service of merchants who ask one; without it, their invoices wait as drafts.
TAX_SERVICE_URL = env.str("TAX_SERVICE_URL", default="").rstrip("/")
TAX_SERVICE_TOKEN = env.str("TAX_SERVICE_TOKEN", default="")
WEBHOOK_ALLOW_PRIVATE_NETWORKS = env.bool("WEBHOOK_ALLOW_PRIVATE_NETWORKS", default=False)

# --- API ----------------------------------------------------------------------------------------------------------
API_VERSION = "2026-10-28.endive"
API_VERSIONS = ["2026-10-28.endive", "2026-09-30.dahlia"]
MAX_BODY_BYTES = 1_048_576
DATA_UPLOAD_MAX_MEMORY_SIZE = MAX_BODY_BYTES

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["foundation.tenancy.authentication.ApiKeyAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["foundation.tenancy.authentication.HasScope"],
    "DEFAULT_PARSER_CLASSES": ["foundation.http.parsers.FormOrJsonParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_THROTTLE_CLASSES": ["foundation.http.throttling.KeyThrottle"],
    "EXCEPTION_HANDLER": "foundation.http.exceptions.handle_exception",
    "DEFAULT_SCHEMA_CLASS": "foundation.http.openapi.ApiSchema",
    "UNAUTHENTICATED_USER": None,
}

# --- Static files -------------------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / ".run" / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

SIMPLE_HISTORY_REVERT_DISABLED = True

from payments_site.settings.api import *  # noqa: E402, F403
from payments_site.settings.back_office import *  # noqa: E402, F403
from payments_site.settings.celery import *  # noqa: E402, F403
from payments_site.settings.database import *  # noqa: E402, F403
from payments_site.settings.observability import *  # noqa: E402, F403
from payments_site.settings.security import *  # noqa: E402, F403
