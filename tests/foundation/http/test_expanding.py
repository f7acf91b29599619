"""expand[]: ids become objects, in one batch per level; what cannot be expanded is refused."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest

from foundation.errors import DomainError
from foundation.http.expanding import Expanders, expand_paths

MERCHANT = UUID("01939c6e-0000-7000-8000-000000000001")


class Library(Expanders):
    """Books and their authors; every load is noted."""

    def __init__(self) -> None:
        super().__init__()
        self.loads: list[tuple[str, list[str]]] = []


@pytest.fixture
def library() -> Library:
    library = Library()
    noted = library.loads

    def authors(merchant_id: UUID, ids: Sequence[str]) -> dict[str, Any]:
        assert merchant_id == MERCHANT
        noted.append(("author", list(ids)))
        known = {"au_1": "au_2", "au_2": None}
        return {id: {"id": id, "object": "author", "mentor": known[id]} for id in ids if id in known}

    def reviews(merchant_id: UUID, ids: Sequence[str]) -> dict[str, Any]:
        noted.append(("reviews", list(ids)))
        return {
            id: {"object": "list", "data": [{"id": f"re_{id}", "object": "review", "author": "au_2"}]}
            for id in ids
        }

    library.register_expander("book", "author", authors)
    library.register_expander("book", "editors", authors)
    library.register_expander("book", "details.translator", authors)
    library.register_expander("author", "mentor", authors)
    library.register_expander("review", "author", authors)
    library.register_inclusion("book", "reviews", reviews)
    return library


def book(number: int = 1, **fields: Any) -> dict[str, Any]:
    return {
        "id": f"bk_{number}",
        "object": "book",
        "author": "au_1",
        "editors": ["au_1", "au_2"],
        "details": {"translator": "au_2", "pages": 7},
        "title": "x",
        "publisher": None,
        "cover": {"object": "cover", "id": "co_1"},
        **fields,
    }


def expanded(library: Library, shape: dict[str, Any], *paths: str) -> dict[str, Any]:
    return library.expand(shape, expand_paths(list(paths)), merchant_id=MERCHANT)


def test_an_id_becomes_its_object_and_the_rest_stays(library: Library) -> None:
    shape = expanded(library, book(), "author")

    assert shape["author"] == {"id": "au_1", "object": "author", "mentor": "au_2"}
    assert shape["editors"] == ["au_1", "au_2"]
    assert library.loads == [("author", ["au_1"])]


def test_paths_go_down_and_share_their_beginnings(library: Library) -> None:
    shape = expanded(library, book(), "author", "author.mentor")

    assert shape["author"]["mentor"] == {"id": "au_2", "object": "author", "mentor": None}
    assert library.loads == [("author", ["au_1"]), ("author", ["au_2"])]


def test_lists_of_ids_and_fields_inside_hashes_are_expanded(library: Library) -> None:
    shape = expanded(library, book(), "editors", "details.translator")

    assert [editor["id"] for editor in shape["editors"]] == ["au_1", "au_2"]
    assert shape["details"]["translator"]["id"] == "au_2"
    assert shape["details"]["pages"] == 7


def test_a_page_of_a_list_is_expanded_with_one_load_per_level(library: Library) -> None:
    page = {"object": "list", "data": [book(1), book(2), book(3, author="au_2")]}

    expanded(library, page, "data.author.mentor")

    assert [row["author"]["id"] for row in page["data"]] == ["au_1", "au_1", "au_2"]
    assert page["data"][0]["author"]["mentor"]["id"] == "au_2"
    assert library.loads == [("author", ["au_1", "au_2"]), ("author", ["au_2"])]


def test_what_is_left_out_by_default_is_included_when_asked_for(library: Library) -> None:
    shape = expanded(library, book(), "reviews.data.author")

    assert shape["reviews"]["data"][0]["author"]["id"] == "au_2"


def test_nothing_to_expand_loads_nothing(library: Library) -> None:
    shape = expanded(library, book(author=None), "author")
    empty = expanded(library, {"object": "list", "data": []}, "data.author")

    assert shape["author"] is None
    assert empty["data"] == []
    assert library.loads == []


def test_an_id_whose_object_is_gone_stays_an_id(library: Library) -> None:
    assert expanded(library, book(author="au_9"), "author")["author"] == "au_9"


def test_an_object_that_is_always_there_may_be_named(library: Library) -> None:
    assert expanded(library, book(), "cover")["cover"]["id"] == "co_1"


@pytest.mark.parametrize(
    "path",
    ["title", "publisher", "nothing", "details", "details.pages", "author.nothing", "title.x", "data.author"],
)
def test_what_cannot_be_expanded_is_refused_by_its_path(library: Library, path: str) -> None:
    with pytest.raises(DomainError) as refusal:
        expanded(library, book(), path)

    assert (refusal.value.code, refusal.value.param) == ("parameter_invalid", "expand")
    named = refusal.value.text.removeprefix("This property cannot be expanded (").removesuffix(").")
    assert path == named or path.startswith(f"{named}.")


def test_in_a_list_of_several_kinds_those_that_know_the_property_are_expanded(library: Library) -> None:
    page = {"object": "list", "data": [book(), {"id": "dvd_1", "object": "dvd", "title": "x"}]}

    expanded(library, page, "data.author")

    assert page["data"][0]["author"]["id"] == "au_1"
    assert page["data"][1] == {"id": "dvd_1", "object": "dvd", "title": "x"}


def test_after_a_write_an_unknown_path_is_left_alone(library: Library) -> None:
    shape = library.expand(
        book(), ["title", "author", "nothing.at.all"], merchant_id=MERCHANT, is_strict=False
    )

    assert (shape["title"], shape["author"]["id"]) == ("x", "au_1")


def test_before_a_write_what_is_certainly_unknown_is_refused(library: Library) -> None:
    library.refuse_unless_expandable("book", ["author", "reviews", "author.mentor", "items.data.price"])
    with pytest.raises(DomainError):
        library.refuse_unless_expandable("book", ["author", "title"])


def test_four_levels_are_accepted_and_five_are_not(library: Library) -> None:
    assert expand_paths(["a.b.c.d"]) == ["a.b.c.d"]
    with pytest.raises(DomainError) as refusal:
        expand_paths(["a.b.c.d.e"])
    assert refusal.value.text == "You cannot expand more than 4 levels of a property. Property: a.b.c.d.e"


@pytest.mark.parametrize("value", [[""], [5], [["a"]], 5, ["x"] * 21, {"a": {"b": "c"}}])
def test_an_expand_parameter_that_is_no_list_of_paths_is_refused(value: Any) -> None:
    with pytest.raises(DomainError) as refusal:
        expand_paths(value)

    assert refusal.value.param == "expand"


def test_the_documentation_can_ask_what_is_expandable(library: Library) -> None:
    assert library.expandable_fields("book") == ["author", "details.translator", "editors", "reviews"]
