"""A house whose every answer is looked at, and where a canary can sign in after each attack."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.support.faults import Wire
from tests.support.house import Answer, House
from tests.support.world import World, new_world

CANARY = "canary@example.com"
LEAKS = re.compile(
    r"Traceback|File \"|arn:aws|AccountsTable|RealtimeTable|botocore|gatehouse/|\$2b\$|gh1:|"
    r"ConditionExpression|#pk|-----BEGIN|x{64}|y{64}"
)
"""What no answer may hold: traces, names of tables and secrets, hashes, keys."""


TOKEN = re.compile(r"_token\"\s*:|eyJ")
"""A member that is a token, or the begin of one. Discovery only talks of them."""


class Watched(House):
    """A house that lets no answer pass which says too much."""

    wire: Wire

    def send(self, event: dict[str, Any]) -> Answer:
        answer = super().send(event)
        assert answer.status < 500, answer
        look_at(answer)
        return answer


def look_at(answer: Answer) -> None:
    """The rules of every answer, whatever was asked."""
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "no-store" in answer.headers["cache-control"] or not TOKEN.search(answer.text)
    everything = answer.text + str(answer.headers)
    assert not LEAKS.search(everything), everything
    if answer.status >= 400:
        document = answer.json
        if "error" in document:
            assert set(document) == {"error", "error_description"}
        else:
            assert document["status"] == answer.status
            assert document["code"]
            assert document["request_id"]
            assert answer.headers["content-type"] == "application/problem+json"


@contextmanager
def watched(world: World) -> Iterator[Watched]:
    world.user(CANARY)
    wire = Wire()
    house = Watched(world, wire.backend(world.backend))
    house.wire = wire
    yield house
    assert house.log_in(CANARY, address="192.0.2.222").status == 200


@pytest.fixture
def house(world: World) -> Iterator[Watched]:
    """Addresses are not verified here."""
    with watched(world) as made:
        yield made


@pytest.fixture
def strict_house() -> Iterator[Watched]:
    """Addresses have to be verified here."""
    with new_world(require_verified_email=True) as world, watched(world) as made:
        yield made


@pytest.fixture
def hashes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The hashes that were computed, by the function that did."""
    import bcrypt

    found: list[str] = []
    for name in ("hashpw", "checkpw"):
        real = getattr(bcrypt, name)

        def counted(*args: Any, _name: str = name, _real: Any = real) -> Any:
            found.append(_name)
            return _real(*args)

        monkeypatch.setattr(bcrypt, name, counted)
    return found
