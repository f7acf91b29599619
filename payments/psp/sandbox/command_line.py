"""The command: reads arguments, runs one sandbox until SIGTERM or SIGINT."""

import argparse
import json
import logging
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from .faults import RuleUnreadable, read_rule, read_script
from .sandbox import Sandbox


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=int, required=True, help="port to listen on; 0 picks a free one")
    parser.add_argument("--books", required=True, help="file of the SQLite books; made when missing")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--faults", help="JSON fault script in force from the start")
    parser.add_argument("--webhook-url", help="endpoint that hears of every account")
    parser.add_argument("--webhook-secret", help="secret that signs its webhooks")
    parser.add_argument(
        "--settle-seconds", type=float, default=5.0, help="how long a pending refund takes (sandbox clock)"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status 0 after a signal, 2 on unusable arguments. Prints one JSON line once it listens."""
    parser = argparse.ArgumentParser(prog="psp_sandbox", description="A payment provider for development.")
    add_arguments(parser)
    return run(parser.parse_args(arguments))


def run(options: argparse.Namespace) -> int:
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    try:
        rules = read_script(Path(options.faults).read_text()) if options.faults else []
        for rule in rules:
            read_rule(rule)
        Path(options.books).parent.mkdir(parents=True, exist_ok=True)
        sandbox = Sandbox(
            books_path=options.books,
            host=options.host,
            port=options.port,
            fault_rules=rules,
            webhook_url=options.webhook_url,
            webhook_secret=options.webhook_secret,
            settle_seconds=options.settle_seconds,
        )
    except (OSError, RuleUnreadable) as error:
        sys.stderr.write(f"psp_sandbox: {error}\n")
        return 2
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    sandbox.start()
    sys.stdout.write(json.dumps({"psp_sandbox_url": sandbox.base_url, "books": str(options.books)}) + "\n")
    sys.stdout.flush()
    stop.wait()
    sandbox.stop()
    return 0
