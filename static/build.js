// Builds static/dist/ from static/src/. The same sources and lock file give the same bytes:
// no hashes in names (WhiteNoise adds them when it collects), no times, no absolute paths.
import { build } from "esbuild";
import * as radix from "@radix-ui/colors";
import { copyFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";

const OUT = "dist";
const TARGET = ["chrome123", "edge123", "firefox121", "safari17.5"];
const HUES = ["slate", "orange", "indigo", "jade", "amber", "red"];

/** The palette as custom properties, each holding its light and its dark value. */
function palette() {
  const lines = HUES.flatMap((hue) =>
    ["", "A"].flatMap((alpha) =>
      Object.entries(radix[hue + alpha]).map(([name, light]) => {
        const dark = radix[`${hue}Dark${alpha}`][name];
        const property = name.replace(/^([a-z]+)(A?)(\d+)$/, (_, h, a, n) => `--${h}-${a.toLowerCase()}${n}`);
        return `  ${property}: light-dark(${light}, ${dark});`;
      }),
    ),
  );
  return `:root {\n${lines.join("\n")}\n}\n`;
}

/** The theme of high contrast, and the same again for whoever asks for more contrast in the system. */
async function contrast() {
  const theme = await readFile("src/css/contrast.css", "utf8");
  const asked = theme.replace('[data-theme="contrast"]', ":root");
  return `${theme}@media (prefers-contrast: more) {\n${asked}}\n`;
}

const made = { palette, contrast };
const madePlugin = {
  name: "made",
  setup(b) {
    b.onResolve({ filter: /^(palette|contrast)$/ }, ({ path }) => ({ path, namespace: "made" }));
    b.onLoad({ filter: /.*/, namespace: "made" }, async ({ path }) => ({ contents: await made[path](), loader: "css" }));
  },
};

/** One sprite of the icons that src/icons.json lists, each a <symbol> that takes the text's colour. */
async function icons() {
  const names = JSON.parse(await readFile("src/icons.json", "utf8"));
  const symbols = await Promise.all(
    [...names].sort().map(async (name) => {
      const source = await readFile(`node_modules/@tabler/icons/icons/outline/${name}.svg`, "utf8");
      const body = source
        .replace(/<!--[\s\S]*?-->/g, "")
        .replace(/^[\s\S]*?<svg[^>]*>/, "")
        .replace(/<\/svg>\s*$/, "")
        .replace(/\s*\n\s*/g, "");
      return `<symbol id="${name}" viewBox="0 0 24 24">${body}</symbol>`;
    }),
  );
  return `<svg xmlns="http://www.w3.org/2000/svg">\n${symbols.join("\n")}\n</svg>\n`;
}

/** The licence of every package that the bundle carries. */
async function licenses() {
  const lock = JSON.parse(await readFile("package-lock.json", "utf8"));
  const carried = Object.entries(lock.packages)
    .filter(([path, entry]) => path && (!entry.dev || path.endsWith("@tabler/icons")))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const texts = await Promise.all(
    carried.map(async ([path, { version, license }]) => {
      const name = path.replace(/^node_modules\//, "");
      const text = await readFile(`${path}/LICENSE`, "utf8").catch(() => "");
      return `${name} ${version} (${license})\n\n${text.trim()}\n`;
    }),
  );
  return texts.join(`\n${"-".repeat(72)}\n\n`);
}

await rm(OUT, { recursive: true, force: true });
await mkdir(OUT);
await build({
  entryPoints: { console: "src/console.js", editor: "src/editor.js", theme: "src/console.css" },
  outdir: OUT,
  bundle: true,
  minify: true,
  format: "esm",
  target: TARGET,
  charset: "utf8",
  legalComments: "linked",
  assetNames: "[name]",
  loader: { ".woff2": "file" },
  plugins: [madePlugin],
  logLevel: "warning",
});
await writeFile(`${OUT}/licenses.txt`, await licenses());
await writeFile(`${OUT}/icons.svg`, await icons());
await copyFile("src/favicon.svg", `${OUT}/favicon.svg`);
