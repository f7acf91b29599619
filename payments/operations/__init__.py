"""What the product can do, one file per verb: operations own a transaction, flows string them and PSP calls."""
