"""Every module of the layer has its tests at the same path under tests/unit."""

from harness.template import ROOT

LAYER = ROOT / "layers" / "auth" / "gatehouse"
UNIT = ROOT / "tests" / "unit"

ELSEWHERE = {
    "flows/realtime/authorization.py": "decides with connect and refresh_connection, tested there",
    "flows/realtime/connect.py": "tests/functions/test_realtime.py",
    "flows/realtime/read_presence.py": "tests/functions/test_realtime.py",
    "flows/realtime/refresh_connection.py": "tests/functions/test_realtime.py",
    "flows/realtime/refresh_subscription.py": "tests/functions/test_realtime_app_tokens.py",
    "flows/realtime/unsubscribe.py": "tests/functions/test_realtime.py",
    "websocket/exchange.py": "one exchange of the socket: tests/unit/websocket/test_socket.py",
}
"""Modules that are tested elsewhere, and where."""


def modules() -> set[str]:
    """Returns the paths of all modules of the layer except ``__init__.py``."""
    paths = (path for path in LAYER.rglob("*.py") if path.name != "__init__.py")
    return {path.relative_to(LAYER).as_posix() for path in paths}


def has_tests(module: str) -> bool:
    place = (UNIT / module).with_suffix("")
    return place.with_name(f"test_{place.name}.py").exists()


def test_every_module_has_its_tests() -> None:
    assert {module for module in modules() if not has_tests(module)} <= set(ELSEWHERE)


def test_module_that_is_tested_elsewhere_exists_and_has_no_tests_here() -> None:
    assert all(module in modules() and not has_tests(module) for module in ELSEWHERE)


def test_every_folder_of_tests_mirrors_one_of_the_layer() -> None:
    folders = {path.parent.relative_to(UNIT).as_posix() for path in UNIT.rglob("test_*.py")}
    assert folders - {"local"} <= {
        (LAYER / path).parent.relative_to(LAYER).as_posix() for path in modules()
    }


def test_packages_hold_nothing_but_a_docstring() -> None:
    for path in LAYER.rglob("*/__init__.py"):
        lines = path.read_text(encoding="utf-8").strip().splitlines()
        assert len(lines) == 1, path
