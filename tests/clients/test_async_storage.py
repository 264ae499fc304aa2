"""The TypeScript client keeps a session in React Native's AsyncStorage.

Its three functions are declared and doubled here. The package and a device are not tried.
"""

import json
import re
from pathlib import Path

import pytest

from harness.local_stack import LocalStack
from tests.support.node import ROOT, bundle, need_node, run

DOUBLE = """
const items = new Map<string, string>();

/** The functions of @react-native-async-storage/async-storage that the store calls. */
const AsyncStorage: {
  getItem(key: string): Promise<string | null>;
  setItem(key: string, value: string): Promise<void>;
  removeItem(key: string): Promise<void>;
} = {
  getItem: async (key) => items.get(key) ?? null,
  setItem: async (key, value) => void items.set(key, value),
  removeItem: async (key) => void items.delete(key),
};
"""
README = (ROOT / "clients/typescript/README.md").read_text(encoding="utf-8")
"""Holds the store."""

APP = """
declare const process: { argv: string[] };

const url = process.argv[2] ?? "";
const account = { email: `rn${Date.now()}@example.org`, password: "correct horse battery staple" };
const start = () => new Gatehouse({ url, store });

const first = start();
await first.call("post", "/register", { body: account });
await first.signIn(account.email, account.password);
const second = start();
const restored = await second.restore();
const isSame = second.userId === first.userId;
await second.signOut();
const afterwards = await start().restore();
console.log(JSON.stringify({ restored, isSame, afterwards, kept: items.size }));
"""


@pytest.fixture
def source(tmp_path: Path) -> Path:
    need_node()
    client = ROOT / "clients/typescript/src/index.ts"
    imports = f'import {{ Gatehouse }} from "{client}";\nimport type {{ Store }} from "{client}";\n'
    (store,) = re.findall(r"^const store: Store = {\n.*?^};\n", README, re.MULTILINE | re.DOTALL)
    (tmp_path / "app.ts").write_text(imports + DOUBLE + store + APP)
    settings = {
        "extends": str(ROOT / "web" / "tsconfig.base.json"),
        "compilerOptions": {"allowImportingTsExtensions": True},
        "include": ["app.ts"],
    }
    (tmp_path / "tsconfig.json").write_text(json.dumps(settings))
    return tmp_path / "app.ts"


def test_store_of_three_lines_compiles(source: Path) -> None:
    done = run("tsc", "--noEmit", "--project", str(source.parent))
    assert (done.stdout, done.returncode) == ("", 0)


def test_session_goes_on_until_sign_out_when_the_app_starts_again(
    source: Path, stack: LocalStack
) -> None:
    bundle(source, source.parent / "app.mjs")
    done = run("node", str(source.parent / "app.mjs"), stack.http)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report == {"restored": True, "isSame": True, "afterwards": False, "kept": 0}
