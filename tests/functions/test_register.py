"""POST /register"""

from tests.support.events import body_of, http
from tests.support.functions import Answer, serve
from tests.support.world import World


def post(world: World, **fields: object) -> Answer:
    return serve("register", world.backend)(
        http("post-register", body_of("post-register") | fields)
    )


def test_sample_makes_an_account(world: World) -> None:
    answer = serve("register", world.backend)(http("post-register"))
    assert answer.status == 201
    assert answer.json == {
        "id": answer.json["id"],
        "email": "ada@example.com",
        "name": "Ada",
        "email_verified": False,
        "created_at": "2027-01-15T08:00:00Z",
    }


def test_answer_is_stored_by_nobody(world: World) -> None:
    headers = post(world).headers
    assert headers["content-type"] == "application/json"
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"


def test_account_may_lack_a_name(world: World) -> None:
    body = body_of("post-register")
    del body["name"]
    answer = serve("register", world.backend)(http("post-register", body))
    assert (answer.status, answer.json["name"]) == (201, None)


def test_welcome_mail_is_queued(world: World) -> None:
    post(world)
    assert [mail["to"] for mail in world.queued()] == ["ada@example.com"]


def test_taken_address_is_a_conflict(world: World) -> None:
    world.user("ada@example.com")
    items = world.accounts()
    answer = post(world)
    assert (answer.status, answer.code) == (409, "email_taken")
    assert (world.accounts(), world.queued()) == (items, [])


def test_short_password_is_explained(world: World) -> None:
    answer = post(world, password="short")
    assert answer.status == 422
    assert answer.json["errors"] == [
        {"pointer": "/password", "detail": "has fewer than 15 characters"}
    ]


def test_password_of_256_characters_is_accepted(world: World) -> None:
    assert post(world, password="🐘" * 256).status == 201


def test_password_is_in_no_answer(world: World) -> None:
    assert "swordfish" not in post(world, password="swordfish").text
