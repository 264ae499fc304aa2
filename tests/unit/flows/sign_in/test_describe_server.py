"""Public descriptions of the server."""

import pytest

from gatehouse import __version__
from gatehouse.backend.root import Backend
from gatehouse.errors import Unavailable
from gatehouse.flows.sign_in.describe_server import Health, check_health, describe_server, read_keys
from gatehouse.settings import Settings
from harness.moto_backend import PUBLIC_URL, MotoBackend, ring
from tests.support.calls import broken, recorded


def test_health_tells_the_version() -> None:
    assert check_health() == Health("ok", __version__)


def test_health_asks_nobody(moto: MotoBackend) -> None:
    with recorded() as calls:
        check_health()
    assert calls == []


def test_keys_are_those_of_the_ring(moto: MotoBackend) -> None:
    kids = [key.kid for key in read_keys(moto.backend).keys]
    assert kids == [ring().current.kid, ring().next.kid]


def test_keys_are_for_signatures(moto: MotoBackend) -> None:
    kinds = {(key.kty, key.alg, key.use) for key in read_keys(moto.backend).keys}
    assert kinds == {("RSA", "RS256", "sig")}


def test_keys_are_unavailable_while_the_table_does_not_answer(moto: MotoBackend) -> None:
    with broken("GetItem"), pytest.raises(Unavailable):
        read_keys(moto.backend)


def test_issuer_is_that_of_the_tokens(moto: MotoBackend) -> None:
    assert describe_server(moto.backend).issuer == moto.backend.keys.party.issuer == PUBLIC_URL


def test_keys_are_found_where_discovery_says(moto: MotoBackend) -> None:
    assert describe_server(moto.backend).jwks_uri == f"{PUBLIC_URL}/.well-known/jwks.json"


def test_password_is_no_grant(moto: MotoBackend) -> None:
    assert "password" not in describe_server(moto.backend).grant_types_supported


def test_server_without_an_address_describes_nothing() -> None:
    with pytest.raises(LookupError):
        describe_server(Backend(Settings()))
