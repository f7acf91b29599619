"""The fault drill: the demo's load while processes are killed and the PSP misbehaves; then the proof of no harm.

`make drill` runs it on a stack and a database of its own.
"""
