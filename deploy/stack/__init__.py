"""The stack of one machine: PostgreSQL, Redis, the product's processes, and who restarts them.

Standard library plus the embedded servers' wheels and their clients. It starts the product as an operator's
init system would and never imports it; how a production cluster runs is not decided here.
"""
