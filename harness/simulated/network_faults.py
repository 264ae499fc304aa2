"""What may go wrong in a run, by the names of the design's check."""

from dataclasses import dataclass, field

from harness.simulated.gateway import PostFaults
from harness.simulated.scheduler import Hazards

CHAOS_END = 30.0
"""Seconds; afterwards everything works, and has to come to rest."""

ALL = frozenset({"frame", "delivery", "disconnect", "connect", "maintenance"})


@dataclass(frozen=True)
class NetworkFaults:
    """The hazards of a run."""

    hazards: Hazards = field(default_factory=Hazards)
    posts: PostFaults = field(default_factory=PostFaults)
    expiry: bool = False
    """Publications expire within the run."""
    disconnect_chance: float = 0.8
    """Chance that ``$disconnect`` comes."""


def _hazards(*kinds: str, **chances: float) -> Hazards:
    return Hazards(kinds=frozenset(kinds) or ALL, until=CHAOS_END, **chances)  # type: ignore[arg-type]


def _zombies(*kinds: str) -> Hazards:
    """Nothing ends them, so they outlive every lease and go on."""
    return Hazards(kinds=frozenset(kinds), until=CHAOS_END, stall=0.03, timeouts=False)


CRASHES = _hazards(crash=0.01, repeat=0.005)
FAILING = PostFaults(fail=0.02, lose=0.005, until=CHAOS_END)

NETWORK_FAULTS = {
    "calm": NetworkFaults(),
    "slow deliveries": NetworkFaults(
        Hazards(kinds=frozenset({"delivery"}), until=CHAOS_END, stall=0.05, stalls=(3,))
    ),
    "crashes": NetworkFaults(CRASHES, FAILING),
    "conflicting writes": NetworkFaults(_hazards(conflict=0.2, crash=0.005)),
    "log expiry": NetworkFaults(CRASHES, FAILING, expiry=True),
    "zombies": NetworkFaults(_zombies("delivery"), FAILING, expiry=True),
    "slow frames": NetworkFaults(_zombies("frame"), disconnect_chance=1.0),
    "dying frames": NetworkFaults(_hazards("frame", crash=0.03), disconnect_chance=1.0),
    "failing posts": NetworkFaults(
        _hazards(crash=0.02), PostFaults(fail=0.35, lose=0.05, until=CHAOS_END)
    ),
}
