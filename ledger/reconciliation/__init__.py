"""Reconciliation: statements of PSPs and banks in, matched with the journal, differences as breaks.

The tables are in ledger/models (statements.py, reconciliation.py), the pages in ledger/admin. What a PSP's entry
kinds mean is pushed down by the floors above (movements.py): the ledger knows no payment.
"""
