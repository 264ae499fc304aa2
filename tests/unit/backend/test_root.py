"""The root of a process: built once per address, from the environment."""

import os
from collections.abc import Iterator

import pytest

from gatehouse.backend.root import production
from harness.moto_backend import moto_backend


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    variables = {"AUDIENCE": "app"}
    monkeypatch.setattr(os, "environ", variables)
    production.cache_clear()
    yield variables
    production.cache_clear()


def test_issuer_is_the_address_of_the_api_where_none_is_configured(
    environment: dict[str, str],
) -> None:
    assert production("https://a.example").settings.public_url == "https://a.example"


def test_issuer_is_the_configured_address_whatever_is_asked(environment: dict[str, str]) -> None:
    environment["PUBLIC_URL"] = "https://api.example.com"
    assert production("https://a.example").settings.public_url == "https://api.example.com"


def test_process_has_one_backend_for_an_address(environment: dict[str, str]) -> None:
    assert production("https://a.example") is production("https://a.example")


def test_world_can_have_other_settings() -> None:
    with moto_backend(audience="other") as moto:
        assert moto.backend.keys.party.audience == "other"
