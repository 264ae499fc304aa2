"""Describe the deployment to the web page."""

import pytest

from gatehouse.backend.root import Backend
from gatehouse.flows.accounts.describe_page import describe_page
from gatehouse.settings import Settings


def test_page_is_told_the_socket_and_the_password_rule() -> None:
    config = describe_page(Backend(Settings(stage="dev", socket_url="wss://x.example/dev")))
    assert (config.stage, config.socket_url) == ("dev", "wss://x.example/dev")
    assert config.min_password_length == 15
    assert not config.api_docs


def test_page_is_told_when_and_how_clients_are_challenged() -> None:
    settings = Settings(
        socket_url="wss://x.example/dev", challenge="always", challenge_provider="hcaptcha"
    )
    config = describe_page(Backend(settings))
    assert (config.challenge, config.challenge_provider) == ("always", "hcaptcha")


def test_describing_fails_closed_without_a_socket() -> None:
    with pytest.raises(LookupError, match="SOCKET_URL"):
        describe_page(Backend(Settings()))
