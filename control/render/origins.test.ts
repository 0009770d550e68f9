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
    "autoscaler-target",
    "config-hash",
    "container-name",
    "file-mount",
    "gateway",
    "gateway-hosts",
    "gateway-routes",
    "gateway-service",
    "network-policy",
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
    "secret-store",
    "secret-type",
    "task-restart-policy",
    "volume-claim",
    "volume-name",
  ]);
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
