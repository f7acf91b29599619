"""Drills on a stack and a database of their own; `make drill` runs them.

faults: the demo's load while processes are killed and the PSP misbehaves; then the proof of no harm.
outage: one of two PSPs goes down under load and comes back; what it cost, second by second.
"""
