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
  [
    "node_modules/@tailwindcss/cli/dist/index.mjs",
    "-i",
    "src/tailwind.css",
    "-o",
    "node_modules/.passage/tailwind.css",
    "--minify",
  ],
  { stdio: ["ignore", "ignore", "inherit"] },
);
if (tailwind.status) process.exit(tailwind.status);

const common = {
  outdir: out,
  bundle: true,
  minify: true,
  metafile: true,
  target: "es2022",
  legalComments: "linked",
  logLevel: "warning",
  loader: { ".woff2": "file", ".svg": "copy", ".wasm": "file" },
  entryNames: "[name]-[hash]",
  assetNames: "[name]-[hash]",
  chunkNames: "chunk-[hash]",
  alias: { "passage-words": path.join(here, "node_modules/.passage/words.json") },
};
const pages = await build({
  ...common,
  entryPoints: ["src/app.ts", "src/passkeys.ts", "src/theme.ts", "src/style.css", "src/mark.svg"],
  format: "iife",
});
// The till's own program. What only a camera needs is a chunk by itself.
const till = await build({
  ...common,
  entryPoints: ["src/till/till.tsx"],
  format: "esm",
  splitting: true,
  jsx: "automatic",
  jsxImportSource: "preact",
});
// What the till keeps on the device, to open without a network: its program, the style, the fonts.
const mine = [...Object.keys(till.metafile.outputs), ...Object.keys(pages.metafile.outputs)]
  .map((file) => path.basename(file))
  .filter((file) => /\.(js|css|woff2|wasm|svg)$/.test(file) && !/^(app|passkeys)-/.test(file));
const worker = await build({
  ...common,
  entryPoints: ["src/till/sw.ts"],
  format: "iife",
  define: { KEPT: JSON.stringify(mine.sort().map((file) => `/static/dist/${file}`)) },
});

const entries = {};
const packages = new Set();
const outputs = [pages, till, worker].flatMap(({ metafile }) => Object.entries(metafile.outputs));
for (const [file, output] of outputs) {
  if (output.entryPoint && !output.entryPoint.startsWith("node_modules/")) {
    entries[path.basename(output.entryPoint).replace(/\.tsx?$/, ".js")] ??= path.basename(file);
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
  if (!/\.(js|css|svg|txt|wasm)$/.test(file)) continue;
  const content = await readFile(path.join(out, file));
  await writeFile(path.join(out, `${file}.gz`), gzipSync(content, { level: 9 }));
  const quality = { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } };
  await writeFile(path.join(out, `${file}.br`), brotliCompressSync(content, quality));
}
await writeFile(path.join(out, "manifest.json"), `${JSON.stringify({ entries }, null, 1)}\n`);
