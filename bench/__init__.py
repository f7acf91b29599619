"""Measurements: figures for bench/results.json, never a test. `make bench` runs them against a running stack."""
