/** Invariant 3 over the sample platform: what is broken, misspelt or half removed takes nothing away. */
import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import type { ParseCache } from "../load/load.ts";
import { type Files, goneFrom, readPlatform, renderFilesOf, treeOf, workMs } from "../specs-fixture.contract.ts";

let texts: ReadonlyMap<string, string>;
let full: ReadonlyMap<string, string>;
/** What did not change need not be parsed again. */
const cache: ParseCache = new Map();

beforeAll(async () => {
  texts = await readPlatform();
  full = treeOf(await renderFilesOf(texts));
});

async function goneAfter(files: Files): Promise<readonly string[]> {
  const rendered = await renderFilesOf(files, cache);
  return rendered.stop === undefined ? goneFrom(full, rendered) : [];
}

function edited(path: string, content: string | Uint8Array | { link: "symlink" } | undefined): Files {
  const files = new Map<string, string | Uint8Array | { link: "symlink" }>(texts);
  if (content === undefined) files.delete(path);
  else files.set(path, content);
  return files;
}

/** Each file's documents, apart. */
function documentsOf(text: string): readonly string[] {
  return text.split(/^---\n/m);
}

test("a whole platform renders every Release and every Cell", () => {
  expect(full.size).toBe(28);
});

test("removing one document takes away only what that document alone was: a Binding", async () => {
  const gone: Record<string, readonly string[]> = {};
  for (const [path, text] of texts) {
    const documents = documentsOf(text);
    for (const index of documents.keys()) {
      const rest = documents.filter((_, other) => other !== index).join("---\n");
      const missing = await goneAfter(edited(path, rest));
      if (missing.length > 0) gone[`${path}#${index}`] = missing;
    }
  }
  expect(gone).toEqual({
    "shop/bindings/search-production.yaml#0": [
      "data.acme.production/cells/shop/production.yaml",
      "data.acme.production/releases/shop/production/search.yaml",
    ],
    "shop/bindings/search-staging.yaml#0": [
      "data.acme.staging/cells/shop/staging.yaml",
      "data.acme.staging/releases/shop/staging/search.yaml",
    ],
  });
});

test("removing every document of a component takes away its Release and nothing else", async () => {
  const gone: Record<string, readonly string[]> = {};
  for (const [path, text] of texts)
    if (text.includes("kind: Component")) gone[path] = await goneAfter(edited(path, undefined));
  const release = (project: string, component: string): readonly string[] => [
    `data.acme.development/releases/${project}/development/${component}.yaml`,
  ];
  expect(gone).toEqual({
    "devices/archive.yaml": release("devices", "archive"),
    "devices/desk.yaml": release("devices", "desk"),
    "devices/hub.yaml": release("devices", "hub"),
    "fulfilment/invoices.yaml": release("fulfilment", "invoices"),
    "fulfilment/mailer.yaml": release("fulfilment", "mailer"),
    "fulfilment/payments.yaml": release("fulfilment", "payments"),
    "fulfilment/shipping.yaml": release("fulfilment", "shipping"),
    "fulfilment/stock.yaml": release("fulfilment", "stock"),
    "shop/cart.yaml": release("shop", "cart"),
    "shop/catalog.yaml": release("shop", "catalog"),
    "shop/checkout.yaml": release("shop", "checkout"),
    "shop/prices.yaml": release("shop", "prices"),
    "shop/reminders.yaml": release("shop", "reminders"),
    "shop/reviews.yaml": release("shop", "reviews"),
    // Its Bindings in staging and production are there, and while a Binding without Component names it, nothing goes.
    "shop/search.yaml": [],
    "shop/sessions.yaml": release("shop", "sessions"),
    "shop/storefront.yaml": release("shop", "storefront"),
  });
});

/** Written like another file that is spoiled. */
const alike = new Set(
  ["fulfilment/invoices", "fulfilment/mailer", "fulfilment/payments", "fulfilment/shipping", "fulfilment/project"]
    .concat(["shop/catalog", "shop/prices", "shop/reviews", "shop/sessions", "shop/bindings/search-production"])
    .map((path) => `${path}.yaml`),
);

