/**
 * The committed CRDs on a real API server: what we accept is accepted, with strict field validation, and what we refuse is
 * refused at the same field. They are taken away again, since the cluster is the whole suite's.
 */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dump, loadAll } from "js-yaml";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isMap, isScalar, isSeq, LineCounter, parseAllDocuments } from "yaml";
import { z } from "zod";
import { crdNames } from "../schemas/crd-names.ts";
import { clusterScopedKinds } from "../schemas/crd.ts";
import { kindSlug } from "../schemas/kind-slug.ts";
import { type KindName, kindNames } from "../schemas/kinds.ts";
import { makeMistake, type Mistake, mistakes } from "../schemas/mistakes.contract.ts";
import type { Problem } from "../schemas/problem.ts";
import { ApiError } from "./clusters/api-error.ts";
import { installCrds } from "./clusters/install-crds.ts";
import { KubeClient } from "./clusters/kube-client.ts";
import { readKubeconfig } from "./clusters/kubeconfig.ts";
import { poll } from "./clusters/poll.ts";
import { sourcePath } from "./platform/node-program.ts";
import { findSamples } from "./platform/shared-samples.ts";
import { sharedKubeconfig } from "./platform/test-platform.ts";
import { validateFolder } from "./platform/validate-folder.ts";

const Document = z.looseObject({
  apiVersion: z.string(),
  kind: z.enum(kindNames),
  metadata: z.looseObject({ name: z.string(), namespace: z.string().optional() }),
});
type Document = z.infer<typeof Document>;

const Refusal = z.object({
  message: z.string(),
  details: z
    .object({ causes: z.array(z.object({ field: z.string().optional(), message: z.string() })).optional() })
    .optional(),
});

const namespace = "crds-proof";
const samples = findSamples("the CRDs over the v0.3 samples");
const signal = AbortSignal.timeout(900_000);

describe.skipIf(sharedKubeconfig === undefined)("the CRDs on a real API server", () => {
  let client: KubeClient;
  beforeAll(async () => {
    client = new KubeClient(await readKubeconfig(sharedKubeconfig ?? ""));
    await client.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
    await installCrds({ client, folder: sourcePath("docs/crds"), timeoutMs: 120_000, signal });
  });
  afterAll(async () => {
    for (const kind of kindNames) await remove(client, kind);
    await client.remove(`/api/v1/namespaces/${namespace}`);
    await client[Symbol.asyncDispose]();
  });

  /** Where the server sees the faults; none when it takes the document. */
  async function refusedAt(document: Document): Promise<readonly string[]> {
    const { kind, metadata } = document;
    const isNamespaced = !clusterScopedKinds.has(kind);
    const placed = { ...document, metadata: { ...metadata, ...(isNamespaced && { namespace }) } };
    const path = collectionPath(kind);
    try {
      await client.create(`${path}?dryRun=All&fieldValidation=Strict`, placed, signal);
      return [];
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      const { message, details } = Refusal.parse(error.body);
      const fields = (details?.causes ?? []).flatMap(causeField);
      // An unknown field is no cause of its own: the decoder names it in the message alone.
      const unknown = [...message.matchAll(/unknown field "([^"]+)"/g)].map(([, field = ""]) => field);
      return [...new Set([...fields, ...unknown].map(withDots))];
    }
  }

  const folders = ["fixtures/platform", "fixtures/surroundings", "fixtures/examples"].map((folder) => [
    folder,
    sourcePath(folder),
  ]);
  test.each([...folders, ...(samples === undefined ? [] : [["the v0.3 samples", samples]])])(
    "accept every document of %s",
    async (_, folder = "") => {
      const documents = await readDocuments(folder);
      expect(documents.length).toBeGreaterThan(5);
      const refused = [];
      for (const document of documents) {
        const paths = await refusedAt(document);
        if (paths.length > 0) refused.push(`${document.kind} ${document.metadata.name}: ${paths.join(", ")}`);
      }
      expect(refused).toEqual([]);
    },
  );

  test("take a guard that is left blank, which gitplane validate refuses where an API has it", async () => {
    const blank = { at: "spec.restPolicy.defaults", value: { security: { allowedIPs: null } } };
    expect(await refusedAt(Document.parse(makeMistake(await example("APIClass"), blank)))).toEqual([]);
  });

  test("know every kind among the mistakes, which are at least forty", () => {
    expect(new Set(mistakes.map(({ kind }) => kind))).toEqual(new Set(kindNames));
    expect(mistakes.length).toBeGreaterThanOrEqual(40);
  });

  test.each(mistakes)("refuse $kind with $title", async (mistake) => {
    const wrong = Document.parse(makeMistake(await example(mistake.kind), mistake));
    expect(await refusedAt(wrong)).toContain(mistake.server?.path ?? pathOf(mistake));
  });
});

