"""What a provider and a bank tell afterwards: settlement reports and bank statements, written from the books.

Lives here: which movements belong in a file, differences planted on request, and one module per file format.
Does not live here: the payouts themselves (`stripe/payouts.py`) and the paths (`settlement_controls.py`).
"""
