"""The list of what is stored about a user says what the code and the template do."""

import pytest

from gatehouse import limits
from gatehouse.flows.lifecycle.export_account import Export
from gatehouse.flows.lifecycle.stored_data import (
    BACKUPS_LIFE,
    DEAD_LETTERS_LIFE,
    LOGS_LIFE,
    STORED_DATA,
    Stored,
)
from gatehouse.limits import DAY, HOUR, Limit
from harness.template import resources

LIVES = {
    "outbox_mail": "14 days",
    "delivered_mail": "14 days",
    "link": "1 hour",
    "trusted_networks": "30 days",
    "counter": "2 days",
    "connection": "3 hours",
    "publication": "25 hours",
}
"""How long what stays after a deletion may stay, by a function of its keys."""


def test_every_part_of_the_export_is_on_the_list_once() -> None:
    parts = [part for line in STORED_DATA for part in line.export]
    assert sorted(parts) == sorted(Export.__dataclass_fields__)


def test_every_line_says_something_else() -> None:
    assert len({line.what for line in STORED_DATA}) == len(STORED_DATA)


@pytest.mark.parametrize("line", STORED_DATA, ids=lambda line: line.what)
def test_what_stays_has_a_life(line: Stored) -> None:
    assert line.afterwards == "removed" or "stays up to " in line.afterwards


@pytest.mark.parametrize("key", LIVES)
def test_life_on_the_list_is_the_one_of_the_code(key: str) -> None:
    (line,) = (each for each in STORED_DATA if key in each.keys and each.afterwards != "removed")
    assert f"stays up to {LIVES[key]}" in line.afterwards


def test_counters_end_within_the_time_on_the_list() -> None:
    every = [each for each in vars(limits).values() if isinstance(each, Limit)]
    windows = {
        rate.window
        for each in every
        for rate in (each.per_address, each.per_account, each.per_pair, each.for_everybody)
        if rate
    }
    assert 2 * max(windows) <= 2 * DAY


def test_queues_keep_no_message_longer_than_the_list_says() -> None:
    for properties in resources("AWS::SQS::Queue").values():
        # Four days are the default of SQS.
        assert properties.get("MessageRetentionPeriod", 4 * DAY) <= DEAD_LETTERS_LIFE


def test_logs_are_kept_as_long_as_the_list_says() -> None:
    days = {each["RetentionInDays"] for each in resources("AWS::Logs::LogGroup").values()}
    assert days == {LOGS_LIFE // DAY}


def test_backups_are_kept_no_longer_than_the_list_says() -> None:
    for properties in resources("AWS::DynamoDB::Table").values():
        settings = properties["PointInTimeRecoverySpecification"]
        assert settings.get("RecoveryPeriodInDays", 35) * DAY <= BACKUPS_LIFE


def test_hours_are_rounded_up() -> None:
    (line,) = (each for each in STORED_DATA if "connection" in each.keys)
    assert "stays up to 3 hours" in line.afterwards
    assert 3 * HOUR >= 7_800
