"""GET /, GET /.well-known/*"""

import pytest

from gatehouse import __version__
from harness.events import http
from harness.functions import Answer, serve
from harness.moto_backend import PUBLIC_URL, MotoBackend, published
from tests.support.calls import broken

DISCOVERY = ["get-openid-configuration", "get-oauth-authorization-server"]


def get(moto: MotoBackend, name: str) -> Answer:
    return serve("wellknown", moto.backend)(http(name))


def test_health_is_told(moto: MotoBackend) -> None:
    answer = get(moto, "get-health")
    assert answer.json == {"status": "ok", "version": __version__}
    assert answer.headers["cache-control"] == "no-store"


def test_health_does_not_depend_on_the_table(moto: MotoBackend) -> None:
    with broken("GetItem"):
        assert get(moto, "get-health").status == 200


def test_keys_are_published(moto: MotoBackend) -> None:
    assert get(moto, "get-jwks").json == published()


@pytest.mark.parametrize("name", ["get-jwks", *DISCOVERY])
def test_public_answer_may_be_kept_for_five_minutes(moto: MotoBackend, name: str) -> None:
    assert get(moto, name).headers["cache-control"] == "public, max-age=300"


def test_keys_have_no_private_member(moto: MotoBackend) -> None:
    for key in get(moto, "get-jwks").json["keys"]:
        assert not {"d", "p", "q", "dp", "dq", "qi", "oth", "k"} & set(key)


def test_keys_that_cannot_be_read_are_kept_by_nobody(moto: MotoBackend) -> None:
    with broken("GetItem"):
        answer = get(moto, "get-jwks")
    assert (answer.status, answer.code) == (503, "unavailable")
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("name", DISCOVERY)
def test_issuer_is_where_the_document_was_fetched(moto: MotoBackend, name: str) -> None:
    assert get(moto, name).json["issuer"] == PUBLIC_URL


def test_both_addresses_of_discovery_give_one_document(moto: MotoBackend) -> None:
    one, other = (get(moto, name).text for name in DISCOVERY)
    assert one == other


@pytest.mark.parametrize("name", ["get-health", "get-jwks", *DISCOVERY])
def test_head_is_answered_like_get_without_a_body(moto: MotoBackend, name: str) -> None:
    event = http(name)
    event["requestContext"]["http"]["method"] = "HEAD"
    whole, head = get(moto, name), serve("wellknown", moto.backend)(event)
    length = {"content-length": str(len(whole.text.encode()))}
    assert (head.status, head.text, head.headers) == (200, "", {**whole.headers, **length})


@pytest.mark.parametrize("name", DISCOVERY)
def test_discovery_advertises_no_password_grant(moto: MotoBackend, name: str) -> None:
    assert get(moto, name).json["grant_types_supported"] == ["refresh_token"]
