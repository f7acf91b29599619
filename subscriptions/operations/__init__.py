"""One file per verb: the table of contents of subscriptions."""
