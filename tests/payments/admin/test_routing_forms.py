"""Rules and experiments as forms: what is written down, and where a form says what is wrong with it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from foundation.ids import new_id
from foundation.tenancy.staff import create_staff
from payments.admin.routing.rule_actions import next_version
from payments.admin.routing.shares import as_percents, percent_words
from payments.models import RoutingExperiment, RoutingRuleSet
from payments.queries.routing import list_rules
from tests.factories.shop import Shop
from tests.factories.two_psps import TwoPsps, open_second_account

SETS = "/admin/payments/routingruleset/"


@pytest.fixture
def two(shop: Shop) -> TwoPsps:
    return open_second_account(shop)


@pytest.fixture
def ada(two: TwoPsps) -> Client:
    staff = create_staff(
        username="ada", role="finance", password="correct-horse-battery", merchant_ids=[two.shop.id]
    )
    client = Client()
    client.force_login(staff, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


@pytest.fixture
def draft(two: TwoPsps, ada: Client) -> RoutingRuleSet:
    answer = ada.post(
        f"{SETS}draft/{two.shop.id}/",
        {"form_key": new_id(), "name": "Cards", "authorization": 100, "cost": 50, "latency": 0},
    )
    assert answer.status_code == 302, errors(answer)
    return fresh(two)


def fresh(two: TwoPsps) -> RoutingRuleSet:
    return RoutingRuleSet.objects.for_merchant(two.shop.id).get()


def kept(two: TwoPsps) -> list[dict[str, Any]]:
    return [
        {"name": rule.name, "conditions": rule.conditions, "targets": rule.targets, "only": rule.only}
        for rule in list_rules(fresh(two))
    ]


def form(two: TwoPsps, **fields: Any) -> dict[str, Any]:
    """Half to each account, unless told otherwise; first_x and second_x are the accounts' own fields."""
    first = {"part": "share", "share": "50", "place": ""}
    second = {"part": "share", "share": "50", "place": ""}
    for what in ("part", "share", "place"):
        first[what] = fields.pop(f"first_{what}", first[what])
        second[what] = fields.pop(f"second_{what}", second[what])
    accounts = ((two.first, first), (two.second, second))
    return {
        "form_key": new_id(),
        "number": 0,
        "shown": fresh(two).content_hash,
        "name": "Half and half",
        "position": 1,
        **{f"{what}_{one.id.hex}": value for one, values in accounts for what, value in values.items()},
        **fields,
    }


def add(client: Client, two: TwoPsps, **fields: Any) -> Any:
    return client.post(f"{SETS}{fresh(two).id}/add_rule/", form(two, **fields))


def errors(answer: Any) -> dict[str, list[str]]:
    """What the form says, by the field that it says it of."""
    if answer.status_code == 302:
        return {}
    assert answer.status_code == 422
    return {name: list(texts) for name, texts in answer.context_data["form"].errors.items()}


def test_every_condition_share_and_fallback_is_written_down_as_it_was_filled_in(
    two: TwoPsps, ada: Client, draft: RoutingRuleSet
) -> None:
    third = open_second_account(two.shop, name="Third").second

    answer = add(
        ada,
        two,
        name="Euro cards of the web shop",
        currency="EUR",
        amount_from="10",
        amount_to="250.50",
        brand="Visa, mastercard",
        country="de, fr",
        bin="400000, 5200",
        funding="credit",
        method_type="card",
        capture_method="manual",
        off_session="true",
        metadata="channel = web\nchannel = app\n\nshop = a=b",
        only="on",
        first_share="70.5",
        second_share="29.5",
        **{f"part_{third.id.hex}": "standby"},
    )

    assert errors(answer) == {}
    assert kept(two) == [
        {
            "name": "Euro cards of the web shop",
            "conditions": {
                "currency": ["eur"],
                "brand": ["mastercard", "visa"],
                "country": ["DE", "FR"],
                "funding": ["credit"],
                "method_type": ["card"],
                "capture_method": ["manual"],
                "bin": ["400000", "5200"],
                "metadata": {"channel": ["web", "app"], "shop": ["a=b"]},
                "off_session": True,
                "amount": {"gte": 1_000, "lte": 25_050},
            },
            "targets": [
                {"psp_account": str(two.first.id), "weight": 7_050},
                {"psp_account": str(two.second.id), "weight": 2_950},
                {"psp_account": str(third.id), "weight": 0},
            ],
            "only": True,
        }
    ]


