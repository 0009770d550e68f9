/** Invariant 11 begins here: every leaf of every manifest knows which line of the specs, or which rule, set it. */
import { beforeAll, expect, test } from "vitest";
import type { ParseCache } from "../load/load.ts";
import type { Manifest } from "./manifest.ts";
import { readPlatform, renderFilesOf } from "../specs-fixture.contract.ts";
import { leafOrigins, type Origin } from "../load/traced.ts";

type Leaf = {
  readonly release: string;
  readonly id: string;
  readonly pointer: string;
  readonly value: unknown;
  readonly origin: Origin | undefined;
};

let texts: ReadonlyMap<string, string>;
let leaves: readonly Leaf[];
const cache: ParseCache = new Map();

beforeAll(async () => {
  texts = await readPlatform();
  leaves = await leavesOf(texts);
});

async function leavesOf(files: ReadonlyMap<string, string>): Promise<readonly Leaf[]> {
  const { releases } = await renderFilesOf(files, cache);
  return releases.flatMap(({ plane, path, manifests }) =>
    manifests.flatMap((manifest) =>
      leavesOfManifest(manifest).map((leaf) => ({ release: `${plane.name}/${path}`, id: manifest.id, ...leaf })),
    ),
  );
}

function leavesOfManifest({ object, tree }: Manifest): readonly Pick<Leaf, "pointer" | "value" | "origin">[] {
  const origins = leafOrigins(tree);
  const walk = (value: unknown, pointer: string): readonly Pick<Leaf, "pointer" | "value" | "origin">[] => {
    const inner = typeof value === "object" && value !== null ? Object.entries(value) : [];
    if (inner.length === 0) return [{ pointer, value, origin: origins.get(pointer) }];
    return inner.flatMap(([key, child]) =>
      walk(child, `${pointer}/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`),
    );
  };
  return walk(object, "");
}

test("every leaf has an origin, and every origin a leaf", async () => {
  expect(leaves.filter(({ origin }) => origin === undefined)).toEqual([]);
  const { releases } = await renderFilesOf(texts, cache);
  const manifests = releases.flatMap((release) => release.manifests);
  expect(manifests.reduce((sum, { tree }) => sum + leafOrigins(tree).size, 0)).toBe(leaves.length);
});

test("rules that set a leaf are the known ones", () => {
  const rules = new Set(leaves.flatMap(({ origin }) => (origin?.kind === "rule" ? [origin.rule] : [])));
  expect([...rules].toSorted()).toEqual([
    "container-name",
    "object-header",
    "object-identity",
    "pod-selector",
    "policy",
    "policy-target",
    "port-name",
    "port-protocol",
    "route",
    "route-backend",
    "route-gateway",
    "route-path",
    "task-restart-policy",
  ]);
});

/** A generator with a seed (mulberry32), so that a failure can be run again. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** The scalar at a place, in flow lists up to the next comma. */
const scalarAt = /^("[^"]*"|[^\s,\]]+)/;

/** Another value of the same kind that is still valid there. */
function another(scalar: string): string {
  if (scalar === "true") return "false";
  if (scalar === "false") return "true";
  if (scalar === "ClusterIP") return "NodePort";
  if (scalar === "1m") return "1h";
  if (scalar === "10.0.0.0/8") return "10.0.0.0/9";
  if (scalar === "Forbid") return "Allow";
  if (/^\d+(m|Mi)$/.test(scalar)) return `1${scalar}`;
  if (/^\d+$/.test(scalar)) return String(Number(scalar) + 1);
  if (scalar.includes("{{ .url }}")) return '"x{{ .url }}"';
  if (scalar.includes("* *")) return '"15 3 * * *"';
  if (scalar.endsWith('"')) return `${scalar.slice(0, -1)}7"`;
  return `${scalar}7`;
}

test("changing the scalar at a leaf's origin changes that leaf", async () => {
  // A frozen class cannot be edited: its hash is its name. What it sets is looked at below.
  const fields = leaves.filter(({ origin }) => origin?.kind === "field" && !origin.file.startsWith(".gitplane/"));
  const random = seeded(20_260_821);
  const sample = Array.from({ length: 220 }, () => fields[Math.floor(random() * fields.length)]).filter(
    (leaf) => leaf !== undefined,
  );
  const wrong: unknown[] = [];
  for (const leaf of sample) {
    const { origin } = leaf;
    if (origin?.kind !== "field") continue;
    const text = texts.get(origin.file) ?? "";
    const lines = text.split("\n");
    const line = lines[origin.line - 1] ?? "";
    const scalar = scalarAt.exec(line.slice(origin.column - 1))?.[0] ?? "";
    lines[origin.line - 1] =
      line.slice(0, origin.column - 1) + another(scalar) + line.slice(origin.column - 1 + scalar.length);
    // An API must follow its endpoint's port.
    const edited = lines.join("\n").replaceAll(/(?<= port: )8080$/gm, (port) => (scalar === "8080" ? "8081" : port));
    const after = await leavesOf(new Map([...texts, [origin.file, edited]]));
    const found = after.find(
      ({ release, id, pointer }) => release === leaf.release && id === leaf.id && pointer === leaf.pointer,
    );
    const isChanged = found === undefined ? undefined : found.value !== leaf.value;
    if (isChanged !== true) wrong.push({ leaf, line, scalar, after: found?.value });
  }
  expect({ tried: sample.length, wrong }).toEqual({ tried: 220, wrong: [] });
});

test("what a pinned class set leads to the frozen class, to the line that says it", () => {
  const frozen = leaves.filter(({ origin }) => origin?.kind === "field" && origin.file.startsWith(".gitplane/"));
  const wrong = frozen.filter(({ origin, value }) => {
    if (origin?.kind !== "field") return true;
    const line = (texts.get(origin.file) ?? "").split("\n")[origin.line - 1] ?? "";
    return line.slice(origin.column - 1) !== String(value);
  });
  expect({ releases: new Set(frozen.map(({ release }) => release)), wrong }).toEqual({
    releases: new Set(["staging/releases/shop/staging/search.yaml", "production/releases/shop/production/search.yaml"]),
    wrong: [],
  });
});
