"""The embedded servers: durable, marked as ours, startable after any kind of death."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import psycopg
import pytest
import redis

from deploy.stack import proctable, roles, servers
from deploy.stack.program import StackError
from deploy.stack.supervisor import Supervisor


def _postgres_setting(port: int, name: str) -> str:
    with psycopg.connect(servers.postgres_url(port, "postgres")) as connection:
        return connection.execute("SELECT current_setting(%s)", [name]).fetchone()[0]


def test_postgres_runs_durably_and_keeps_its_rows_and_port_over_a_restart(run_dir, supervisor):
    program, port = servers.postgres_program(run_dir)
    supervisor.start([program])
    servers.ensure_database(port, "payments")
    with psycopg.connect(servers.postgres_url(port, "payments")) as connection:
        connection.execute("CREATE TABLE kept (amount_minor bigint)")
        connection.execute("INSERT INTO kept VALUES (1999)")

    durability = [
        _postgres_setting(port, name) for name in ("fsync", "synchronous_commit", "full_page_writes")
    ]
    connections = _postgres_setting(port, "max_connections")
    supervisor.stop()
    again, port_again = servers.postgres_program(run_dir)
    supervisor.start([again])

    assert durability == ["on", "on", "on"]
    assert connections == "200"
    assert port_again == port
    with psycopg.connect(servers.postgres_url(port, "payments")) as connection:
        assert connection.execute("SELECT amount_minor FROM kept").fetchall() == [(1999,)]


def test_killed_postgres_answers_again_on_its_port_with_every_committed_row(run_dir, supervisor):
    program, port = servers.postgres_program(run_dir)
    supervisor.start([program])
    with psycopg.connect(servers.postgres_url(port, "postgres")) as connection:
        connection.execute("CREATE TABLE kept AS SELECT generate_series(1, 500) AS n")
    open_session = psycopg.connect(servers.postgres_url(port, "postgres"))
    first_pid = supervisor.published[-1]["postgres"]

    os.kill(first_pid, signal.SIGKILL)
    seconds = supervisor.tick_until(lambda: supervisor.published[-1]["postgres"] != first_pid, seconds=2.0)
    supervisor.tick_until(program.is_ready, seconds=20.0)

    assert seconds < 2.0
    assert (run_dir / "postgres.pid").read_text() == f"{supervisor.published[-1]['postgres']}\n"
    with psycopg.connect(servers.postgres_url(port, "postgres")) as connection:
        assert connection.execute("SELECT count(*), sum(n) FROM kept").fetchone() == (500, 125_250)
    with pytest.raises(psycopg.OperationalError):
        open_session.execute("SELECT 1")


def test_a_pid_file_that_names_a_living_stranger_does_not_keep_postgres_from_starting(run_dir, supervisor):
    program, port = servers.postgres_program(run_dir)
    data_dir = run_dir / "postgres"
    # After a reboot the old postmaster's number may be anybody's; here it is the test's own.
    (data_dir / "postmaster.pid").write_text(f"{os.getpid()}\n{data_dir}\n1700000000\n{port}\n\n127.0.0.1\n")

    supervisor.start([program])

    assert _postgres_setting(port, "port") == str(port)
    assert proctable.is_alive(os.getpid())


@pytest.mark.parametrize("name", ["postgres", "redis"])
def test_a_frozen_server_of_an_earlier_supervisor_never_shares_its_data_with_a_new_one(
    run_dir, supervisor, name
):
    build = servers.postgres_program if name == "postgres" else servers.redis_program
    earlier = Supervisor(run_dir, os.environ, lambda pids: None)
    earlier.start([build(run_dir)[0]])
    frozen = int((run_dir / f"{name}.pid").read_text())
    os.kill(frozen, signal.SIGSTOP)

    supervisor.end_leftovers()
    program, _port = build(run_dir)
    supervisor.start([program])

    assert not proctable.is_alive(frozen)
    assert supervisor.published[-1][name] in proctable.list_servers_in(run_dir / name)


def test_a_data_directory_of_somebody_else_is_left_alone(run_dir):
    foreign = run_dir / "postgres"
    foreign.mkdir()
    (foreign / "PG_VERSION").write_text("18\n")

    with pytest.raises(StackError, match="was not created by this stack"):
        servers.postgres_program(run_dir)

    assert [path.name for path in foreign.iterdir()] == ["PG_VERSION"]


def test_an_interrupted_first_start_is_begun_anew(run_dir, supervisor):
    program, port = servers.postgres_program(run_dir)
    data_dir = (run_dir / "postgres").resolve()
    (data_dir / servers.MARK).unlink()
    data_dir.rename(data_dir.with_name("postgres.new"))

    program, port = servers.postgres_program(run_dir)
    supervisor.start([program])

    assert _postgres_setting(port, "server_version_num")[:2] == "18"
    assert not data_dir.with_name("postgres.new").exists()


def test_killed_redis_answers_again_on_its_port_with_what_was_flushed_to_disk(run_dir, supervisor):
    program, port = servers.redis_program(run_dir)
    supervisor.start([program])
    client = redis.Redis(port=port)
    client.set("kept", "1999")
    durability = client.config_get("append*") | client.config_get("maxmemory-policy")
    supervisor.tick_until(lambda: client.info("persistence")["aof_pending_bio_fsync"] == 0, seconds=3.0)
    first_pid = supervisor.published[-1]["redis"]

    os.kill(first_pid, signal.SIGKILL)
    seconds = supervisor.tick_until(lambda: supervisor.published[-1]["redis"] != first_pid, seconds=2.0)
    supervisor.tick_until(program.is_ready, seconds=5.0)

    assert seconds < 2.0
    assert durability["appendonly"] == "yes"
    assert durability["appendfsync"] == "everysec"
    assert durability["maxmemory-policy"] == "noeviction"
    assert redis.Redis(port=port).get("kept") == b"1999"


def test_a_fresh_database_forgets_what_the_earlier_one_held(run_dir, supervisor):
    program, port = servers.postgres_program(run_dir)
    supervisor.start([program])
    servers.ensure_database(port, "payments_bench")
    with psycopg.connect(servers.postgres_url(port, "payments_bench")) as connection:
        connection.execute("CREATE TABLE old (n int)")

    servers.ensure_database(port, "payments_bench")
    with psycopg.connect(servers.postgres_url(port, "payments_bench")) as connection:
        kept = connection.execute("SELECT to_regclass('old')::text").fetchone()
    servers.ensure_database(port, "payments_bench", fresh=True)
    with psycopg.connect(servers.postgres_url(port, "payments_bench")) as connection:
        dropped = connection.execute("SELECT to_regclass('old')::text").fetchone()

    assert kept == ("old",)
    assert dropped == (None,)


def test_the_application_logs_in_as_somebody_who_owns_nothing(run_dir, supervisor):
    program, port = servers.postgres_program(run_dir)
    supervisor.start([program])
    servers.ensure_database(port, "payments")
    servers.ensure_database(port, "payments")

    with psycopg.connect(servers.postgres_url(port, "payments", roles.APPLICATION)) as application:
        powers = application.execute(
            "SELECT rolsuper, rolcreaterole, rolcreatedb, rolbypassrls FROM pg_roles WHERE rolname = current_user"
        ).fetchone()
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            application.execute("CREATE TABLE mine (n int)")

    assert powers == (False, False, False, False)


def test_only_who_owns_takes_the_role_and_only_where_it_can(run_dir, supervisor):
    program, port = servers.postgres_program(run_dir)
    supervisor.start([program])
    servers.ensure_database(port, "payments")
    owner, application = (
        servers.postgres_url(port, "payments", user) for user in (roles.OWNER, roles.APPLICATION)
    )
    with psycopg.connect(owner, autocommit=True) as connection:
        connection.execute("CREATE ROLE modest LOGIN; GRANT CREATE ON SCHEMA public TO modest")

    assert roles.find_separated_url(owner) == f"{owner}?options=-c%20role%3Dpayments_app"
    assert roles.find_separated_url(f"{owner}?sslmode=prefer") == (
        f"{owner}?sslmode=prefer&options=-c%20role%3Dpayments_app"
    )
    assert roles.find_separated_url(application) is None
    assert roles.find_separated_url(servers.postgres_url(port, "payments", "modest")) is None
    assert roles.find_separated_url(servers.postgres_url(port, "nowhere")) is None


def test_a_checkout_too_deep_for_a_unix_socket_works(tmp_path: Path, supervisor):
    deep = tmp_path / ("d" * 60) / ("e" * 60) / ".run"
    deep.mkdir(parents=True)
    program, port = servers.redis_program(deep)

    supervisor.start([program])

    assert len(str(deep)) > 107
    assert redis.Redis(port=port).ping() is True
