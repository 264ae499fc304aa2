"""Read the headers of events."""

import pytest

from gatehouse.headers import header


@pytest.mark.parametrize("name", ["content-type", "Content-Type", "CONTENT-TYPE", "cOnTeNt-tYpE"])
def test_header_is_found_in_any_case_of_its_name(name: str) -> None:
    assert header({"headers": {"host": "a", name: "b"}}, "content-type") == "b"


@pytest.mark.parametrize("name", ["xorigin", "origin ", "x-origin", ""])
def test_header_of_another_name_is_not_read(name: str) -> None:
    assert header({"headers": {name: "a"}}, "origin") is None


@pytest.mark.parametrize("event", [{}, {"headers": None}, {"headers": {}}])
def test_event_without_headers_has_none(event: dict[str, object]) -> None:
    assert header(event, "origin") is None


def test_empty_header_differs_from_a_missing_one() -> None:
    assert header({"headers": {"Origin": ""}}, "origin") == ""


@pytest.mark.parametrize("names", [("Origin", "origin"), ("origin", "ORIGIN")])
def test_no_spelling_of_a_header_hides_another(names: tuple[str, str]) -> None:
    event = {"headers": dict(zip(names, ("a", "b"), strict=True))}
    assert header(event, "origin") == "a, b"
