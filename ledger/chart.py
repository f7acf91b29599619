"""The chart that every merchant's books begin with, in each currency, and the names people read. Free of Django.

Accounts beyond it are opened by their first posting. A placeholder (`<psp account>`) stands for a part of the path
that is only known then.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ChartLine:
    """path: of an account, or of a family of accounts below it. is_family: opened by its first posting only."""

    path: str
    name: str
    is_family: bool = False


CHART = (
    ChartLine("assets/bank", "Bank"),
    ChartLine("assets/cash_in_transit", "Payouts on their way"),
    ChartLine("assets/disputed_funds", "Held back for disputes"),
    ChartLine("assets/psp_clearing", "Owed by the PSPs", is_family=True),
    ChartLine("assets/receivables", "Owed by customers"),
    ChartLine("liabilities/customer_balance", "Customers' credit"),
    ChartLine("liabilities/tax_payable", "Tax to be paid"),
    ChartLine("income/sales", "Sales"),
    ChartLine("income/refunds", "Refunds, reducing sales"),
    ChartLine("income/credits", "Credits granted, reducing sales"),
    ChartLine("expenses/psp_fees", "PSP fees"),
    ChartLine("expenses/dispute_fees", "Dispute fees"),
    ChartLine("expenses/dispute_losses", "Lost disputes"),
    ChartLine("equity/fx", "Between currencies", is_family=True),
    ChartLine("memo/authorized", "Authorized, not captured"),
    ChartLine("memo/authorization_contra", "Against authorized"),
)


def name_of(path: str) -> str:
    """What people call the account, or the family it belongs to; empty for one outside the chart."""
    for line in CHART:
        if path == line.path or (line.is_family and path.startswith(f"{line.path}/")):
            return line.name
    return ""
