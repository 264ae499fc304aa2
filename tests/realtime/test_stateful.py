"""Actions of people, deliveries and networks in any order: hypothesis looks for one that fails.

Clients keep their position as the official ones do: each publication that arrives moves it. In the
end all deliveries have run and all people are back. Then no one misses a publication or has
received one out of order, and only deliveries that died while sending have caused duplicates.
"""

from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from gatehouse.flows.realtime import deliver as module
from gatehouse.stores.users import User
from harness.moto_backend import moto_backend
from harness.socket_harness import Client, SocketHarness
from tests.conftest import simulate_account
from tests.support.calls import broken
from tests.support.delivery_audit import Heard, judge

CHANNEL = "room:1"
EVERYBODY = st.integers(0, 2)


@dataclass
class Person:
    """A person with at most one client, which may be subscribed."""

    user: User
    client: Client | None = None
    subscribed: bool = False
    position: tuple[int, str] | None = None
    account: Heard = field(default_factory=Heard)
    lines_read: int = 0
    """How many of the lines that the current client received have been read."""

    def hear(self) -> None:
        """Reads the lines that have arrived since the last call."""
        if self.client is None:
            return
        received = self.client.received
        for each in received[self.lines_read :]:
            for pub in _publications(each):
                self.account.heard.append((pub["offset"], pub["data"]["name"]))
                self.position = (pub["offset"], self.position[1] if self.position else "")
        self.lines_read = len(received)

    def answered(self, reply: dict[str, Any]) -> None:
        """Records the reply to a subscription: where it starts, and whether it recovered."""
        if self.account.begin is None:
            self.account.begin = reply["offset"]
        self.account.unrecovered += bool(reply.get("was_recovering") and not reply.get("recovered"))
        self.position = (reply["offset"], reply["epoch"])
        self.subscribed = True


def _publications(line: Any) -> list[Any]:
    if "push" in line:
        return [line["push"]["pub"]] if "pub" in line["push"] else []
    result = line.get("subscribe", {})
    return list(result.get("publications", ()))


class Rooms(RuleBasedStateMachine):
    """One room, three people, and the events that may happen to them."""

    def __init__(self) -> None:
        super().__init__()
        self.patch = pytest.MonkeyPatch()
        simulate_account(self.patch)
        # The simulated queue has a separate clock, which the test cannot advance.
        self.patch.setattr(module, "PAUSE", 0)
        self.opened = moto_backend()
        self.sockets = SocketHarness(self.opened.__enter__())
        self.sockets.delivering = False
        self.people: list[Person] = []
        self.count = 0
        self.deaths = 0

    @initialize()
    def people_arrive(self) -> None:
        self.people = [Person(self.sockets.moto.user()) for _ in range(3)]
        for number in range(3):
            self.comes(number)

    def _ask(self, person: Person, method: str, **params: Any) -> Any:
        """Returns the result of a command, or None if the connection was closed instead.

        That happens to a person whose command would wait for a delivery that died.
        """
        assert person.client
        answers = person.client.tell((method, {"channel": CHANNEL, **params}))
        for each in answers:
            if "id" in each:
                return each[method]
        assert self.deaths
        assert person.client.disconnects == [3004]
        person.hear()
        person.client, person.subscribed = None, False
        return None

    # People.

    @rule(who=EVERYBODY)
    def comes(self, who: int) -> None:
        person = self.people[who]
        if person.client is None:
            person.client, person.lines_read = self.sockets.client(person.user), 0
            if person.account.begin is not None or who == 0:
                self.subscribes(who)

    @rule(who=EVERYBODY)
    def subscribes(self, who: int) -> None:
        person = self.people[who]
        if person.client is None or person.subscribed:
            return
        person.hear()
        recovery: dict[str, Any] = {}
        if person.position:
            offset, epoch = person.position
            recovery = {"recover": True, "offset": offset, "epoch": epoch}
        reply = self._ask(person, "subscribe", **recovery)
        if reply is None:
            return
        # Read in the order of the client: the reply first, then live publications.
        position = person.position
        person.hear()
        heard = person.position
        person.answered(reply)
        if heard != position and heard:
            person.position = (max(heard[0], reply["offset"]), reply["epoch"])

    @rule(who=EVERYBODY)
    def unsubscribes(self, who: int) -> None:
        person = self.people[who]
        if person.client and person.subscribed:
            self._ask(person, "unsubscribe")
            person.hear()
            person.subscribed = False

    @rule(who=EVERYBODY, notified=st.booleans())
    def is_cut_off(self, who: int, notified: bool) -> None:
        person = self.people[who]
        if person.client is None:
            return
        person.hear()
        self.sockets.api.gone.add(person.client.id)
        if notified:
            person.client.leave()
        person.client, person.subscribed = None, False

    @rule(who=EVERYBODY, silent=st.booleans())
    def publishes(self, who: int, silent: bool) -> None:
        person = self.people[who]
        if person.client is None:
            return
        self.count += 1
        name = f"{who}-{self.count}"
        publication = {"channel": CHANNEL, "data": {"name": name}}
        if silent:
            with broken("SendMessageBatch"):
                assert "error" in person.client.ask("publish", **publication)
        else:
            person.client.result("publish", **publication)
            person.account.acknowledged.append(name)
        person.hear()

    # Events that no person causes.

    @rule()
    def delivery_runs(self) -> None:
        self.sockets.deliver_once()

    @precondition(lambda self: self.sockets.wakes())
    @rule(call=st.sampled_from(["Query", "UpdateItem", "GetItem"]))
    def delivery_dies(self, call: str) -> None:
        self.deaths += 1
        with broken(call):
            self.sockets.deliver_once()

    @rule()
    def maintenance_looks(self) -> None:
        self.sockets.run_delayed_checks()

    def teardown(self) -> None:
        try:
            self._end()
        finally:
            self.opened.__exit__(None, None, None)
            self.patch.undo()

    def _end(self) -> None:
        while self.sockets.deliver_once():
            pass
        for number in range(len(self.people)):
            self.comes(number)
            self.subscribes(number)
        self.publishes(0, silent=False) if self.people else None
        self.sockets.delivering = True
        self.sockets.deliver()
        for person in self.people:
            person.hear()
        top = self.sockets.backend.realtime.streams.position(CHANNEL).offset
        publications = self.sockets.backend.realtime.streams.read(
            CHANNEL, 0, top, now=self.sockets.moto.clock.now()
        )
        log = [(each.offset, each.as_json()["data"]["name"]) for each in publications]
        verdict = judge(log, [person.account for person in self.people])
        assert [each.offset for each in publications] == list(range(1, top + 1))
        assert (verdict.lost, verdict.out_of_order, verdict.forgotten, verdict.forged) == (0,) * 4
        assert verdict.unrecovered == 0
        assert verdict.duplicate == 0 or self.deaths


TestRooms = Rooms.TestCase
TestRooms.settings = settings(
    max_examples=25,
    phases=(Phase.generate,),
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
