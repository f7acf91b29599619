"""Tax rates for the lines of an invoice: the port, the built-in provider, and the check of VAT ids."""
