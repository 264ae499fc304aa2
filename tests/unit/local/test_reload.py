"""What is done again after a save."""

from pathlib import Path
from typing import Any

import pytest

from local import engine, packages
from local.reload import Reloader
from local.settings import AUTH_LAYER, FUNCTIONS, TEMPLATE


class Deployer:
    """Deploys nothing."""

    def __init__(self) -> None:
        self.done: list[str] = []

    def deploy(self) -> Any:
        self.done.append("deployed")
        return Deployed()

    def replace_code(self, folder: Path) -> None:
        self.done.append(f"replaced {folder.name}")


class Deployed:
    functions = ("login", "profile")


@pytest.fixture
def deployer(monkeypatch: pytest.MonkeyPatch) -> Deployer:
    """Notes what it and the engine are asked for."""
    fake_deployer = Deployer()
    monkeypatch.setattr(engine, "retire", lambda name: fake_deployer.done.append(f"retired {name}"))
    monkeypatch.setattr(engine, "warm", lambda _: None)
    monkeypatch.setattr(engine, "warm_all", lambda _: None)
    monkeypatch.setattr(packages, "check_sources", lambda _: None)
    return fake_deployer


def done_for(deployer: Any, *paths: Path) -> list[str]:
    """What is done when these were saved at once."""
    running: Any = Deployed()
    Reloader(deployer, running, lambda _: None)._answer(set(paths))
    done: list[str] = deployer.done
    return done


def test_saved_function_is_replaced(deployer: Deployer) -> None:
    assert done_for(deployer, FUNCTIONS / "login" / "app.py") == ["replaced login"]


def test_saved_layer_reaches_every_function(deployer: Deployer) -> None:
    retired = done_for(deployer, AUTH_LAYER / "tokens.py")
    assert retired == ["retired login", "retired profile"]


def test_saved_template_is_deployed(deployer: Deployer) -> None:
    assert done_for(deployer, TEMPLATE) == ["deployed"]


def test_layer_that_is_saved_with_the_template_reaches_every_function(deployer: Deployer) -> None:
    done = done_for(deployer, TEMPLATE, AUTH_LAYER / "tokens.py")
    assert done == ["deployed", "retired login", "retired profile"]
