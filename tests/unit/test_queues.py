"""The entry point of queues."""

from collections.abc import Sequence
from typing import Any

import pytest

from gatehouse.queues import serve_groups


def event(*records: tuple[str, str]) -> dict[str, Any]:
    """Creates an event with one record for each pair of group and body."""
    return {
        "Records": [
            {
                "messageId": f"m{number}",
                "receiptHandle": f"h{number}",
                "body": body,
                "attributes": {"MessageGroupId": group},
            }
            for number, (group, body) in enumerate(records)
        ]
    }


def test_each_group_is_served_once_in_its_order() -> None:
    served: list[Sequence[str]] = []
    failed: list[Sequence[str]] = []
    batch = event(("a", "1"), ("b", "2"), ("a", "3"))
    assert serve_groups(batch, served.append, failed.append) == {"batchItemFailures": []}
    assert (served, failed) == ([["1", "3"], ["2"]], [])


def test_group_that_fails_comes_again_whole_and_stops_no_other(
    caplog: pytest.LogCaptureFixture,
) -> None:
    served: list[Sequence[str]] = []
    failed: list[Sequence[str]] = []

    def serve(bodies: Sequence[str]) -> None:
        if "1" in bodies:
            raise RuntimeError
        served.append(bodies)

    answer = serve_groups(event(("a", "1"), ("b", "2"), ("a", "3")), serve, failed.append)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "m0"}, {"itemIdentifier": "m2"}]}
    assert (served, failed) == ([["2"]], [["h0", "h2"]])
    assert len(caplog.records) == 1


def test_messages_of_a_queue_without_groups_stand_for_themselves() -> None:
    batch = event(("a", "1"), ("a", "2"))
    for record in batch["Records"]:
        record["attributes"] = {"ApproximateReceiveCount": "1"}

    def serve(bodies: Sequence[str]) -> None:
        if "1" in bodies:
            raise RuntimeError

    assert serve_groups(batch, serve) == {"batchItemFailures": [{"itemIdentifier": "m0"}]}
