"""Paths for finance: pay out what an account holds, and fetch the reports and statements that tell of it."""

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from .adyen.call import DEDUCTED, fees_setting
from .books import Body, to_json
from .money_rules import CURRENCIES
from .reports.files import REPORTS, ReportFile, write_report
from .reports.wishes import Wish, WishUnreadable, read_wish
from .stripe.payouts import DEFAULT_ARRIVAL_SECONDS, PayoutOrder
from .wire import Reply, Request

if TYPE_CHECKING:
    from .sandbox import Sandbox

REPORTS_PATH = "/sandbox/reports"
_ORDER_NAMES = {"account", "currency", "include_pending", "arrival_seconds", "fails"}


class SettlementControls:
    def __init__(self, sandbox: "Sandbox") -> None:
        self._sandbox = sandbox

    def pay_out(self, given: dict[str, Any]) -> Body:
        """One payout per account and currency with something to pay. Raises WishUnreadable."""
        order = _read_order(given)
        accounts = [given["account"]] if given.get("account") else self._accounts()
        payouts: list[Body] = []
        for account in accounts:
            made, deliveries = self._sandbox.stripe.pay_out(account, order)
            self._sandbox.send(deliveries)
            payouts += [body | {"account": account} for body in made]
        return {"payouts": payouts}

    def fees(self, given: dict[str, Any]) -> Body:
        """How an account at Adyen pays its fees from now on. Raises WishUnreadable."""
        account, deducted = given.get("account"), given.get("deducted")
        if not isinstance(account, str) or not account or not isinstance(deducted, bool):
            raise WishUnreadable("account is a key, deducted true or false")
        self._sandbox.books.keep_setting(fees_setting(account), DEDUCTED if deducted else "")
        return {"account": account, "deducted": deducted}

    def names(self, _: Request) -> Body:
        return {"reports": REPORTS}

    def file(self, request: Request) -> Reply:
        """The report itself. Raises WishUnreadable."""
        report = self._write(request, dict(parse_qsl(request.query)))
        headers = [
            ("Content-Disposition", f'attachment; filename="{report.name}"'),
            ("Planted-Differences", str(len(report.planted))),
        ]
        return Reply(200, report.content.encode(), headers, report.content_type)

    def told(self, request: Request, given: dict[str, Any]) -> Reply:
        """The report and what was planted in it, as JSON. Raises WishUnreadable."""
        report = self._write(request, given)
        body = {
            "file_name": report.name,
            "content_type": report.content_type,
            "content": report.content,
            "planted": report.planted,
        }
        return Reply(200, to_json(body).encode())

    def _write(self, request: Request, given: dict[str, Any]) -> ReportFile:
        name = request.path.removeprefix(REPORTS_PATH).strip("/")
        accounts = self._accounts()
        wish: Wish = read_wish(given, accounts[0] if len(accounts) == 1 else None)
        return write_report(self._sandbox.books, name, wish)

    def _accounts(self) -> list[str]:
        return [key for (key,) in self._sandbox.books.rows("SELECT key FROM accounts ORDER BY key")]


def _read_order(given: dict[str, Any]) -> PayoutOrder:
    unknown = sorted(set(given) - _ORDER_NAMES)
    if unknown:
        raise WishUnreadable(f"unknown: {', '.join(unknown)}; known: {', '.join(sorted(_ORDER_NAMES))}")
    currency = given.get("currency")
    if currency is not None and currency not in CURRENCIES:
        raise WishUnreadable("currency is a three-letter code in lower case")
    seconds = given.get("arrival_seconds", DEFAULT_ARRIVAL_SECONDS)
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or seconds < 0:
        raise WishUnreadable("arrival_seconds is a number from 0")
    return PayoutOrder(
        currency=currency,
        include_pending=given.get("include_pending") is True,
        arrival_seconds=float(seconds),
        fails=given.get("fails") is True,
    )
