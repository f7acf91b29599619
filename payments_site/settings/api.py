"""The public API: limits, idempotency, and how its OpenAPI document is made."""

import environ

env = environ.Env()

# Requests per second and key; the demo and the benchmark raise them.
RATE_LIMIT_READ = env.int("RATE_LIMIT_READ", default=100)
RATE_LIMIT_WRITE = env.int("RATE_LIMIT_WRITE", default=100)
# A burst is this many seconds' worth of requests.
RATE_LIMIT_BURST_SECONDS = env.int("RATE_LIMIT_BURST_SECONDS", default=2)

IDEMPOTENCY_LEASE_SECONDS = 90
IDEMPOTENCY_KEEP_DAYS = 30

# How many proxies of ours stand in front and append to X-Forwarded-For.
TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", default=0)

SPECTACULAR_SETTINGS = {
    "TITLE": "Payments API",
    "DESCRIPTION": "Payments, refunds, disputes, subscriptions and their books. Works with the Stripe SDKs.",
    "VERSION": "2026-10-28.endive",
    "OAS_VERSION": "3.1.0",
    "SCHEMA_PATH_PREFIX": "/v1",
    "PREPROCESSING_HOOKS": ["foundation.http.openapi.only_public_routes"],
    "POSTPROCESSING_HOOKS": ["foundation.http.openapi.describe_contract"],
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "DISABLE_ERRORS_AND_WARNINGS": False,
    "ENUM_ADD_EXPLICIT_BLANK_NULL_CHOICE": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SERVERS": [],
}