def test_rule_that_is_opened_and_saved_unchanged_stays_what_it_is(
    two: TwoPsps, ada: Client, draft: RoutingRuleSet
) -> None:
    add(ada, two, currency="jpy", amount_from="5000", country="JP", metadata="a = b\na = c", bin="4000")
    before, hash_before = kept(two), fresh(two).content_hash

    page = ada.get(f"{SETS}{draft.id}/change_rule/?number=1")
    shown = {field.html_name: field.value() for field in page.context_data["form"]}
    answer = ada.post(
        f"{SETS}{draft.id}/change_rule/",
        {name: "" if value is None else value for name, value in shown.items()},
    )

    assert errors(answer) == {}
    assert kept(two) == before
    assert fresh(two).content_hash == hash_before


@pytest.mark.parametrize(
    ("fields", "field", "says"),
    [
        ({"currency": "eur, xyz"}, "currency", "“xyz” is no ISO 4217 currency."),
        ({"amount_from": "10"}, "currency", "Name exactly one"),
        ({"amount_from": "10", "currency": "eur, usd"}, "currency", "Name exactly one"),
        ({"amount_from": "ten", "currency": "usd"}, "amount_from", "Write an amount in USD"),
        ({"amount_to": "10.5", "currency": "jpy"}, "amount_to", "JPY has 0 decimals"),
        ({"amount_from": "20", "amount_to": "10", "currency": "usd"}, "amount_to", "This is below"),
        ({"country": "DEU"}, "country", "“DEU” is no country"),
        ({"bin": "123"}, "bin", "“123” is no BIN prefix"),
        ({"metadata": "channel"}, "metadata", "“channel” is no line"),
        ({"position": "0"}, "position", "greater than or equal to 1"),
        ({"name": ""}, "name", "required"),
        ({"first_share": "60"}, "second.share", "The shares sum to 110 %, not to 100 %."),
        ({"first_share": ""}, "first.share", "Write its share in percent."),
        ({"first_share": "-5"}, "first.share", "greater than or equal to 0.01"),
        ({"first_part": "score", "first_share": ""}, "first.part", "Where others take fixed shares"),
        ({"first_part": "", "second_part": ""}, "first.part", "Name an account"),
        (
            {"first_part": "standby", "first_share": "", "second_part": "standby", "second_share": ""},
            "first.part",
            "Name an account",
        ),
        ({"first_part": "standby", "second_share": "100"}, "first.share", "Only what takes a share has one."),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_is_saved(
    two: TwoPsps, ada: Client, draft: RoutingRuleSet, fields: dict[str, Any], field: str, says: str
) -> None:
    which, _, what = field.partition(".")
    name = f"{what}_{getattr(two, which).id.hex}" if what else field

    answer = add(ada, two, **fields)

    assert says in " ".join(errors(answer)[name])
    assert f'id="id_{name}_error"' in answer.content.decode()
    assert kept(two) == []
    assert fresh(two).content_hash == draft.content_hash


def test_two_that_stand_by_have_places_of_their_own(two: TwoPsps, ada: Client, draft: RoutingRuleSet) -> None:
    third = open_second_account(two.shop, name="Third").second
    standing_by = {"second_part": "standby", "second_share": "", f"part_{third.id.hex}": "standby"}

    same = add(ada, two, first_share="100", second_place="1", **standing_by, **{f"place_{third.id.hex}": "1"})
    swapped = add(
        ada, two, first_share="100", second_place="2", **standing_by, **{f"place_{third.id.hex}": "1"}
    )

    assert errors(same) == {f"place_{third.id.hex}": ["Another account has place 1."]}
    assert errors(swapped) == {}
    assert [target["psp_account"] for target in kept(two)[0]["targets"]] == [
        str(two.first.id),
        str(third.id),
        str(two.second.id),
    ]


def test_rules_are_put_in_order_changed_and_removed_and_each_save_is_another_version(
    two: TwoPsps, ada: Client, draft: RoutingRuleSet
) -> None:
    for name in ("first", "second", "third"):
        assert errors(add(ada, two, name=name, position=9)) == {}
    hashes = {draft.content_hash, fresh(two).content_hash}

    moved = ada.post(
        f"{SETS}{draft.id}/change_rule/", form(two, name="third, now asked first", number=3, position=1)
    )
    hashes.add(fresh(two).content_hash)
    removed = ada.post(
        f"{SETS}{draft.id}/remove_rule/",
        {"form_key": new_id(), "number": 2, "shown": fresh(two).content_hash},
    )

    assert (moved.status_code, removed.status_code) == (302, 302)
    assert [rule["name"] for rule in kept(two)] == ["third, now asked first", "second"]
    assert len(hashes | {fresh(two).content_hash}) == 4
    page = ada.get(f"{SETS}{draft.id}/change/").content.decode()
    assert "50 %" in page
    assert re.search(r"Change third, now asked first", page)


def test_rule_that_was_opened_before_another_changed_the_draft_is_refused(
    two: TwoPsps, ada: Client, draft: RoutingRuleSet
) -> None:
    add(ada, two, name="already there")

    late = add(ada, two, shown=draft.content_hash)

    assert "not what you were shown" in " ".join(errors(late)["__all__"])
    assert [rule["name"] for rule in kept(two)] == ["already there"]


def test_rule_that_is_not_there_is_not_found(two: TwoPsps, ada: Client, draft: RoutingRuleSet) -> None:
    answers = [
        ada.get(f"{SETS}{draft.id}/{verb}/?number={number}")
        for verb in ("change_rule", "remove_rule")
        for number in ("1", "-1", "x", "²")
    ]

    assert {answer.status_code for answer in answers} == {404}


def test_new_version_is_another_draft_with_the_same_rules(
    two: TwoPsps, ada: Client, draft: RoutingRuleSet
) -> None:
    add(ada, two)

    answer = ada.post(f"{SETS}{draft.id}/copy/", {"form_key": new_id(), "name": "Cards, version 2"})

    older, newer = RoutingRuleSet.objects.for_merchant(two.shop.id).order_by("id")
    assert answer["Location"].endswith(f"{newer.id}/change/")
    assert (older.content_hash, newer.name) == (newer.content_hash, "Cards, version 2")


def test_versions_are_counted_in_the_name() -> None:
    assert next_version("Euro cards") == "Euro cards, version 2"
    assert next_version("Euro cards, version 9") == "Euro cards, version 10"
    assert len(next_version("x" * 100)) == 100


@pytest.mark.parametrize(
    ("weights", "percents"),
    [([70, 30], ["70", "30"]), ([1, 1, 1], ["33.34", "33.33", "33.33"]), ([7_050, 2_950], ["70.5", "29.5"])],
)
def test_weights_are_shown_as_percent_that_sum_to_a_hundred(weights: list[int], percents: list[str]) -> None:
    assert as_percents(weights) == percents


def test_share_is_told_in_percent() -> None:
    assert percent_words(1, [1, 3]) == "25 %"


def experiment_form(two: TwoPsps, **fields: Any) -> dict[str, Any]:
    return {
        "form_key": new_id(),
        "name": "Second against first",
        "minimum_difference_bps": 300,
        "guardrail_bps": 0,
        f"arm_{two.first.id.hex}": "today",
        f"share_{two.first.id.hex}": "80",
        f"arm_{two.second.id.hex}": "other",
        f"share_{two.second.id.hex}": "20",
        "baseline": two.second.id.hex,
        "currency": "usd",
        **fields,
    }


def test_experiment_is_described_with_its_baseline_first(two: TwoPsps, ada: Client) -> None:
    answer = ada.post(f"/admin/payments/routingexperiment/describe/{two.shop.id}/", experiment_form(two))

    assert errors(answer) == {}
    experiment = RoutingExperiment.objects.for_merchant(two.shop.id).get()
    assert experiment.arms == [
        {"name": "other", "psp_account": str(two.second.id), "weight": 20},
        {"name": "today", "psp_account": str(two.first.id), "weight": 80},
    ]
    assert experiment.conditions == {"currency": ["usd"]}


@pytest.mark.parametrize(
    ("what", "value", "field", "says"),
    [
        ("share", "70", "share_second", "The shares sum to 90 %"),
        ("arm", "", "arm_first", "Name the arm"),
        ("arm", "other", "arm_second", "Another arm has this name."),
        ("share", "", "share_first", "Write its share"),
    ],
)
def test_arms_that_can_not_be_drawn_are_said_at_their_field(
    two: TwoPsps, ada: Client, what: str, value: str, field: str, says: str
) -> None:
    name, _, which = field.partition("_")

    answer = ada.post(
        f"/admin/payments/routingexperiment/describe/{two.shop.id}/",
        experiment_form(two, **{f"{what}_{two.first.id.hex}": value}),
    )

    assert says in " ".join(errors(answer)[f"{name}_{getattr(two, which).id.hex}"])
    assert not RoutingExperiment.objects.for_merchant(two.shop.id).exists()


def test_baseline_without_an_arm_is_said_at_the_choice(two: TwoPsps, ada: Client) -> None:
    third = open_second_account(two.shop, name="Third").second

    answer = ada.post(
        f"/admin/payments/routingexperiment/describe/{two.shop.id}/",
        experiment_form(two, baseline=third.id.hex),
    )

    assert errors(answer) == {"baseline": ["This account has no arm in the experiment."]}
