/** For tests: specs from texts, the sample platform as texts, and small documents to build others of. */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { planeKey } from "../schemas/layout.ts";
import { load, type ParseCache, type Specs, type SpecsFile } from "./load/load.ts";
import { decideAbsent, nextPlaneTree } from "./publish/plane-tree.ts";
import { type Rendered, renderSpecs } from "./render-specs.ts";

export const repositoryRoot = join(import.meta.dirname, "..");

/** Folder of the real v0.3 documents, or undefined with a loud word: what did not run must not look like what passed. */
export function findSamples(subject: string): string | undefined {
  const named = process.env["OPENCHOREO_SAMPLES"];
  const folder = named ?? join(repositoryRoot, "..", "shared", "openchoreo-v0.3");
  if (existsSync(folder)) return folder;
  process.stderr.write(`SKIPPED: ${subject}: there is no folder ${folder}; OPENCHOREO_SAMPLES may name another\n`);
  return undefined;
}

/** Path to text, or to the kind of link that stands there. */
export type Files = ReadonlyMap<string, string | Uint8Array | { readonly link: "symlink" | "submodule" }>;

export async function loadFiles(files: Files, cache: ParseCache = new Map()): Promise<Specs> {
  return load([specsFiles(files)], cache);
}

/** The files as a source of specs lists them. */
export function specsFiles(files: Files): readonly SpecsFile[] {
  return [...files].map(([path, content]): SpecsFile => {
    const isLink = typeof content === "object" && "link" in content;
    return {
      path,
      shown: path,
      id: isLink ? content.link : createHash("sha256").update(content).digest("hex"),
      kind: isLink ? content.link : "blob",
      read: () => Promise.resolve(isLink ? new Uint8Array() : Buffer.from(content)),
    };
  });
}

export async function renderFilesOf(files: Files, cache?: ParseCache): Promise<Rendered> {
  return renderSpecs(await loadFiles(files, cache));
}

/** Renders documents that stand in one file. */
export async function renderTexts(...documents: readonly string[]): Promise<Rendered> {
  return renderFilesOf(new Map([["specs.yaml", documents.join("---\n")]]));
}

/** Texts of a folder's YAML files by path. */
export async function readTexts(folder: string): Promise<Map<string, string>> {
  const entries = await readdir(folder, { recursive: true });
  const paths = entries.filter((path) => path.endsWith(".yaml")).toSorted();
  return new Map(
    await Promise.all(paths.map(async (path) => [path, await readFile(join(folder, path), "utf8")] as const)),
  );
}

export async function readPlatform(): Promise<Map<string, string>> {
  return readTexts(join(repositoryRoot, "fixtures", "platform"));
}

/** Everything of every plane as `<plane key>/<path>` to its text, on top of what stands there already. */
export function treeOf(rendered: Rendered, before: ReadonlyMap<string, string> = new Map()): Map<string, string> {
  const tree = new Map(before);
  for (const plane of rendered.planes) {
    const prefix = `${planeKey(plane)}/`;
    const own = [...before].filter(([key]) => key.startsWith(prefix));
    const texts = new Map(own.map(([key, text]) => [key.slice(prefix.length), text]));
    const { files, removed } = nextPlaneTree(plane, [...texts.keys()], { rendered, texts });
    for (const path of removed) tree.delete(`${prefix}${path}`);
    for (const [path, text] of files) tree.set(`${prefix}${path}`, text);
  }
  return tree;
}

/** What of a tree goes when this is rendered, as keys of it. */
export function goneFrom(tree: ReadonlyMap<string, string>, rendered: Rendered): readonly string[] {
  return rendered.planes.flatMap((plane) => {
    const prefix = `${planeKey(plane)}/`;
    const present = [...tree.keys()].filter((key) => key.startsWith(prefix)).map((key) => key.slice(prefix.length));
    return decideAbsent(plane, present.toSorted(), { rendered }).removed.map((path) => `${prefix}${path}`);
  });
}

/** Keys of the first tree that the second lacks. */
export function missingFrom(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): string[] {
  return [...before.keys()].filter((key) => !after.has(key)).toSorted();
}

/** One document; `spec` is indented YAML text or empty for none. */
export function doc(kind: string, name: string, spec: string): string {
  const body = spec === "" ? "  {}" : spec.replace(/^\n/, "").trimEnd();
  return `apiVersion: openchoreo.dev/v1alpha1\nkind: ${kind}\nmetadata:\n  name: ${name}\nspec:\n${body}\n`;
}

/** Organization `default` with one plane, two environments, the pipeline between them, classes and the project `shop`. */
export const surroundings: readonly string[] = [
  "apiVersion: openchoreo.dev/v1alpha1\nkind: Organization\nmetadata:\n  name: default\n",
  doc("DataPlane", "eu", "  gateway:\n    publicVirtualHost: apps.example\n    organizationVirtualHost: inner.example"),
  doc("Environment", "dev", "  dataPlaneRef: eu"),
  doc("Environment", "prod", "  dataPlaneRef: eu"),
  doc(
    "DeploymentPipeline",
    "line",
    "  promotionPaths:\n    - sourceEnvironmentRef: dev\n      targetEnvironmentRefs:\n        - name: prod",
  ),
  doc("ServiceClass", "default", "  deploymentTemplate:\n    replicas: 2"),
  doc("WebApplicationClass", "default", ""),
  doc("APIClass", "default", ""),
  doc("Project", "shop", "  deploymentPipelineRef: line"),
];

export const owner = (component: string): string =>
  `  owner:\n    projectName: shop\n    componentName: ${component}\n`;

/** Component, Workload and Service of one name. `workload` and `service` are further fields of their specs. */
export function service(name: string, { workload = "", claim = "" } = {}): readonly string[] {
  const container = "  containers:\n    main:\n      image: registry.example/app:1\n";
  return [
    doc("Component", name, "  owner:\n    projectName: shop\n  type: Service"),
    doc("Workload", name, `${owner(name)}${workload.includes("containers:") ? "" : container}${workload}`),
    doc("Service", name, `${owner(name)}  workloadName: ${name}\n${claim}`),
  ];
}

export const endpointOf = (name: string, type: string, port: number): string =>
  `  endpoints:\n    ${name}:\n      type: ${type}\n      port: ${port}\n`;

/** Milliseconds of this thread's own work, so that a busy machine does not fail a test. */
export function workMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}
