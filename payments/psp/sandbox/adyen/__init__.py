"""Adyen's Checkout API, version 71, as far as connectors use it; another face on the same books.

Source of shapes: https://docs.adyen.com/api-explorer/Checkout/71/overview and
https://docs.adyen.com/development-resources/webhooks/, read 2026-11.
"""
