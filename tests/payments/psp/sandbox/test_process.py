"""The sandbox as a process: its command, signals, and what survives them."""

import json
import os
import signal
import subprocess
import sys
import time
from functools import cached_property
from pathlib import Path

import pytest
import stripe

ROOT = Path(__file__).resolve().parents[4]
PAYMENT = {"amount": 1000, "currency": "usd", "payment_method": "pm_card_visa", "confirm": True}


class Process:
    def __init__(self, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "payments.psp.sandbox", "--port", "0", *arguments],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    @cached_property
    def base_url(self) -> str:
        """Printed once the process listens."""
        return json.loads(self.process.stdout.readline())["psp_sandbox_url"]

    def client(self, timeout_seconds: float = 10) -> stripe.StripeClient:
        return stripe.StripeClient(
            "sk_test_first",
            base_addresses={"api": self.base_url},
            max_network_retries=0,
            http_client=stripe.RequestsClient(timeout=timeout_seconds),
        )

    def signal(self, number: int) -> int:
        self.process.send_signal(number)
        return self.process.wait(timeout=10)


@pytest.fixture
def run():
    started: list[Process] = []

    def start(*arguments: object) -> Process:
        process = Process(*map(str, arguments))
        started.append(process)
        return process

    yield start
    for process in started:
        if process.process.poll() is None:
            process.process.kill()
        process.process.communicate(timeout=10)


def test_the_package_imports_nothing_of_django_or_the_project():
    listing = subprocess.run(
        [
            sys.executable,
            "-c",
            "import json, sys, payments.psp.sandbox.command_line\nprint(json.dumps(sorted(sys.modules)))",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )

    modules = json.loads(listing.stdout)
    ours = [
        name
        for name in modules
        if name.split(".")[0] in ("payments", "foundation", "ledger", "django", "stripe")
    ]
    assert [name for name in ours if not name.startswith("payments.psp.sandbox")] == [
        "payments",
        "payments.psp",
    ]


def test_sigterm_ends_quickly_and_cleanly_even_while_an_answer_is_held(run, tmp_path):
    script = tmp_path / "faults.json"
    script.write_text(json.dumps([{"fault": "timeout_after_booking", "seconds": 60, "times": 1}]))
    process = run("--books", tmp_path / "books.sqlite3", "--faults", script)
    with pytest.raises(stripe.APIConnectionError):
        process.client(timeout_seconds=0.3).v1.payment_intents.create(PAYMENT)

    started = time.monotonic()
    status = process.signal(signal.SIGTERM)

    assert status == 0
    assert time.monotonic() - started < 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["books.sqlite3", "faults.json"]


def test_books_keys_and_undelivered_webhooks_survive_kill_minus_nine(run, tmp_path, receiver):
    books = tmp_path / "books.sqlite3"
    receiver.status = 500
    first = run("--books", books, "--webhook-url", receiver.url, "--webhook-secret", "whsec_x")
    paid = first.client().v1.payment_intents.create(PAYMENT, {"idempotency_key": "k1"})
    receiver.wait_for(1)
    assert first.signal(signal.SIGKILL) == -signal.SIGKILL
    receiver.status = 200

    second = run("--books", books, "--webhook-url", receiver.url, "--webhook-secret", "whsec_x")
    client = second.client()
    again = client.v1.payment_intents.create(PAYMENT, {"idempotency_key": "k1"})
    events = receiver.wait_for(2, seconds=8)

    assert again.id == paid.id
    assert len(client.v1.charges.list().data) == 1
    assert [event["data"]["object"]["id"] for event in events] == [paid.id, paid.id]


def test_the_moved_clock_survives_a_restart(run, plain_at, tmp_path):
    books = tmp_path / "books.sqlite3"
    first = run("--books", books)
    plain_at(first.base_url)("POST", "/sandbox/clock", {"advance_seconds": 3600})
    first.signal(signal.SIGTERM)

    second = run("--books", books)

    paid = second.client().v1.payment_intents.create(PAYMENT)
    assert 3590 < paid.created - time.time() < 3610


@pytest.mark.parametrize(
    ("faults", "said"),
    [("[{}]", "unknown fault None"), ("{", "no JSON"), (None, "No such file")],
)
def test_an_unusable_fault_file_ends_the_start_with_one_sentence(run, tmp_path, faults, said):
    script = tmp_path / "faults.json"
    if faults is not None:
        script.write_text(faults)

    process = run("--books", tmp_path / "books.sqlite3", "--faults", script)
    _, errors = process.process.communicate(timeout=10)

    assert process.process.returncode == 2
    assert said in errors
    assert len(errors.strip().splitlines()) == 1


def test_a_port_in_use_ends_the_start_with_one_sentence(sandbox, tmp_path):
    port = sandbox.base_url.rpartition(":")[2]

    outcome = subprocess.run(
        [sys.executable, "-m", "payments.psp.sandbox", "--port", port, "--books", str(tmp_path / "other")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=10,
        env=os.environ,
    )

    assert outcome.returncode == 2
    assert "Address already in use" in outcome.stderr


def test_the_management_command_becomes_the_sandbox_process(tmp_path):
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "manage.py"), "psp_sandbox", "--port", "0", "--books", "books.sqlite3"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        text=True,
        env={"DJANGO_SETTINGS_MODULE": "payments_site.settings.test"} | os.environ,
    )
    try:
        url = json.loads(process.stdout.readline())["psp_sandbox_url"]
        command = Path(f"/proc/{process.pid}/cmdline").read_bytes().split(b"\0")
        client = stripe.StripeClient("sk_test_first", base_addresses={"api": url}, max_network_retries=0)

        assert client.v1.payment_intents.create(PAYMENT).status == "succeeded"
        assert b"payments.psp.sandbox" in command
        assert (tmp_path / "books.sqlite3").exists()
    finally:
        process.terminate()
        assert process.wait(timeout=10) == 0
