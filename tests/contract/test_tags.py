"""Every event that flows record is explained in docs/accounts.md and has its line on the page."""

import re

import pytest

from harness.template import ROOT

TAG = re.compile(r"\"((?:user|system):[a-z]+:[a-z{}-]+)\"")
ACTIONS = {"user:password:{action}": {"user:password:change", "user:password:reset"}}


def tags() -> set[str]:
    """Returns the tags in the sources of the flows."""
    flows = ROOT / "layers" / "auth" / "gatehouse" / "flows"
    written = {tag for path in flows.rglob("*.py") for tag in TAG.findall(path.read_text("utf-8"))}
    return {tag for each in written for tag in ACTIONS.get(each, {each})}


@pytest.mark.parametrize("place", ["docs/accounts.md", "web/src/views/events.ts"])
def test_every_tag_is_explained(place: str) -> None:
    text = (ROOT / place).read_text(encoding="utf-8")
    assert {tag for tag in tags() if tag not in text} == set()
    assert len(tags()) > 10
