"""Bracketed form bodies."""

import pytest

from payments.psp.sandbox.form import FormUnreadable, parse_form


@pytest.mark.parametrize(
    ("text", "parsed"),
    [
        ("", {}),
        ("amount=100&currency=usd", {"amount": "100", "currency": "usd"}),
        ("metadata[order]=7&metadata[0]=x", {"metadata": {"order": "7", "0": "x"}}),
        ("metadata[0]=x", {"metadata": {"0": "x"}}),
        ("expand[]=a&expand[]=b", {"expand": ["a", "b"]}),
        ("expand[1]=b&expand[0]=a", {"expand": ["a", "b"]}),
        ("card[token]=tok_visa&card[a][b]=c", {"card": {"token": "tok_visa", "a": {"b": "c"}}}),
        ("items[0][id]=x&items[1][id]=y", {"items": [{"id": "x"}, {"id": "y"}]}),
        ("name=J%C3%BCrgen+M&empty=", {"name": "Jürgen M", "empty": ""}),
    ],
)
def test_brackets_nest_and_digits_make_lists(text, parsed):
    assert parse_form(text) == parsed


@pytest.mark.parametrize("text", ["a=1&a[b]=2", "a[b][c][d][e][f][g][h][i][j]=1", "&".join(["a=1"] * 1001)])
def test_what_cannot_be_nested_is_refused(text):
    with pytest.raises(FormUnreadable):
        parse_form(text)
