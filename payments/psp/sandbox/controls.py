"""What is not any provider's API: health, the books' truth, faults, clock, reset, webhook endpoints, 3DS
pages.
"""

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from .books import Body, to_json
from .card_update_controls import CARD_UPDATES_PATH, UpdateUnreadable
from .card_update_controls import update as update_card
from .dispute_controls import DISPUTES_PATH, ClaimUnreadable, DisputeControls
from .faults import FAULTS, RuleUnreadable, read_script
from .pages import CONTENT_SECURITY_POLICY, challenge_page, missing_page
from .reports.wishes import WishUnreadable
from .schema import BUSINESS_TABLES
from .settlement_controls import REPORTS_PATH, SettlementControls
from .summary import books_entries, books_summary
from .webhooks import EVERYONE
from .wire import Reply, Request

if TYPE_CHECKING:
    from .sandbox import Sandbox


class Wrong(Exception):
    """The caller's mistake, answered with 400 and this text."""


class Controls:
    def __init__(self, sandbox: "Sandbox") -> None:
        self._sandbox = sandbox
        self._settlement = SettlementControls(sandbox)
        self._disputes = DisputeControls(sandbox)
        self._paths = {
            ("GET", "/healthz"): self._health,
            ("GET", "/books"): self._books,
            ("GET", "/books/entries"): self._entries,
            ("GET", "/sandbox/faults"): self._faults,
            ("POST", "/sandbox/faults"): self._replace_faults,
            ("DELETE", "/sandbox/faults"): self._clear_faults,
            ("POST", "/sandbox/clock"): self._advance,
            ("GET", "/sandbox/clock"): self._clock,
            ("POST", "/sandbox/reset"): self._reset,
            ("POST", "/sandbox/webhook_endpoints"): self._register,
            ("GET", "/sandbox/webhooks"): self._webhooks,
            ("GET", "/sandbox/events"): self._events,
            ("POST", "/sandbox/payouts"): self._pay_out,
            ("POST", "/sandbox/adyen_fees"): lambda request: self._settlement.fees(_object(request)),
            ("POST", CARD_UPDATES_PATH): lambda request: update_card(sandbox, _object(request)),
            ("POST", DISPUTES_PATH): lambda request: self._disputes.open(_object(request)),
            ("GET", REPORTS_PATH): self._settlement.names,
        }

    def respond(self, request: Request) -> Reply:
        if request.path.startswith("/3ds/"):
            return self._challenge(request)
        answer = self._paths.get((request.method, request.path))
        try:
            if answer is not None:
                return _json(200, answer(request))
            if request.path.startswith(f"{REPORTS_PATH}/"):
                return self._report(request)
            if request.method == "POST" and request.path.startswith(f"{DISPUTES_PATH}/"):
                dispute_id = request.path.removeprefix(f"{DISPUTES_PATH}/")
                return _json(200, self._disputes.decide(dispute_id, _object(request)))
            return _json(404, {"error": f"the sandbox has no {request.method} {request.path}"})
        except (Wrong, RuleUnreadable, WishUnreadable, ClaimUnreadable, UpdateUnreadable) as error:
            return _json(400, {"error": str(error)})

    def _health(self, _: Request) -> Body:
        self._sandbox.books.row("SELECT 1")
        return {"status": "ok"}

    def _books(self, request: Request) -> Body:
        query = dict(parse_qsl(request.query))
        return books_summary(self._sandbox.books, query.get("account"), self._sandbox.clock.now())

    def _entries(self, request: Request) -> Body:
        query = dict(parse_qsl(request.query))
        try:
            after, limit = int(query.get("after", "0")), int(query.get("limit", "100"))
        except ValueError as error:
            raise Wrong("after and limit are whole numbers") from error
        return books_entries(self._sandbox.books, query.get("account"), after, limit)

    def _faults(self, _: Request) -> Body:
        return {"rules": self._sandbox.faults.describe(), "known_faults": FAULTS}

    def _replace_faults(self, request: Request) -> Body:
        self._sandbox.faults.replace(read_script(request.body.decode("utf-8", "replace")))
        return {"rules": self._sandbox.faults.describe()}

    def _clear_faults(self, _: Request) -> Body:
        self._sandbox.faults.replace([])
        return {"rules": []}

    def _clock(self, _: Request) -> Body:
        clock = self._sandbox.clock
        return {"now": clock.now(), "offset_seconds": clock.offset_seconds}

    def _advance(self, request: Request) -> Body:
        seconds = _object(request).get("advance_seconds")
        if isinstance(seconds, bool) or not isinstance(seconds, int | float) or seconds < 0:
            raise Wrong("advance_seconds is a number from 0: the sandbox clock only moves forward")
        clock = self._sandbox.clock
        clock.advance(seconds)
        self._sandbox.books.keep_setting("clock_offset_seconds", repr(clock.offset_seconds))
        return self._clock(request) | {"worked_off": dict(self._sandbox.ageing.run_due())}

    def _reset(self, request: Request) -> Body:
        """Empty books, no faults, real time. Endpoints stay unless asked for: they are no history."""
        sandbox = self._sandbox
        endpoints_too = _object(request).get("webhook_endpoints") is True
        with sandbox.books.transaction():
            for table in (*BUSINESS_TABLES, *(("webhook_endpoints",) if endpoints_too else ())):
                sandbox.books.execute(f"DELETE FROM {table}")  # noqa: S608 - our own table names
            sandbox.books.keep_setting("clock_offset_seconds", "0")
        sandbox.clock.reset()
        sandbox.faults.replace([])
        sandbox.courier.forget_all()
        sandbox.mailbox.reload()
        return {"status": "empty"}

    def _register(self, request: Request) -> Body:
        given = _object(request)
        url, events = given.get("url"), given.get("enabled_events") or []
        if not isinstance(url, str) or not url.startswith(("http://", "https://")):
            raise Wrong("url is an http or https address")
        if not isinstance(events, list):
            raise Wrong("enabled_events is a list of event types")
        record = self._sandbox.mailbox.register(
            str(given.get("account") or EVERYONE), url, given.get("secret"), events, self._sandbox.clock.now()
        )
        return record.body | {"account": record.account, "secret": record.private["secret"]}

    def _webhooks(self, request: Request) -> Body:
        """How many deliveries are in which state; of one account, when it is named."""
        account = dict(parse_qsl(request.query)).get("account")
        rows = self._sandbox.books.rows(
            "SELECT state, COUNT(*) FROM webhook_deliveries WHERE ?1 IS NULL OR account = ?1 GROUP BY state",
            (account,),
        )
        return {"deliveries": dict(rows)}

    def _events(self, request: Request) -> Body:
        """What an account was to be told, oldest first, delivered or not; unsigned."""
        account = dict(parse_qsl(request.query)).get("account", "")
        rows = self._sandbox.books.rows(
            "SELECT type, body FROM events WHERE account = ? ORDER BY seq LIMIT 1000", (account,)
        )
        return {"events": [{"type": type_, "body": json.loads(body)} for type_, body in rows]}

    def _pay_out(self, request: Request) -> Body:
        return self._settlement.pay_out(_object(request))

    def _report(self, request: Request) -> Reply:
        """GET is the file as a provider would send it, POST the same with what was planted."""
        if request.method == "GET":
            return self._settlement.file(request)
        return self._settlement.told(request, _object(request))

    def _challenge(self, request: Request) -> Reply:
        object_id, _, verdict = request.path.removeprefix("/3ds/").partition("/")
        face, record = self._sandbox.find_challenged(object_id)
        if record is None or verdict not in ("", "complete", "fail"):
            return _html(404, missing_page())
        if not verdict:
            return _html(200, challenge_page(record.body)) if request.method == "GET" else _json(405, {})
        if request.method != "POST":
            return _json(405, {"error": "authentication is settled by POST"})
        is_passed = verdict == "complete"
        record, deliveries = face.settle_challenge(record, is_passed=is_passed)
        self._sandbox.send(deliveries)
        told, location = face.after_challenge(record, is_passed=is_passed)
        if b"browser=1" not in request.body:
            return _json(200, told)
        if location is None:
            return _html(200, challenge_page(record.body))
        return Reply(303, b"", [("Location", location)], "text/plain")


def _object(request: Request) -> dict[str, Any]:
    if not request.body:
        return {}
    try:
        value = json.loads(request.body)
    except ValueError as error:
        raise Wrong(f"the body is no JSON: {error}") from error
    if not isinstance(value, dict):
        raise Wrong("the body is a JSON object")
    return value


def _json(status: int, body: Body) -> Reply:
    return Reply(status, to_json(body).encode())


def _html(status: int, page: str) -> Reply:
    headers = [("Content-Security-Policy", CONTENT_SECURITY_POLICY), ("Cache-Control", "no-store")]
    return Reply(status, page.encode(), headers, "text/html; charset=utf-8")
