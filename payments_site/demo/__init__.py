"""The demo: a shop's orders through the public API, with the official SDK, and the proof that all books agree.

It uses the product from outside, as a product service does; only its set-up and its last look read the database.
"""
