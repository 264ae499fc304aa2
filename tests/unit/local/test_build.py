"""What the functions run on is built once, whole, and beside what is running."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from local import build
from local.build import Build, BuildFailed


class Installer:
    """Installs one file; remembers what could be found each time, and may break."""

    def __init__(self) -> None:
        self.listings: list[set[str]] = []
        self.breaks_with: BaseException | None = None

    def __call__(self, into: Build) -> None:
        self.listings.append({path.name for path in into.folder.parent.iterdir()})
        into.dependencies.mkdir()
        if self.breaks_with:
            raise self.breaks_with
        (into.dependencies / "library.py").write_text("")


@pytest.fixture(autouse=True)
def requirements(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "requirements.txt"
    path.write_text("library==1\n")
    monkeypatch.setattr(build, "BUILD", tmp_path / "build")
    monkeypatch.setattr(build, "RUNTIME_REQUIREMENTS", path)
    return path


@pytest.fixture
def installer(monkeypatch: pytest.MonkeyPatch) -> Installer:
    fake_installer = Installer()
    monkeypatch.setattr(build, "_install", fake_installer)
    return fake_installer


def is_whole(built: Build) -> bool:
    return built.interpreter.exists() and (built.dependencies / "library.py").exists()


def test_built_when_there_is_nothing(installer: Installer) -> None:
    assert is_whole(build.ensure())


def test_kept_when_nothing_changed(installer: Installer) -> None:
    assert build.ensure() == build.ensure()
    assert len(installer.listings) == 1


def test_built_once_when_several_stacks_start_at_once(installer: Installer) -> None:
    begin = Barrier(4)

    def start() -> bool:
        begin.wait()
        return is_whole(build.ensure())

    with ThreadPoolExecutor(4) as threads:
        starts = [threads.submit(start) for _ in range(4)]

    assert [each.result() for each in starts] == [True] * 4
    assert len(installer.listings) == 1


def test_not_found_before_it_is_whole(installer: Installer) -> None:
    assert build.ensure().folder.name not in installer.listings[0]


@pytest.mark.parametrize("end", [KeyboardInterrupt(), BuildFailed("no network")])
def test_built_anew_when_the_first_try_did_not_end_well(
    installer: Installer, end: BaseException
) -> None:
    installer.breaks_with = end
    with pytest.raises(type(end)):
        build.ensure()
    installer.breaks_with = None

    assert is_whole(build.ensure())


def test_running_stack_keeps_what_it_runs_on_when_requirements_change(
    installer: Installer, requirements: Path
) -> None:
    before = build.ensure()
    requirements.write_text("library==2\n")

    assert build.ensure() != before
    assert is_whole(before)


def test_failure_says_what_the_installer_said() -> None:
    with pytest.raises(BuildFailed, match="require-hashes"):
        build.ensure()
