/** Builds the page and the API documentation into functions/pages/assets: `node build.mjs`.
 *
 * Each script and style sheet carries part of its content hash in its name, so browsers can cache it
 * forever. The HTML pages refer to these names. The same sources produce the same bytes.
 */
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const target = process.argv[2] ?? join(here, "../functions/pages/assets");
const viewer = join(here, "node_modules/swagger-ui-dist");
const names = {};

rmSync(target, { recursive: true, force: true });
mkdirSync(target, { recursive: true });

const { outputFiles } = await build({
  entryPoints: ["main.ts", "app.css", "docs.ts", "docs.css"].map((name) => join(here, "src", name)),
  nodePaths: [join(here, "node_modules")],
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  legalComments: "none",
  outdir: target,
  write: false,
});
for (const { path, contents } of outputFiles) write(basename(path), contents);
write("swagger-ui-bundle.js", withoutMap(join(viewer, "swagger-ui-bundle.js")));
write("swagger-ui.css", withoutMap(join(viewer, "swagger-ui.css")));
writeFileSync(join(target, "licenses.txt"), licenses());

for (const page of ["app.html", "docs.html"]) {
  const text = readFileSync(join(here, "src", page), "utf8");
  writeFileSync(join(target, page), text.replace(/{{(.+?)}}/g, (_, name) => `/app/${names[name]}`));
}

function write(name, contents) {
  const hash = createHash("sha256").update(contents).digest("hex").slice(0, 8);
  const extension = extname(name);
  names[name] = `${basename(name, extension)}-${hash}${extension}`;
  writeFileSync(join(target, names[name]), contents);
  const packed = (gzipSync(contents, { level: 9 }).length / 1000).toFixed(1);
  console.log(`${names[name].padEnd(36)} ${packed.padStart(6)} kB compressed`);
}

function withoutMap(path) {
  return Buffer.from(readFileSync(path, "utf8").replace(/\n?(\/\/|\/\*)# sourceMappingURL=.*/, ""));
}

/** Returns the notices that the licenses of the bundled code require. */
function licenses() {
  return [
    ["centrifuge", "LICENSE"],
    ["swagger-ui-dist", "LICENSE"],
    ["swagger-ui-dist", "NOTICE"],
    ["swagger-ui-dist", "swagger-ui-bundle.js.LICENSE.txt"],
  ]
    .map(([name, file]) => `${name}\n\n${readFileSync(join(here, "node_modules", name, file), "utf8")}`)
    .join("\n----\n\n");
}
