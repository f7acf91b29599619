"""How the product is run: the stack of one machine. The product imports nothing from here."""
