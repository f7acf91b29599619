"""The test suite: real PostgreSQL and Redis, cheap password hashes, no manifest of static files."""

import os

from payments_site.settings.base import *  # noqa: F403
from payments_site.settings.base import DATABASE_OWNER, DATABASES, env

# The owner makes the tests' databases and logs in; tests/conftest.py has it take the application's role.
DATABASES["default"] |= DATABASE_OWNER
# pytest-django's transaction is open as long as a test, and copying or emptying a whole database is one statement: on a
# busy machine both take longer than the product allows.
DATABASES["default"]["OPTIONS"]["options"] += (
    " -c idle_in_transaction_session_timeout=120000 -c statement_timeout=60000"
)

DATABASES["default"]["TEST"] = {
    "NAME": os.environ.get("TEST_DB_NAME", "test_payments"),
    "TEMPLATE": os.environ.get("TEST_DB_TEMPLATE"),
}
DATABASES["default"]["CONN_MAX_AGE"] = 0
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
SESSION_COOKIE_SECURE = False
CSRF_COOKIE_SECURE = False
SECURE_SSL_REDIRECT = False
STAFF_MFA_REQUIRED = env.bool("STAFF_MFA_REQUIRED", default=False)
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = True
# Second-factor limits count in the cache; a test's must not reach the next one through a shared Redis.
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
