"""Replays: doing again, on a person's word, what machines did before. Counted, resumable, kept with who and how many.

models.py    one replay, its cursor and its counts
running.py   run_replay: the same for webhooks, events and jobs, from commands and from the back office
"""
