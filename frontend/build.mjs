// Bundles the page's scripts, styles and fonts into static/dist/ (made here, never committed).
// `node frontend/build.mjs` builds once, with `--watch` it goes on.

import { copyFile, mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { brotliCompress, gzip as gzipWithCallback } from "node:zlib";
import * as esbuild from "esbuild";

const gzip = promisify(gzipWithCallback);
const brotli = promisify(brotliCompress);
const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const dist = join(root, "static", "dist");
const modules = join(root, "node_modules");
const fonts = [
  { package: "@fontsource-variable/inter", sheets: ["index.css", "wght-italic.css"] },
  { package: "@fontsource-variable/jetbrains-mono", sheets: ["index.css"] },
];

// Measures of the web fonts laid over fonts that systems have, so that nothing moves when the web font arrives.
const fallbacks = `
@font-face {
  font-family: "Inter Fallback";
  src: local("Arial"), local("Liberation Sans"), local("Helvetica Neue");
  ascent-override: 90.49%;
  descent-override: 22.56%;
  line-gap-override: 0%;
  size-adjust: 107.06%;
}
@font-face {
  font-family: "JetBrains Mono Fallback";
  src: local("Menlo"), local("DejaVu Sans Mono"), local("Courier New"), local("Liberation Mono");
  ascent-override: 102%;
  descent-override: 30%;
  line-gap-override: 0%;
  size-adjust: 99.7%;
}
`;

const scripts = {
  absWorkingDir: root,
  entryPoints: { chat: "frontend/src/chat.tsx" },
  outdir: dist,
  bundle: true,
  format: "esm",
  splitting: true,
  minify: true,
  sourcemap: "linked",
  target: "es2022",
  jsx: "automatic",
  jsxImportSource: "preact",
  entryNames: "[name]",
  chunkNames: "[name]-[hash]",
  legalComments: "linked",
  metafile: true,
  logLevel: "warning",
};

const styles = {
  absWorkingDir: root,
  entryPoints: { chat: "static/css/chat.css", katex: join(modules, "katex/dist/katex.min.css") },
  outdir: dist,
  bundle: true,
  minify: true,
  target: "es2022",
  entryNames: "[name]",
  assetNames: "fonts/[name]",
  loader: { ".woff2": "file" },
  legalComments: "none",
  metafile: true,
  logLevel: "warning",
  plugins: [{ name: "woff2-only", setup: keepOnlyWoff2 }],
};

/** Every browser that runs this page reads woff2: the older copies of KaTeX's fonts are left out. */
function keepOnlyWoff2(build) {
  build.onLoad({ filter: /katex\.min\.css$/ }, async ({ path }) => {
    const text = await readFile(path, "utf8");
    return { contents: text.replace(/,url\([^)]*\.(woff|ttf)\) format\("[a-z]+"\)/g, ""), loader: "css" };
  });
}

/** Copies the fonts and writes fonts.css. Returns the files made, as paths inside dist. */
async function buildFonts() {
  await mkdir(join(dist, "fonts"), { recursive: true });
  const made = [];
  let sheet = "";
  for (const font of fonts) {
    const folder = join(modules, font.package);
    for (const name of font.sheets) sheet += await readFile(join(folder, name), "utf8");
    const licence = `fonts/${font.package.split("/")[1]}-LICENSE.txt`;
    await copyFile(join(folder, "LICENSE"), join(dist, licence));
    made.push(licence);
    for (const [, file] of sheet.matchAll(/url\(\.\/files\/([^)]+)\)/g)) {
      const source = join(folder, "files", file);
      if (!file.startsWith(font.package.split("/")[1])) continue;
      await copyFile(source, join(dist, "fonts", file));
      made.push(`fonts/${file}`);
    }
  }
  sheet = sheet.replaceAll("url(./files/", "url(fonts/") + fallbacks;
  const { code } = await esbuild.transform(sheet, { loader: "css", minify: true });
  await writeFile(join(dist, "fonts.css"), code);
  return [...made, "fonts.css"];
}

/** Lays a gzip and a Brotli copy beside each script and style: the server hands them out as they are. */
async function compress(paths) {
  const made = [];
  for (const path of paths.filter((each) => /\.(js|css)$/.test(each))) {
    const whole = await readFile(join(dist, path));
    await writeFile(join(dist, `${path}.gz`), await gzip(whole, { level: 9 }));
    await writeFile(join(dist, `${path}.br`), await brotli(whole));
    made.push(`${path}.gz`, `${path}.br`);
  }
  return made;
}

/** Removes what an earlier build left in dist. */
async function sweep(kept) {
  const found = await readdir(dist, { recursive: true, withFileTypes: true });
  for (const entry of found) {
    const path = relative(dist, join(entry.parentPath ?? entry.path, entry.name));
    if (entry.isFile() && !kept.has(path)) await rm(join(dist, path));
  }
}

async function build() {
  const kept = new Set(await buildFonts());
  for (const { metafile } of await Promise.all([esbuild.build(scripts), esbuild.build(styles)])) {
    for (const path of Object.keys(metafile.outputs)) kept.add(relative(dist, join(root, path)));
  }
  for (const path of await compress([...kept])) kept.add(path);
  await sweep(kept);
}

if (process.argv.includes("--watch")) {
  await buildFonts();
  for (const options of [scripts, styles]) await (await esbuild.context({ ...options, logLevel: "info" })).watch();
} else {
  await build();
}
