"""Entries per second of django-hordak 2.0.0 on the server of DATABASE_URL, for comparison with writers.py.

It does not install beside our pins, so it gets a virtual environment of its own under .run/, made on the first run
(`python -m bench.ledger.hordak`), and a database of its own, dropped afterwards. Each process writes two-leg
transactions one by one, as hordak's documentation shows, to one pair of accounts.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from time import perf_counter
from typing import Any

REQUIREMENTS = ("django-hordak==2.0.0", "django>=5.2,<5.3", "psycopg[binary]>=3.3,<3.4")
PROCESSES = (1, 2)
ENTRIES = 2_000
TIMEOUT_SECONDS = 300
# -P: this file bears the name of the package that it imports there.
_BESIDE = ("-P", __file__)
DATABASE = f"bench_hordak_{os.getpid()}"


def main() -> dict[str, Any]:
    """Entries per second over all processes, two legs to an entry."""
    import psycopg
    from psycopg import sql

    server = os.environ.get("DATABASE_OWNER_URL") or os.environ["DATABASE_URL"]
    url = f"{server.rpartition('/')[0]}/{DATABASE}"
    python = _environment()
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))
        try:
            _run(python, "prepare", url)
            rates = {f"{number}_processes": _rate(python, url, number) for number in PROCESSES}
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(DATABASE)))
    return {"unit": "entries per second over all processes, two legs to an entry", **rates}


def _environment() -> Path:
    home = Path(".run/hordak").resolve()
    python = home / "bin" / "python"
    if not (home / "complete").exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(home)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", *REQUIREMENTS], check=True)
        (home / "complete").touch()
    return python


def _run(python: Path, *arguments: str) -> str:
    done = subprocess.run(
        [str(python), *_BESIDE, *arguments],
        check=True,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_SECONDS,
        env={"PATH": os.environ["PATH"]},
    )
    return done.stdout


def _rate(python: Path, url: str, processes: int) -> int:
    """Each writer tells how long its entries took once it was warm; the slowest decides."""
    each = ENTRIES // processes
    writers = [
        subprocess.Popen(
            [str(python), *_BESIDE, "write", url, str(each)], stdout=subprocess.PIPE, text=True, env={}
        )
        for _ in range(processes)
    ]
    seconds = [float(writer.communicate(timeout=TIMEOUT_SECONDS)[0]) for writer in writers]
    return round(each * processes / max(seconds))


def _configure(url: str) -> None:
    from urllib.parse import urlsplit

    import django
    from django.conf import settings

    parts = urlsplit(url)
    settings.configure(
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.postgresql",
                "HOST": parts.hostname,
                "PORT": parts.port,
                "USER": parts.username,
                "PASSWORD": parts.password or "",
                "NAME": parts.path.lstrip("/"),
            }
        },
        INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "mptt", "hordak"],
        DEFAULT_CURRENCY="USD",
        CURRENCIES=["USD"],
        USE_TZ=True,
    )
    django.setup()


def _prepare() -> None:
    from django.core.management import call_command
    from hordak.models import Account, AccountType  # type: ignore[import-not-found]

    call_command("migrate", verbosity=0)
    Account.objects.create(name="Clearing", code="1", type=AccountType.asset, currencies=["USD"])
    Account.objects.create(name="Sales", code="2", type=AccountType.income, currencies=["USD"])


def _write(entries: int) -> None:
    from hordak.models import Account

    clearing, sales = Account.objects.get(code="1"), Account.objects.get(code="2")
    for number in range(entries + 10):
        if number == 10:
            started = perf_counter()
        _post(clearing, sales)
    print(perf_counter() - started)


def _post(clearing: Any, sales: Any) -> None:
    from django.db.transaction import atomic
    from hordak.models import Leg, Transaction
    from moneyed import Money  # type: ignore[import-not-found]

    amount = Money("1.00", "USD")
    with atomic():
        transaction = Transaction.objects.create()
        Leg.objects.create(transaction=transaction, account=clearing, debit=amount)
        Leg.objects.create(transaction=transaction, account=sales, credit=amount)


if __name__ == "__main__":
    if sys.argv[1:2] == ["prepare"]:
        _configure(sys.argv[2])
        _prepare()
    elif sys.argv[1:2] == ["write"]:
        _configure(sys.argv[2])
        _write(int(sys.argv[3]))
    else:
        print(json.dumps(main(), indent=2))
