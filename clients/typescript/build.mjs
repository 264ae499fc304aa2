/** Builds the package: modules with types and source maps in dist/, and the license: `node build.mjs`.
 *
 * The compiler is that of the page (`make web` installs it), so the package has no dependencies. npm takes
 * no license from a folder above, so a copy is made, which git ignores.
 */
import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const compiler = join(here, "../../web/node_modules/typescript/bin/tsc");

if (!existsSync(compiler)) {
  console.error("The compiler is missing. Run `make web` first.");
  process.exit(1);
}
rmSync(join(here, "dist"), { recursive: true, force: true });
const options = ["--project", join(here, "tsconfig.build.json")];
const { status } = spawnSync(process.execPath, [compiler, ...options], { stdio: "inherit" });
if (status !== 0) process.exit(1);
copyFileSync(join(here, "../../LICENSE"), join(here, "LICENSE"));
