"""`python -m tests.architecture [PATH…]`: broken house rules, one per line; exit status 1 if any."""

from __future__ import annotations

import sys

from tests.architecture.rules import Rule, find_violations, without_escaped
from tests.architecture.source import all_modules


def main(paths: list[str]) -> int:
    broken: list[object] = []
    for module in all_modules():
        if paths and not module.path.startswith(tuple(paths)):
            continue
        try:
            for rule in Rule.registry.values():
                broken += without_escaped(find_violations(rule, module), module)
        except SyntaxError as error:
            broken.append(f"{module.path}:{error.lineno}: it does not parse: {error.msg}")
    for violation in broken:
        sys.stdout.write(f"{violation}\n")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
