"""The package of the TypeScript client works in other projects, with the tools that they use.

Each test installs what `npm pack` makes into a copy of a project, as a stranger would. The
projects with many packages, those of Vite and Next, are built by `make slow` only.
"""

import gzip
import json
import os
import re
import secrets
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from harness.local_stack import LocalStack, until
from tests.support.node import MODULES, ROOT, WEB, need_node

HERE = Path(__file__).parent
CLIENT = ROOT / "clients" / "typescript"
MADE = ("node_modules", "dist", "LICENSE", ".next", "next-env.d.ts")
PASSWORD = "correct horse battery staple"

MOST_OF_CLIENT = 5_000
"""Bytes of `Gatehouse` and all it needs, minified and compressed. It has 3,925."""

MOST_OF_ERROR = 500
"""Bytes of `Refused` alone, minified. It has 436."""

slow = pytest.mark.skipif(
    os.environ.get("PACKAGES") != "all", reason="Not tested: it takes minutes (make slow)."
)


@pytest.fixture(autouse=True)
def _node() -> None:
    need_node()


def run(*command: str, cwd: Path, **variables: str) -> str:
    """Runs a program and returns its output. It finds the page's tools, but not their libraries."""
    done = subprocess.run(
        command,
        cwd=cwd,
        env=environment(**variables),
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def environment(**variables: str) -> dict[str, str]:
    path = f"{os.environ['PATH']}{os.pathsep}{MODULES / '.bin'}"
    return {**os.environ, "PATH": path, "NEXT_TELEMETRY_DISABLED": "1", **variables}


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the package's folder, so that no test builds in the folder itself."""
    need_node()
    root = tmp_path_factory.mktemp("sources")
    shutil.copy(ROOT / "LICENSE", root)
    (root / "web").mkdir()
    shutil.copy(WEB / "tsconfig.base.json", root / "web")
    (root / "web" / "node_modules").symlink_to(MODULES.resolve())
    copy(CLIENT, root / "clients" / "typescript")
    return root / "clients" / "typescript"


@pytest.fixture(scope="module")
def tarball(sources: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package, as `npm pack` makes it."""
    folder = tmp_path_factory.mktemp("packed")
    run("npm", "pack", "--ignore-scripts=false", f"--pack-destination={folder}", cwd=sources)
    (packed,) = folder.glob("*.tgz")
    return packed


@pytest.fixture(scope="module")
def files(tarball: Path) -> dict[str, str]:
    """The files of the package, by name."""
    with tarfile.open(tarball) as archive:
        opened = {each.name: archive.extractfile(each) for each in archive if each.isfile()}
        return {
            name.removeprefix("package/"): file.read().decode()
            for name, file in opened.items()
            if file
        }


def copy(folder: Path, target: Path) -> None:
    """Copies a folder without what its tools made."""
    shutil.copytree(folder, target, ignore=shutil.ignore_patterns(*MADE))


def install(project: str, tarball: Path, folder: Path) -> Path:
    """Installs the package into a copy of a project. Returns the copy."""
    copy(HERE / project, folder / project)
    run("npm", "ci", cwd=folder / project)
    run("npm", "install", "--no-save", "--offline", str(tarball), cwd=folder / project)
    return folder / project


@pytest.fixture(scope="module")
def plain(tarball: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with nothing else installed."""
    return install("plain", tarball, tmp_path_factory.mktemp("projects"))


# What is in the package.


def test_package_holds_modules_with_types_and_maps_and_nothing_else(files: dict[str, str]) -> None:
    modules = {path.stem for path in (CLIENT / "src").glob("*.ts")}
    kinds = (".js", ".d.ts", ".js.map")
    built = {f"dist/{module}{kind}" for module in modules for kind in kinds}
    assert set(files) == {"package.json", "README.md", "LICENSE", *built}


def test_maps_hold_their_sources_because_the_package_does_not(files: dict[str, str]) -> None:
    maps = [json.loads(text) for name, text in files.items() if name.endswith(".map")]
    assert maps
    assert all(all(each["sourcesContent"]) for each in maps)


def test_license_of_the_package_is_the_one_of_the_repository(files: dict[str, str]) -> None:
    assert files["LICENSE"] == (ROOT / "LICENSE").read_text()


def test_package_depends_on_nothing(files: dict[str, str]) -> None:
    kinds = {"dependencies", "devDependencies", "peerDependencies", "optionalDependencies"}
    assert not kinds & set(json.loads(files["package.json"]))


def test_package_can_be_published(tarball: Path) -> None:
    # Port 9 answers nothing: whether the name is free is not what this is about.
    options = ["--dry-run", "--registry=http://127.0.0.1:9", "--fetch-retries=0"]
    reported = run("npm", "publish", str(tarball), *options, cwd=tarball.parent)
    assert "with tag latest and public access (dry-run)" in reported


# Node.js, the compiler and a bundler, in a project with nothing else.


def test_node_imports_the_package(plain: Path) -> None:
    reported = json.loads(run("node", "run.mjs", cwd=plain))
    assert reported == {"user": "u1", "refused": "not_found"}


@pytest.mark.parametrize("setting", ["node16", "bundler", "erasable"])
def test_types_compile_with_the_setting(setting: str, plain: Path) -> None:
    assert run("tsc", "--project", f"tsconfig.{setting}.json", cwd=plain) == ""


def bundled(source: str, plain: Path) -> str:
    options = ["--bundle", "--minify", "--format=esm", "--target=es2022", "--log-level=warning"]
    return run("esbuild", source, *options, cwd=plain)


def test_bundle_of_the_client_is_small(plain: Path) -> None:
    assert len(gzip.compress(bundled("gatehouse.mjs", plain).encode(), mtime=0)) <= MOST_OF_CLIENT


def test_bundle_of_one_error_leaves_everything_else_out(plain: Path) -> None:
    script = bundled("refused.mjs", plain)
    assert len(script) <= MOST_OF_ERROR
    assert "fetch" not in script


# The projects that frameworks begin with.


@slow
def test_vite_builds_an_app_with_the_settings_of_its_template(
    tarball: Path, tmp_path: Path
) -> None:
    app = install("vite", tarball, tmp_path)
    run("npm", "run", "build", cwd=app)
    (script,) = (app / "dist" / "assets").glob("*.js")
    assert "/sessions/refresh" in script.read_text()


@pytest.fixture(scope="module")
def next_app(tarball: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return install("next", tarball, tmp_path_factory.mktemp("projects"))


@pytest.fixture(scope="module", params=["turbopack", "webpack"])
def site(request: pytest.FixtureRequest, next_app: Path, stack: LocalStack) -> Iterator[str]:
    """The URL of a Next app that was built and runs, beside the service."""
    shutil.rmtree(next_app / ".next", ignore_errors=True)
    addresses = {"GATEHOUSE_URL": stack.http, "NEXT_PUBLIC_GATEHOUSE_URL": stack.http}
    run("npm", "run", "build", "--", f"--{request.param}", cwd=next_app, **addresses)
    log = next_app / "start.log"
    command = [str(next_app / "node_modules/.bin/next"), "start", "--port=0"]
    with log.open("w") as output:
        process = subprocess.Popen(
            [*command, "--hostname=127.0.0.1"],
            cwd=next_app,
            env=environment(**addresses),
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        yield until(lambda: ready_url(log))
    finally:
        process.terminate()
        process.wait(60)


def ready_url(log: Path) -> str | None:
    text = log.read_text()
    found = re.search(r"http://127\.0\.0\.1:\d+", text)
    return found.group() if found and "Ready" in text else None


@pytest.fixture
def token(stack: LocalStack) -> str:
    """The access token of a new user."""
    credentials = {"email": f"user-{secrets.token_hex(8)}@example.com", "password": PASSWORD}
    with httpx.Client(base_url=stack.http, timeout=30) as api:
        api.post("/register", json=credentials).raise_for_status()
        answer: dict[str, Any] = api.post("/login", json=credentials).raise_for_status().json()
    return str(answer["access_token"])


def greeting(site: str, token: str) -> str:
    """Returns what the server's part of the page says to the bearer of a token."""
    page = httpx.get(site, headers={"cookie": f"access_token={token}"}, timeout=30).text
    (text,) = re.findall(r'<p id="greeting">(.*?)</p>', page)
    return str(text)


@slow
def test_next_renders_the_user_of_an_access_token(site: str, token: str, stack: LocalStack) -> None:
    headers = {"authorization": f"Bearer {token}"}
    user = httpx.get(f"{stack.http}/profile", headers=headers, timeout=30).json()["id"]
    assert greeting(site, token) == f"You are {user}"


@slow
def test_next_renders_nobody_for_a_forged_access_token(site: str, token: str) -> None:
    header, claims, signature = token.split(".")
    forged = f"{header}.{claims}.{'A' if signature[0] != 'A' else 'B'}{signature[1:]}"
    assert greeting(site, forged) == "Nobody is signed in"


@slow
def test_next_renders_the_form_of_the_client_component(site: str) -> None:
    assert 'name="password"' in httpx.get(site, timeout=30).text


# What is pinned.


def lock(project: str) -> dict[str, Any]:
    packages: dict[str, Any] = json.loads((HERE / project / "package-lock.json").read_text())
    return dict(packages["packages"])


@pytest.mark.parametrize("project", ["plain", "vite", "next"])
def test_lock_file_holds_no_download_address(project: str) -> None:
    packages = lock(project)
    assert not [name for name, package in packages.items() if "resolved" in package]
    assert all("integrity" in package for name, package in packages.items() if name)


@pytest.mark.parametrize(
    ("project", "package", "name"),
    [
        ("vite", "vite", "Vite"),
        ("vite", "react", "React"),
        ("vite", "typescript", "TypeScript"),
        ("next", "next", "Next.js"),
        ("next", "typescript", "TypeScript"),
    ],
)
def test_readme_names_the_version_that_is_tried(project: str, package: str, name: str) -> None:
    version = lock(project)[f"node_modules/{package}"]["version"]
    assert f"{name} {version}" in (CLIENT / "README.md").read_text()
