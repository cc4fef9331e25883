// Builds what the browser runs: node build.mjs OUTPUT_FOLDER
// Every file name carries a hash of its content, so that a browser may keep it for ever;
// manifest.json says which hashed name stands for which plain one ({% asset %} reads it).
import { build } from "esbuild";
import { spawnSync } from "node:child_process";
import { copyFile, mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

if (!process.argv[2]) throw new Error("usage: node build.mjs OUTPUT_FOLDER");
const out = path.resolve(process.argv[2]);
const here = import.meta.dirname;
process.chdir(here);
await rm(out, { recursive: true, force: true });
await mkdir(path.join(out, "licenses"), { recursive: true });

const tailwind = spawnSync(
  process.execPath,
  ["node_modules/@tailwindcss/cli/dist/index.mjs", "-i", "src/tailwind.css", "-o", "node_modules/.passage/tailwind.css", "--minify"],
  { stdio: ["ignore", "ignore", "inherit"] },
);
if (tailwind.status) process.exit(tailwind.status);

const { metafile } = await build({
  entryPoints: ["src/app.ts", "src/theme.ts", "src/style.css", "src/mark.svg"],
  outdir: out,
  bundle: true,
  minify: true,
  metafile: true,
  format: "iife",
  target: "es2022",
  legalComments: "linked",
  logLevel: "warning",
  loader: { ".woff2": "file", ".svg": "copy" },
  entryNames: "[name]-[hash]",
  assetNames: "[name]-[hash]",
});

const entries = {};
const packages = new Set();
for (const [file, output] of Object.entries(metafile.outputs)) {
  if (output.entryPoint) {
    entries[path.basename(output.entryPoint).replace(/\.ts$/, ".js")] = path.basename(file);
  }
  for (const input of Object.keys(output.inputs)) {
    const found = /node_modules\/((?:@[^/]+\/)?[^./][^/]*)\//.exec(input);
    if (found) packages.add(found[1]);
  }
}
// Their words are inside style.css, although the bundler saw only Tailwind's output.
packages.add("tailwindcss").add("daisyui");

for (const name of packages) {
  const folder = path.join("node_modules", name);
  const licence = (await readdir(folder)).find((file) => /^licen[cs]e/i.test(file));
  if (!licence) throw new Error(`${name} is bundled but brings no licence text`);
  await copyFile(path.join(folder, licence), path.join(out, "licenses", `${name.replaceAll("/", "__")}.txt`));
}

for (const file of await readdir(out)) {
  if (!/\.(js|css|svg|txt)$/.test(file)) continue;
  const content = await readFile(path.join(out, file));
  await writeFile(path.join(out, `${file}.gz`), gzipSync(content, { level: 9 }));
  const quality = { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } };
  await writeFile(path.join(out, `${file}.br`), brotliCompressSync(content, quality));
}
await writeFile(path.join(out, "manifest.json"), `${JSON.stringify({ entries }, null, 1)}\n`);
