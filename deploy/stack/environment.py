"""What the processes are told through their environment, and the secrets of a development machine.

A variable that the person has set always wins, except where a target would be meaningless with it.
"""

from __future__ import annotations

import base64
import fcntl
import json
import os
import secrets
import sys
from collections.abc import Mapping
from pathlib import Path

from deploy.stack.rundir import CHECKOUT, replace_text

LOCAL_SETTINGS = "payments_site.settings.local"
TEST_SETTINGS = "payments_site.settings.test"


def read_dotenv(checkout: Path = CHECKOUT) -> None:
    """Let `.env` name servers as the settings do: it fills what the environment leaves unset."""
    if (checkout / ".env").is_file():
        import environ  # type: ignore[import-untyped]

        environ.Env.read_env(checkout / ".env")


def base_environment(run_dir: Path, checkout: Path = CHECKOUT) -> dict[str, str]:
    """The environment every process of the stack starts from, before servers and ports are known."""
    defaults = {
        "DJANGO_SETTINGS_MODULE": LOCAL_SETTINGS,
        "ALLOWED_HOSTS": "localhost,127.0.0.1,testserver",
        "PSP_ALLOW_CUSTOM_BASE_URL": "1",
        "WEBHOOK_ALLOW_PRIVATE_NETWORKS": "1",
        **development_secrets(checkout / ".run"),
    }
    always = {
        "PATH": f"{Path(sys.prefix) / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "PYTHONUNBUFFERED": "1",
        "STACK_RUN_DIR": str(run_dir),
        "PROMETHEUS_MULTIPROC_DIR": str(run_dir / "prometheus"),
    }
    # An empty variable counts as unset: shells and CI systems pass FOO= for "leave it".
    chosen = {key: value for key, value in os.environ.items() if value or key not in defaults}
    return defaults | chosen | always


def production_environment(database_url: str, redis_url: str) -> Mapping[str, str]:
    """Throw-away values under which `check --deploy` judges the production settings."""
    return {
        "DJANGO_SETTINGS_MODULE": "payments_site.settings.production",
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "ALLOWED_HOSTS": "payments.example.com",
        "PUBLIC_BASE_URL": "https://payments.example.com",
        "PSP_ALLOW_CUSTOM_BASE_URL": "0",
        "WEBHOOK_ALLOW_PRIVATE_NETWORKS": "0",
        **_new_secrets(),
    }


def development_secrets(folder: Path) -> dict[str, str]:
    """Generated once per checkout: what an earlier run encrypted or sealed must stay readable."""
    folder.mkdir(exist_ok=True)
    file = folder / "secrets.json"
    with (folder / "secrets.lock").open("w") as lock:
        # Two targets may start at once; the second must read the first one's keys.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not file.exists():
            replace_text(file, json.dumps(_new_secrets(), indent=2) + "\n", mode=0o600)
        found: dict[str, str] = json.loads(file.read_text())
        return found


def _new_secrets() -> dict[str, str]:
    return {
        "SECRET_KEY": secrets.token_urlsafe(50),
        "VAULT_KEYS": _new_key(),
        "AUDIT_SIGNING_KEY": _new_key(),
    }


def _new_key() -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