const latin1 = (text: string): Uint8Array => Buffer.concat([Buffer.from(text), Buffer.from([0xff, 0xfe, 0x00])]);

const corruptions: readonly { name: string; spoil: (text: string) => string | Uint8Array | { link: "symlink" } }[] = [
  { name: "a syntax error at its end", spoil: (text) => `${text}\n}: [\n` },
  { name: "a syntax error at its start", spoil: (text) => `a: [\n${text}` },
  { name: "an unknown field in every document", spoil: (text) => text.replaceAll(/^kind:/gm, "knd: x\nkind:") },
  { name: "a field of the wrong type", spoil: (text) => text.replaceAll(/^metadata:$/gm, "spec: 1\nmetadata:") },
  { name: "every spec indented one step less", spoil: (text) => text.replaceAll(/^ {2}/gm, "") },
  {
    name: "the first field of every map indented deeper",
    spoil: (text) => text.replaceAll(/^metadata:\n( {2}name: .*\n {2}\w)/gm, "metadata:\n   $1"),
  },
  { name: "bytes that are no text", spoil: latin1 },
  { name: "UTF-16", spoil: (text) => Buffer.from(text, "utf16le") },
  { name: "every kind misspelt", spoil: (text) => text.replaceAll(/^kind: (\w+)\w$/gm, "kind: $1") },
  {
    name: "every kind in lower case",
    spoil: (text) => text.replaceAll(/^kind: (\w+)$/gm, (line) => line.toLowerCase()),
  },
  { name: "another apiVersion", spoil: (text) => text.replaceAll("/v1alpha1", "/v1alpha2") },
  { name: "no apiVersion", spoil: (text) => text.replaceAll(/^apiVersion.*\n/gm, "") },
  { name: "no names", spoil: (text) => text.replaceAll(/^ +(name|projectName|componentName): .*\n/gm, "") },
  {
    name: "names escaped, and a field too many",
    spoil: (text) => escapeNames(text).replaceAll(/^kind:/gm, "x: 1\nkind:"),
  },
  // A frozen class that stands twice is the same class.
  { name: "every document twice", spoil: (text) => (text.includes("have pinned it") ? text : `${text}---\n${text}`) },
  { name: "a symlink in its place", spoil: () => ({ link: "symlink" }) },
  { name: "one line too long to be sane", spoil: (text) => `${text}# ${"x".repeat(2_000_000)}\n` },
  { name: "a tab for every indentation", spoil: (text) => text.replaceAll(/^ {2}/gm, "\t") },
  { name: "an alias that leads nowhere", spoil: (text) => `${text}\nx: *nowhere\n` },
  { name: "a merge conflict", spoil: (text) => `<<<<<<< HEAD\n${text}=======\n${text}>>>>>>> other\n` },
];

function escapeNames(text: string): string {
  return text.replaceAll(/(ame|ref|Ref): ([a-z])([a-z-]*)$/gm, (...[, key, first, rest]: string[]) => {
    return `${key}: "\\x${first?.charCodeAt(0).toString(16)}${rest}"`;
  });
}

test.for(corruptions)(
  "C20 a file with $name takes nothing away and has a Problem, whichever file it is",
  async ({ spoil }) => {
    const gone: Record<string, readonly string[]> = {};
    const silent: string[] = [];
    for (const [path, text] of texts) {
      if (alike.has(path)) continue;
      const spoiled = spoil(text);
      if (spoiled === text) continue;
      const rendered = await renderFilesOf(edited(path, spoiled), cache);
      const missing = goneFrom(full, rendered);
      if (missing.length > 0) gone[path] = missing;
      if (!rendered.problems.some(({ place, severity }) => place.file === path && severity === "error"))
        silent.push(path);
    }
    expect({ gone, silent }).toEqual({ gone: {}, silent: [] });
  },
);

