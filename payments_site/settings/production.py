"""Production: refuses to start without real servers, secrets and hosts."""

from payments_site.settings.environment import REQUIRED_IN_PRODUCTION, read_environment

read_environment(REQUIRED_IN_PRODUCTION)

from payments_site.settings.base import *  # noqa: E402, F403
from payments_site.settings.base import DATABASES, env  # noqa: E402

DATABASE_ROLE_ENFORCED = True
VAULT_KEYS_ENFORCED = True
if env.bool("DATABASE_POOL", default=True):
    # Web processes only: Celery's prefork closes Django's pool at each task (shared/design/reliability.md).
    DATABASES["default"]["CONN_MAX_AGE"] = 0
    DATABASES["default"]["OPTIONS"]["pool"] = {"min_size": 2, "max_size": 16, "timeout": 5}
