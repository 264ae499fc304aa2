"""Reloads on save, and does again only what the change requires."""

import asyncio
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from watchfiles import PythonFilter, awatch

from local import engine, packages
from local.deploy import Deployed, Deployer
from local.settings import AUTH_LAYER, FUNCTIONS, TEMPLATE
from local.terminal import complain, paint, say


@dataclass
class Reloader:
    """Applies saved changes. `deployed` is what is running; a changed template replaces it."""

    deployer: Deployer
    deployed: Deployed | None
    on_deployed: Callable[[Deployed], None]

    async def run(self, stop: asyncio.Event) -> None:
        """Watches the sources until `stop` is set."""
        watched = [AUTH_LAYER, FUNCTIONS, TEMPLATE]
        changes = awatch(*watched, watch_filter=_sources, stop_event=stop, step=20)
        async for batch in changes:
            await asyncio.to_thread(self._answer, {Path(path) for _, path in batch})

    def _answer(self, paths: set[Path]) -> None:
        started = time.monotonic()
        try:
            what = self._apply(paths)
        except packages.SourceBroken as error:
            complain(f"{error} (the previous version keeps running)")
        except Exception as error:
            complain(f"not reloaded: {error}")
        else:
            say(f"  {paint('↻', 'green')} {what} ({time.monotonic() - started:.2f} s)")

    def _apply(self, paths: set[Path]) -> str:
        folders = {FUNCTIONS / p.relative_to(FUNCTIONS).parts[0] for p in _within(paths, FUNCTIONS)}
        names = {folder.name for folder in folders}
        if self.deployed is None or TEMPLATE in paths or names - set(self.deployed.functions):
            what = self._redeploy()
            # Functions that the deployment did not change still run with the old layer.
            return f"{what}, {self._reload_layer(())}" if _within(paths, AUTH_LAYER) else what
        if _within(paths, AUTH_LAYER):
            return self._reload_layer(folders)
        for folder in folders:
            self.deployer.replace_code(folder)
            engine.warm(folder.name)
        return "function " + ", ".join(sorted(names))

    def _redeploy(self) -> str:
        self.deployed = self.deployer.deploy()
        self.on_deployed(self.deployed)
        return "template.yaml deployed"

    def _reload_layer(self, folders: Iterable[Path]) -> str:
        assert self.deployed is not None
        packages.check_sources(AUTH_LAYER)
        for folder in folders:
            self.deployer.replace_code(folder)
        for name in self.deployed.functions:
            engine.retire(name)
        engine.warm_all(self.deployed.functions)
        return "layers/auth, in every function"


def _within(paths: set[Path], folder: Path) -> set[Path]:
    return {path for path in paths if folder in path.parents}


class _Sources(PythonFilter):
    """Lets Python files, templates and texts through, but no caches or editor backups."""

    def __init__(self) -> None:
        super().__init__(extra_extensions=(".yaml", ".json", ".txt", ".html", ".md", ".css", ".js"))


_sources = _Sources()
