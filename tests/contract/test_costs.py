"""The costs page matches the template, the counted uses, the prices and docs/speed.md."""

import gzip

import pytest

from bench import abuse
from bench.costs import PAGE, SPEED, page, published
from bench.hostile import SCRIPT, VIEWER, hostile
from bench.meter import Meter
from gatehouse.aws import ConditionFailed
from gatehouse.stores.table import Table, when
from harness.moto_backend import MotoBackend
from harness.template import ROOT
from tests.support.node import need_page
from tests.support.uses import counted

pytestmark = pytest.mark.xdist_group("uses")


def speed() -> str:
    return SPEED.read_text(encoding="utf-8")


def test_page_is_reckoned_from_what_is_here_now() -> None:
    text = page(speed(), counted())
    assert text == PAGE.read_text(encoding="utf-8"), "run `make docs`"


def test_page_of_abuse_is_reckoned_from_what_is_here_now() -> None:
    text = abuse.page(speed(), counted(), hostile())
    assert text == abuse.PAGE.read_text(encoding="utf-8"), "run `make docs`"


@pytest.mark.parametrize(("size", "pattern"), [(SCRIPT, "main-*.js"), (VIEWER, "swagger-ui-b*.js")])
def test_sizes_of_files_are_those_of_the_built_ones(size: int, pattern: str) -> None:
    need_page()
    (path,) = (ROOT / "functions/pages/assets").glob(pattern)
    assert len(gzip.compress(path.read_bytes(), mtime=0)) == pytest.approx(size, rel=0.1)


def test_write_with_a_failed_condition_is_counted(moto: MotoBackend) -> None:
    """DynamoDB bills it like one that succeeds."""
    meter = Meter()
    table = Table("AccountsTable", lambda: meter.watching("dynamodb", moto.backend.dynamodb()))
    with pytest.raises(ConditionFailed):
        table.put({"pk": "A", "sk": "A"}, when("attribute_exists(#pk)"))
    assert meter.writes == 1


def test_times_are_those_of_the_speed_page() -> None:
    times = published(speed())
    assert f"{times.hash * 1000:.0f} ms for a hash" in " ".join(speed().split())
    row = next(line for line in speed().splitlines() if line.startswith("| login |"))
    assert row.split(" | ")[6] == f"{times.warm['login'] * 1000:.2f}"


def test_page_without_times_is_refused() -> None:
    with pytest.raises(LookupError):
        published("# Speed\n")
