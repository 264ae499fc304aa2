"""Descriptions of devices in mails: known names, and nothing that a client wrote."""

import pytest

from gatehouse.emails.user_agents import describe

WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (
            "Mozilla/5.0 (Windows NT 10.0; rv:140.0) Gecko/20100101 Firefox/140.0",
            "Firefox on Windows",
        ),
        (f"Mozilla/5.0 (X11; Linux x86_64) {WEBKIT} Chrome/140.0 Safari/537.36", "Chrome on Linux"),
        (f"Mozilla/5.0 (Linux; Android 15) {WEBKIT} Chrome/140.0 Mobile", "Chrome on Android"),
        (f"Mozilla/5.0 (Macintosh) {WEBKIT} Chrome/140.0 Safari/537.36 Edg/140.0", "Edge on macOS"),
        ("Mozilla/5.0 (iPhone; CPU OS 18_0 like Mac OS X) Safari/604.1", "Safari on an iPhone"),
        ("Mozilla/5.0 (iPad; CPU OS 18_0 like Mac OS X) CriOS/140.0", "Chrome on an iPad"),
        ("curl/8.7.1", "curl"),
        ("python-httpx/0.28", "Python"),
        ("okhttp/4.12 (Android 15)", "Android"),
        ("okhttp/4.12", "unknown"),
        ("", "unknown"),
    ],
)
def test_usual_device_is_recognized(agent: str, words: str) -> None:
    assert describe(agent) == words


@pytest.mark.parametrize(
    "agent",
    [
        "Your account is locked, see https://evil.example/unlock",
        "evil.example",
        "Call +1 555 0100 Firefox now Windows",
        "<a href=//evil.example>Safari</a>",
        "Chrome\u2028evil.example",
    ],
)
def test_text_of_a_stranger_is_left_out(agent: str) -> None:
    assert set(describe(agent).split()) <= {
        "Firefox",
        "Chrome",
        "Safari",
        "on",
        "Windows",
        "unknown",
    }
