"""The command budget of a connection."""

import pytest

from gatehouse.errors import TooManyRequests
from gatehouse.websocket.budget import MAX_SPENT, WINDOW, CommandBudget
from harness.moto_backend import START
from harness.records import a_connection

NOW = START - START % WINDOW
"""The start of a window."""


def budget(spent: int, window: int = NOW // WINDOW) -> CommandBudget:
    return CommandBudget(a_connection(window=window, spent=spent))


def test_last_command_of_the_budget_is_carried_out() -> None:
    budget(MAX_SPENT - 1).spend(NOW)


def test_command_beyond_the_budget_is_refused() -> None:
    with pytest.raises(TooManyRequests):
        budget(MAX_SPENT).spend(NOW)


def test_commands_of_this_frame_count() -> None:
    left = budget(MAX_SPENT - 2)
    left.spend(NOW)
    left.spend(NOW)
    with pytest.raises(TooManyRequests):
        left.spend(NOW)


def test_exempt_command_is_carried_out_beyond_the_budget_and_counts() -> None:
    left = budget(MAX_SPENT - 1)
    left.spend(NOW, exempt=True)
    left.spend(NOW, exempt=True)
    with pytest.raises(TooManyRequests):
        left.spend(NOW)


@pytest.mark.parametrize(("after", "spent"), [(0, 7), (WINDOW - 1, 7), (WINDOW, 0)])
def test_budget_is_whole_again_in_the_next_window(after: int, spent: int) -> None:
    assert budget(7).spent_before(NOW + after) == spent