/** Each mistake in a copy of the examples, as an organization of its own; all in one run of `gitplane validate`. */
describe("gitplane validate", () => {
  let problems: readonly Problem[];
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "gitplane-mistakes-"));
    for (const [index, mistake] of mistakes.entries()) await writeMistake(join(folder, `m${index}`), mistake);
    problems = validateFolder(folder);
  });
  afterAll(async () => rm(folder, { recursive: true, force: true }));

  test.each(mistakes.map((mistake, index) => ({ ...mistake, index })))(
    "refuses $kind with $title",
    async ({ index, ...mistake }) => {
      const file = `m${index}/${kindSlug(mistake.kind)}.yaml`;
      const text = await readFile(join(folder, file), "utf8");
      const errors = problems.filter(({ place, severity }) => severity === "error" && place.file === file);
      expect(errors.map((problem) => problemPath(problem, text))).toContain(pathOf(mistake));
    },
  );
});

/** For what a `not` refuses the server writes no field (its path is a nil pointer), and says the field in the message. */
function causeField({
  field,
  message,
}: {
  readonly field?: string | undefined;
  readonly message: string;
}): readonly string[] {
  if (field === undefined) return [];
  if (field !== "<nil>") return [field];
  return [...message.matchAll(/"([^"]+)" must not validate the schema/g)].map(([, named = ""]) => named);
}

function pathOf({ path, at }: Mistake): string {
  return path ?? at;
}

/** `spec.env[0].key` and `spec.containers[main].env[0]`, as the server's two validators write it, with dots throughout. */
function withDots(field: string): string {
  return field.replaceAll(/\[([^\]]+)\]/g, ".$1");
}

/** The field of a Problem: a schema's says it first, of the others it is what starts, or whose key starts, where the Problem stands. */
function problemPath({ code, message, place }: Problem, text: string): string {
  if (code === "schema") return message.slice(0, message.indexOf(": "));
  const lines = new LineCounter();
  const [document] = parseAllDocuments(text, { lineCounter: lines });
  const starts = ([from]: readonly [number, ...number[]] = [0]): boolean => {
    const { line, col } = lines.linePos(from);
    return line === place.line && col === place.column;
  };
  const search = (node: unknown): readonly (string | number)[] | undefined => {
    if (isScalar(node) || isMap(node) || isSeq(node)) if (starts(node.range ?? undefined)) return [];
    const own = isMap(node) ? node.items.find(({ key }) => isScalar(key) && starts(key.range ?? undefined)) : undefined;
    if (own !== undefined) return [String(own.key)];
    const inner: readonly (readonly [string | number, unknown])[] = isMap(node)
      ? node.items.map(({ key, value }) => [String(key), value] as const)
      : isSeq(node)
        ? [...node.items.entries()]
        : [];
    for (const [step, value] of inner) {
      const rest = search(value);
      if (rest !== undefined) return [step, ...rest];
    }
    return undefined;
  };
  return search(document?.contents)?.join(".") ?? "";
}

function collectionPath(kind: KindName): string {
  const place = clusterScopedKinds.has(kind) ? "" : `namespaces/${namespace}/`;
  return `/apis/openchoreo.dev/v1alpha1/${place}${crdNames(kind).plural}`;
}

async function remove(client: KubeClient, kind: KindName): Promise<void> {
  const path = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${crdNames(kind).plural}.openchoreo.dev`;
  await client.remove(path, signal);
  await poll({
    what: `${kind} going`,
    timeoutMs: 60_000,
    signal,
    probe: async (either) => ((await client.find(path, either)) === undefined ? true : undefined),
  });
}

async function readDocuments(folder: string): Promise<readonly Document[]> {
  const paths = await readdir(folder, { recursive: true });
  const yaml = paths.filter((path) => path.endsWith(".yaml") && !path.includes("frozen")).toSorted();
  const texts = await Promise.all(yaml.map(async (path) => await readFile(join(folder, path), "utf8")));
  return texts
    .flatMap((text) => loadAll(text))
    .filter((document) => document !== null)
    .map((document) => Document.parse(document));
}

async function example(kind: KindName): Promise<unknown> {
  const [document] = loadAll(await readFile(sourcePath(`fixtures/examples/${kindSlug(kind)}.yaml`), "utf8"));
  return document;
}

/** The examples as an organization called like the folder, with the mistake in one of them. */
async function writeMistake(folder: string, mistake: Mistake): Promise<void> {
  const organization = folder.slice(folder.lastIndexOf("/") + 1);
  const examples = sourcePath("fixtures/examples");
  await mkdir(folder);
  for (const file of await readdir(examples)) {
    const documents = loadAll(await readFile(join(examples, file), "utf8")).map((document) => {
      const { kind, metadata, ...rest } = Document.parse(document);
      const identity = kind === "Organization" ? { name: organization } : { namespace: organization };
      return { kind, ...rest, metadata: { ...metadata, ...identity } };
    });
    const isMistaken = file === `${kindSlug(mistake.kind)}.yaml`;
    const written = isMistaken ? documents.map((document) => makeMistake(document, mistake)) : documents;
    await writeFile(join(folder, file), written.map((document) => dump(document)).join("---\n"));
  }
}
