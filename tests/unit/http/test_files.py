"""Files over HTTP: the files that are served, and the headers of their responses."""

from pathlib import Path
from typing import Any

import pytest

from gatehouse.backend.root import Backend
from gatehouse.errors import NotFound
from gatehouse.http.files import WIDGETS, Files, pages_only
from gatehouse.http.requests import Request
from gatehouse.settings import Settings


def request(**headers: str) -> Request[Any]:
    event = {"headers": {name.replace("_", "-"): value for name, value in headers.items()}}
    return Request(Backend(Settings()), None, event)


def test_files_without_a_known_type_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_text("private")
    with pytest.raises(NotFound):
        Files(tmp_path, "web").reply("key.pem", request())


def test_only_the_named_files_are_served(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("{}")
    (tmp_path / "b.json").write_text("{}")
    files = Files(tmp_path, "docs", only=("a.json",))
    assert files.reply("a.json", request()).status == 200
    with pytest.raises(NotFound):
        files.reply("b.json", request())


def test_folders_are_no_files(tmp_path: Path) -> None:
    (tmp_path / "deep.js").mkdir()
    with pytest.raises(NotFound):
        Files(tmp_path, "web").reply("deep.js", request())


def test_tag_changes_with_the_content(tmp_path: Path) -> None:
    (tmp_path / "a.js").write_text("1")
    (tmp_path / "b.js").write_text("2")
    files = Files(tmp_path, "web")
    tags = {files.reply(name, request()).headers["ETag"] for name in ("a.js", "b.js")}
    assert len(tags) == 2


@pytest.mark.parametrize("provider", WIDGETS)
def test_policy_names_the_widget_of_challenges_if_there_is_one(
    tmp_path: Path, provider: str
) -> None:
    (tmp_path / "a.html").write_text("x")
    reply = Files(tmp_path, "web").reply("a.html", request())
    policy = pages_only(reply, widget=WIDGETS[provider]).headers["Content-Security-Policy"]
    for directive in ("script-src 'self'", "style-src 'self'", "connect-src 'self'", "frame-src"):
        assert f"{directive} {WIDGETS[provider]}" in policy
    assert "frame-src" not in pages_only(reply).headers["Content-Security-Policy"]


def test_policy_names_the_socket_without_its_path(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text("x")
    reply = pages_only(Files(tmp_path, "web").reply("a.html", request()), "wss://s.example/dev")
    assert "connect-src 'self' wss://s.example;" in reply.headers["Content-Security-Policy"]
