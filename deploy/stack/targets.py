"""What each `make` target does once the virtual environment exists: servers, stack, command, exit status."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from deploy.stack import environment, ports, proctable, roles, rundir, servers, template
from deploy.stack.processes import product_programs
from deploy.stack.program import Program, StackError
from deploy.stack.rundir import CHECKOUT, RunDir
from deploy.stack.supervisor import Supervisor
from deploy.stack.terminal import say

_MANAGE = (sys.executable, "manage.py")
_APPS = ("foundation", "ledger", "payments", "disputes", "subscriptions", "payments_site")


class Stack:
    """One run folder, its supervisor and the URLs that others read in stack.json."""

    def __init__(self, run_dir: RunDir) -> None:
        self.run_dir = run_dir
        self.urls: dict[str, str] = {}
        self._pids: Mapping[str, int] = {}
        self._is_up = False
        self.supervisor = Supervisor(
            run_dir.path, environment.base_environment(run_dir.path), on_change=self._remember_pids
        )
        self.supervisor.handle_signals()
        run_dir.forget_stack_json()
        self.supervisor.end_leftovers()
        # Numbers of dead processes would be summed into the new ones'.
        shutil.rmtree(run_dir.path / "prometheus", ignore_errors=True)
        (run_dir.path / "prometheus").mkdir()

    def start_servers(
        self,
        *,
        database: str = "payments",
        redis_number: int = 0,
        fresh: bool = False,
        settings: Mapping[str, str] = servers.POSTGRES_SETTINGS,
    ) -> int:
        """Start PostgreSQL and Redis unless DATABASE_URL and REDIS_URL name real ones. Returns our PostgreSQL's
        port, or 0.

        `fresh` empties the named database of our own servers; a server that somebody named is left as it is.
        """
        programs: list[Program] = []
        postgres_port = redis_port = 0
        database_url = os.environ.get("DATABASE_URL", "")
        owner_url = os.environ.get("DATABASE_OWNER_URL") or database_url
        redis_url = os.environ.get("REDIS_URL", "")
        if not database_url:
            program, postgres_port = servers.postgres_program(self.run_dir.path, settings)
            programs.append(program)
            database_url = servers.postgres_url(postgres_port, database, roles.APPLICATION)
            owner_url = servers.postgres_url(postgres_port, database)
        if not redis_url:
            program, redis_port = servers.redis_program(self.run_dir.path)
            programs.append(program)
            redis_url = servers.redis_url(redis_port, redis_number)
        self.urls |= {
            "database_url": database_url,
            "database_owner_url": owner_url,
            "redis_url": redis_url,
        }
        # Who does not need the owner's login does not get it.
        self.supervisor.update_environment(
            {"DATABASE_URL": database_url, "DATABASE_OWNER_URL": "", "REDIS_URL": redis_url}
        )
        self.supervisor.start(programs)
        if postgres_port:
            servers.ensure_database(postgres_port, database, fresh=fresh)
        if redis_port and fresh:
            servers.empty_redis(redis_port, redis_number)
        return postgres_port

    def start_product(self) -> None:
        """Migrate, collect static files, start every process and wait until the web server is ready."""
        web_port = choose_port("WEB_PORT", 8000)
        sandbox_port = choose_port("PSP_SANDBOX_PORT", 8100)
        base_url = f"http://127.0.0.1:{web_port}"
        self.urls |= {
            "base_url": base_url,
            "admin_url": f"{base_url}/admin/",
            "psp_sandbox_url": f"http://127.0.0.1:{sandbox_port}",
        }
        self.supervisor.update_environment(
            {
                "WEB_PORT": str(web_port),
                "PSP_SANDBOX_PORT": str(sandbox_port),
                "PSP_SANDBOX_URL": self.urls["psp_sandbox_url"],
                "PUBLIC_BASE_URL": os.environ.get("PUBLIC_BASE_URL") or base_url,
                "STACK_JSON": str(self.run_dir.path / "stack.json"),
            }
        )
        self._separate()
        say("migrating the database")
        self.migrate(self.as_owner)
        self._collect_static()
        say("starting web, workers, beat, relay and the PSP sandbox")
        self.supervisor.start(
            product_programs(self.run_dir.path, web_port=web_port, sandbox_port=sandbox_port)
        )
        self._is_up = True
        self._remember_pids(self._pids)

    @property
    def as_owner(self) -> Mapping[str, str]:
        """What a command gets that migrates, or makes databases of its own."""
        return {"DATABASE_OWNER_URL": self.urls["database_owner_url"]}

    def migrate(self, extra: Mapping[str, str]) -> None:
        # Building an index may take longer than a request may; the request path keeps its own limits.
        limits = {"STATEMENT_TIMEOUT_MS": "0", "IDLE_IN_TRANSACTION_TIMEOUT_MS": "0"}
        self._must([*_MANAGE, "migrate", "--noinput", "-v", "0"], {**extra, **limits})

    def run(self, argv: Sequence[str], extra: Mapping[str, str] | None = None) -> int:
        return self.supervisor.run(argv, cwd=CHECKOUT, extra=extra)

    def close(self) -> None:
        self._is_up = False
        self.run_dir.forget_stack_json()
        self.supervisor.stop()
        self.run_dir.release()

    def _remember_pids(self, pids: Mapping[str, int]) -> None:
        # Whoever waits for stack.json relies on all it names: it exists only while the whole stack is up.
        self._pids = pids
        if self._is_up:
            self.run_dir.write_stack_json(self.urls, pids)

    def _must(self, argv: Sequence[str], extra: Mapping[str, str] | None = None) -> None:
        status = self.run(argv, extra)
        if status != 0:
            raise StackError(f"`{' '.join(argv[1:])}` ended with exit status {status}.")

    def _separate(self) -> None:
        """Where one user of a server that somebody named does everything, let it work as the application.

        Where that cannot be, `migrate` says so.
        """
        if self.urls["database_url"] != self.urls["database_owner_url"]:
            return
        separated_url = roles.find_separated_url(self.urls["database_url"])
        if separated_url is not None:
            self.urls["database_url"] = separated_url
            self.supervisor.update_environment({"DATABASE_URL": separated_url})

    def _collect_static(self) -> None:
        stamp = CHECKOUT / ".run" / "static.stamp"
        wanted = _static_fingerprint()
        if stamp.is_file() and stamp.read_text() == wanted:
            return
        say("collecting static files")
        self._must([*_MANAGE, "collectstatic", "--noinput", "-v", "0"])
        rundir.replace_text(stamp, wanted)


def run_target(name: str, arguments: Sequence[str]) -> int:
    """Run one target. Returns the exit status for the shell."""
    environment.read_dotenv()
    # Tests and checks have servers of their own, so that they never stop those of a running stack.
    stack = Stack(rundir.claim(name if name in {"test", "check"} else ""))
    if stack.run_dir.is_second:
        say(f"another target of this checkout is running; this one keeps its files in {stack.run_dir.path}")
    try:
        return TARGETS[name](stack, arguments)
    except StackError as error:
        say(str(error))
        return 1
    finally:
        stack.close()


def _up(stack: Stack, _arguments: Sequence[str]) -> int:
    stack.start_servers()
    stack.start_product()
    _print_urls(stack)
    stack.supervisor.watch()
    return 0


def _demo(stack: Stack, arguments: Sequence[str]) -> int:
    stack.start_servers()
    stack.start_product()
    status = stack.run([*_MANAGE, "run_demo", *arguments])
    if os.environ.get("DEMO_EXIT") != "1" and not stack.supervisor.stop_requests:
        _print_urls(stack)
        stack.supervisor.watch()
    return status


def _bench(stack: Stack, arguments: Sequence[str]) -> int:
    # A database of its own: measurements start from the same state and leave the demo's books alone.
    stack.start_servers(database="payments_bench", redis_number=1, fresh=True)
    stack.start_product()
    return stack.run([sys.executable, "-m", "bench", *arguments], stack.as_owner)


def _drill(stack: Stack, arguments: Sequence[str]) -> int:
    stack.start_servers(database="payments_drill", redis_number=2, fresh=True)
    stack.start_product()
    return stack.run([*_MANAGE, "run_drill", *arguments])


def _test(stack: Stack, arguments: Sequence[str]) -> int:
    port = stack.start_servers(settings=servers.TEST_POSTGRES_SETTINGS)
    chosen = list(arguments)
    # Tests wait for real servers more than they compute, so that two of them share a core.
    at_once = str(2 * (os.cpu_count() or 1))
    is_chosen = any(part.startswith(("-n", "-p")) for part in chosen)
    workers = [] if is_chosen else ["-n", at_once, "--dist", "worksteal"]
    extra = {
        **stack.as_owner,
        "DJANGO_SETTINGS_MODULE": environment.TEST_SETTINGS,
        "PUBLIC_BASE_URL": "http://127.0.0.1:8000",
    }
    if port:
        say("making the database that the tests' workers copy")
        extra["TEST_DB_TEMPLATE"] = template.ensure_template(
            port, lambda url: stack.migrate({**extra, "DATABASE_URL": url, "DATABASE_OWNER_URL": url})
        )
    return stack.run([sys.executable, "-m", "pytest", *workers, *chosen], extra)


def _openapi(stack: Stack, arguments: Sequence[str]) -> int:
    stack.start_servers()
    return stack.run([*_MANAGE, "write_openapi", *arguments])


def _check(stack: Stack, _arguments: Sequence[str]) -> int:
    """Every check runs, so that one red line does not hide the next."""
    stack.start_servers()
    production = environment.production_environment(stack.urls["database_url"], stack.urls["redis_url"])
    tools = Path(sys.prefix) / "bin"
    steps: list[tuple[str, Sequence[str], Mapping[str, str]]] = [
        ("ruff check", [str(tools / "ruff"), "check", "."], {}),
        ("ruff format", [str(tools / "ruff"), "format", "--check", "."], {}),
        ("mypy", [sys.executable, "-m", "mypy", *_APPS], {}),
        ("import contracts", [str(tools / "lint-imports")], {}),
        ("migrations", [*_MANAGE, "makemigrations", "--check", "--dry-run"], {}),
        ("check --deploy", [*_MANAGE, "check", "--deploy", "--fail-level", "WARNING"], production),
        ("OpenAPI drift", [*_MANAGE, "write_openapi", "--check"], {}),
    ]
    failed = []
    for title, argv, extra in steps:
        say(f"{title}: {' '.join(Path(part).name if part.startswith('/') else part for part in argv)}")
        if stack.run(argv, extra) != 0:
            failed.append(title)
        if stack.supervisor.stop_requests:
            return 130
    say(f"failed: {', '.join(failed)}" if failed else "every check passed")
    return 1 if failed else 0


TARGETS = {
    "up": _up,
    "demo": _demo,
    "bench": _bench,
    "drill": _drill,
    "test": _test,
    "check": _check,
    "openapi": _openapi,
}


def choose_port(variable: str, default: int) -> int:
    chosen = os.environ.get(variable)
    if chosen:
        if not chosen.isdigit() or not 1 <= int(chosen) <= 65_535:
            raise StackError(f"{variable}={chosen} is not a port; give a number from 1 to 65535.")
        if not ports.is_free(int(chosen)):
            raise StackError(
                f"{variable}={chosen} is in use by another program; choose another or leave it unset."
            )
        return int(chosen)
    port = ports.free_port(default)
    if port != default:
        say(f"port {default} is in use by another program, so {variable} is {port}")
    return port


def _static_fingerprint() -> str:
    digest = hashlib.sha256((CHECKOUT / "requirements.txt").read_bytes())
    for file in sorted(path for path in CHECKOUT.glob("[!.]*/static/**/*") if path.is_file()):
        found = file.stat()
        digest.update(f"{file} {found.st_size} {found.st_mtime_ns}".encode())
    return digest.hexdigest()


def _print_urls(stack: Stack) -> None:
    sys.stdout.write(
        f"\n  Admin        {stack.urls['admin_url']}"
        f"\n  API          {stack.urls['base_url']}"
        f"\n  PSP sandbox  {stack.urls['psp_sandbox_url']}"
        f"\n  Files        {stack.run_dir.path} (logs, pids, stack.json)"
        "\n  Ctrl-C stops everything.\n\n"
    )
    sys.stdout.flush()


def tie_to_make() -> None:
    """End with a killed `make`, which cannot pass its own death on."""
    parent = Path(f"/proc/{os.getppid()}/comm")
    if parent.exists() and parent.read_text().strip() in {"make", "gmake"}:
        proctable.die_with_parent(15)
