"""A report by its name: which lines it has, in which format, under which file name, with what planted."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from ..books import Body, Books
from . import adyen_file, camt, mt940, stripe_files
from .bank import statements
from .lines import ACTIVITY, PAYOUTS, SETTLED, Line, created_within, settled_within
from .planting import Planting
from .wishes import Wish, WishUnreadable

_CSV, _XML, _PLAIN = "text/csv", "application/xml", "text/plain"
Source = Callable[[Books, Wish, tuple[str, ...]], Iterator[Line]]


@dataclass(frozen=True, slots=True)
class ReportFile:
    name: str
    content_type: str
    content: str
    planted: list[Body]


def write_report(books: Books, report: str, wish: Wish) -> ReportFile:
    """Raises WishUnreadable for a name it does not know or a column it cannot give."""
    for column in wish.columns:
        if not stripe_files.known_column(column):
            raise WishUnreadable("columns are payment_metadata[key] or refund_metadata[key]")
    match report:
        case "stripe_balance":
            content, planted = _of_lines(books, wish, created_within, ACTIVITY, stripe_files.balance_file)
            name = f"balance_change_from_activity_itemized_3{_days(wish)}.csv"
        case "stripe_payout":
            content, planted = _of_lines(
                books, wish, settled_within, SETTLED, stripe_files.reconciliation_file
            )
            name = f"payout_reconciliation_itemized_5{_days(wish)}.csv"
        case "stripe_payout_list":
            content, planted = _of_lines(books, wish, created_within, PAYOUTS, stripe_files.payouts_file)
            name = f"payouts_itemized_3{_days(wish)}.csv"
        case "adyen_settlement":
            content, planted = _of_lines(
                books, wish, settled_within, (*SETTLED, "payout"), _adyen(wish.account)
            )
            name = f"settlement_detail_report{_days(wish)}.csv"
        case "camt053" | "camt054" | "mt940":
            return _of_bank(books, report, wish)
        case _:
            raise WishUnreadable(f"reports are {', '.join(REPORTS)}")
    return ReportFile(name, _CSV, content, planted)


REPORTS: dict[str, str] = {
    "stripe_balance": _CSV,
    "stripe_payout": _CSV,
    "stripe_payout_list": _CSV,
    "adyen_settlement": _CSV,
    "camt053": _XML,
    "camt054": _XML,
    "mt940": _PLAIN,
}


def _of_lines(
    books: Books,
    wish: Wish,
    source: Source,
    kinds: tuple[str, ...],
    write: Callable[[Iterable[Line], tuple[str, ...]], str],
) -> tuple[str, list[Body]]:
    planting = Planting(wish.differences)
    if wish.differences.rate:
        # Twice over the same lines: the choice depends on how many there are.
        planting.choose([(line.transaction, line.kind) for line in source(books, wish, kinds)])
    content = write(planting.over(source(books, wish, kinds)), wish.columns)
    return content, planting.planted


def _adyen(account: str) -> Callable[[Iterable[Line], tuple[str, ...]], str]:
    name = adyen_file.merchant_account(account)
    return lambda lines, _: adyen_file.settlement_file(lines, name)


def _of_bank(books: Books, report: str, wish: Wish) -> ReportFile:
    found, planted = statements(books, wish)
    if report == "mt940":
        return ReportFile(f"mt940{_days(wish)}.sta", _PLAIN, mt940.statement_file(found), planted)
    write = camt.statement_file if report == "camt053" else camt.notification_file
    return ReportFile(f"{report}{_days(wish)}.xml", _XML, write(found, wish.version), planted)


def _days(wish: Wish) -> str:
    from_, to = wish.starts_at, wish.ends_at
    return (f"_{from_}" if from_ else "") + (f"_{to}" if to < 2**53 else "")
