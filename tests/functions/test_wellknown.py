"""GET /, GET /.well-known/*"""

import pytest

from gatehouse import __version__
from tests.support.calls import broken
from tests.support.events import http
from tests.support.functions import Answer, serve
from tests.support.world import PUBLIC_URL, World, published

DISCOVERY = ["get-openid-configuration", "get-oauth-authorization-server"]


def get(world: World, name: str) -> Answer:
    return serve("wellknown", world.backend)(http(name))


def test_health_is_told(world: World) -> None:
    answer = get(world, "get-health")
    assert answer.json == {"status": "ok", "version": __version__}
    assert answer.headers["cache-control"] == "no-store"


def test_health_does_not_depend_on_the_table(world: World) -> None:
    with broken("GetItem"):
        assert get(world, "get-health").status == 200


def test_keys_are_published(world: World) -> None:
    assert get(world, "get-jwks").json == published()


@pytest.mark.parametrize("name", ["get-jwks", *DISCOVERY])
def test_public_answer_may_be_kept_for_five_minutes(world: World, name: str) -> None:
    assert get(world, name).headers["cache-control"] == "public, max-age=300"


def test_keys_have_no_private_member(world: World) -> None:
    for key in get(world, "get-jwks").json["keys"]:
        assert not {"d", "p", "q", "dp", "dq", "qi", "oth", "k"} & set(key)


def test_keys_that_cannot_be_read_are_kept_by_nobody(world: World) -> None:
    with broken("GetItem"):
        answer = get(world, "get-jwks")
    assert (answer.status, answer.code) == (503, "unavailable")
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("name", DISCOVERY)
def test_issuer_is_where_the_document_was_fetched(world: World, name: str) -> None:
    assert get(world, name).json["issuer"] == PUBLIC_URL


def test_both_addresses_of_discovery_give_one_document(world: World) -> None:
    one, other = (get(world, name).text for name in DISCOVERY)
    assert one == other


@pytest.mark.parametrize("name", DISCOVERY)
def test_discovery_advertises_no_password_grant(world: World, name: str) -> None:
    assert get(world, name).json["grant_types_supported"] == ["refresh_token"]
