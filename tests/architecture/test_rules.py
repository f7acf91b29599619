"""Every rule over every file, and against its own snippets: a rule that does not bite is no rule."""

from __future__ import annotations

import pytest

from tests.architecture.rules import Rule, find_violations, without_escaped
from tests.architecture.source import all_modules

RULES = sorted(Rule.registry.values(), key=lambda rule: rule.name)

# Escapes in the tree (`# house-rule: <name> because <reason>`). This number may only fall.
ESCAPES = 0


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_the_tree_keeps_the_rule(rule: type[Rule]) -> None:
    broken = [
        violation
        for module in all_modules()
        for violation in without_escaped(find_violations(rule, module), module)
    ]

    assert not broken, f"{len(broken)} places break {rule.name}:\n" + "\n".join(map(str, broken))


@pytest.mark.parametrize(
    ("rule", "index"),
    [(rule, index) for rule in RULES for index in range(len(rule.bad))],
    ids=lambda value: value.name if isinstance(value, type) else str(value),
)
def test_the_rule_bites_on_a_bad_snippet(rule: type[Rule], index: int) -> None:
    snippet = rule.bad[index]

    found = find_violations(rule, snippet.as_module())

    assert found, f"{rule.name} lets this pass:\n{snippet.text}"
    assert str(found[0]).startswith(f"{snippet.path}:{found[0].line}: {rule.name}: ")


@pytest.mark.parametrize(
    ("rule", "index"),
    [(rule, index) for rule in RULES for index in range(len(rule.good))],
    ids=lambda value: value.name if isinstance(value, type) else str(value),
)
def test_the_rule_lets_a_good_snippet_pass(rule: type[Rule], index: int) -> None:
    snippet = rule.good[index]

    found = find_violations(rule, snippet.as_module())

    assert found == []


def test_every_rule_has_a_sentence_and_both_kinds_of_snippets() -> None:
    bare = [rule.name for rule in RULES if not (rule.sentence and rule.bad and rule.good)]

    assert bare == []


def test_escapes_are_counted_named_reasoned_and_needed() -> None:
    escapes = [escape for module in all_modules() for escape in module.escapes]
    found = {module.path: module for module in all_modules()}

    unknown = [escape for escape in escapes if escape.rule not in Rule.registry]
    unreasoned = [escape for escape in escapes if len(escape.reason) < len("a reason of words")]
    needless = [
        escape
        for escape in escapes
        if escape.rule in Rule.registry
        and not any(
            escape.covers(violation.rule, violation.line)
            for violation in find_violations(Rule.registry[escape.rule], found[escape.path])
        )
    ]
    assert unknown == []
    assert unreasoned == []
    assert needless == [], "An escape that covers nothing goes away."
    assert len(escapes) == ESCAPES, "The committed number of escapes may only fall, and follows the tree."
