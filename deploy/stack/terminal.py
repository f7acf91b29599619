"""What the targets themselves say at the terminal; standard output belongs to their commands."""

import sys


def say(sentence: str) -> None:
    sys.stderr.write(f"[stack] {sentence}\n")
    sys.stderr.flush()