test("C20 a file cut off anywhere within a document takes nothing away", async () => {
  const gone: Record<string, readonly string[]> = {};
  for (const path of ["shop/cart.yaml", "platform/environments.yaml", "shop/bindings/search-staging.yaml"]) {
    const text = texts.get(path) ?? "";
    const separators = new Set([...text.matchAll(/^---\n/gm)].flatMap(({ index }) => [index, index + 4]));
    const header = text.startsWith("#") ? text.indexOf("\n") + 1 : 0;
    for (let end = header + 1; end < text.length - 1; end += 29) {
      if (separators.has(end)) continue;
      const missing = await goneAfter(edited(path, text.slice(0, end)));
      if (missing.length > 0) gone[`${path} after ${end}: ${text.slice(end - 10, end)}`] = missing;
    }
  }
  expect(gone).toEqual({});
});

const teamKinds = ["Component", "Workload", "Service", "WebApplication", "ScheduledTask", "Project", "ServiceBinding"];
const places = `apiVersion: openchoreo.dev/v1alpha1
kind: Places
places:
  - path: platform
    organizations: ["*"]
    kinds: ["*"]
${["shop", "fulfilment"].map((path) => `  - path: ${path}\n    organizations:\n      - acme\n    kinds: [${teamKinds.join(", ")}]\n`).join("")}`;

test.for([
  { rules: "no rules about places", more: [] },
  { rules: "a folder for each team", more: [["gitplane.yaml", places]] as const },
])("any one name misspelt takes nothing away, with $rules", async ({ more }) => {
  const gone: Record<string, readonly string[]> = {};
  const all = new Map([...texts, ...more]);
  for (const [path, text] of all) {
    const tried = new Set<string>();
    for (const match of text.matchAll(/(?<=: |- )[a-z][a-z-]+$/gm)) {
      if (["true", "false"].includes(match[0])) continue;
      // Each document of a file is of one organization and one owner: one of them misspelt stands for the others.
      const line = text.slice(text.lastIndexOf("\n", match.index) + 1, match.index + match[0].length);
      if (tried.has(line)) continue;
      tried.add(line);
      const misspelt = `${text.slice(0, match.index)}${match[0].slice(0, -2)}x${match[0].slice(-1)}${text.slice(match.index + match[0].length)}`;
      const missing = await goneAfter(new Map([...all, [path, misspelt]]));
      if (missing.length > 0) gone[`${path}: ${match[0]} at ${match.index}`] = missing;
    }
  }
  expect(gone).toEqual({});
});

test("whatever is done to a file, rendering ends in Problems within the files and in whole Releases", async () => {
  const paths = [...texts.keys()];
  const insert = fc.oneof(
    fc.string(),
    fc.constantFrom("\n", "---\n", "  ", ": ", "- ", "[", "}", '"', "null", "&a ", "*a", "shop", "{{ .x", "99999"),
  );
  const mutation = fc.record({ path: fc.constantFrom(...paths), at: fc.nat(2000), remove: fc.nat(40), insert });
  await fc.assert(
    fc.asyncProperty(fc.array(mutation, { minLength: 1, maxLength: 4 }), async (mutations) => {
      const files = new Map(texts);
      for (const { path, at, remove, insert: text } of mutations) {
        const before = files.get(path) ?? "";
        const start = at % (before.length + 1);
        files.set(path, before.slice(0, start) + text + before.slice(start + remove));
      }
      const startedMs = workMs();
      const { problems, releases } = await renderFilesOf(files, cache);
      expect(workMs() - startedMs).toBeLessThan(1000);
      for (const { place } of problems)
        expect(place.line).toBeLessThanOrEqual((files.get(place.file) ?? "").split("\n").length);
      const isWhole = ({ release: { spec } }: (typeof releases)[number]): boolean => {
        // A cell in a namespace that was there before has none.
        const main =
          spec.owner.componentName === undefined ? ["Namespace", "CiliumNetworkPolicy"] : ["Deployment", "CronJob"];
        return spec.resources.some(({ object }) => main.includes(object.kind));
      };
      expect(releases.every(isWhole)).toBe(true);
    }),
    { numRuns: 60 },
  );
});
