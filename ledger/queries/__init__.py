"""The read side of the books: accounts.py, balances.py, entries.py, trial_balance.py, verify.py."""
