"""The read side of the books: accounts, balances, entries, periods, statements, trial balance, verification."""
