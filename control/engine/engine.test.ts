/** Only what depends on a change is made anew. */
import { expect, test } from "vitest";
import { load, type Specs } from "../load/load.ts";
import { leafOrigins, type Origin } from "../load/traced.ts";
import { readPlatform, specsFiles } from "../specs-fixture.contract.ts";
import { Engine, type EngineCounts } from "./engine.ts";
import { ReleaseMemory } from "./release-memory.ts";
import type { Rendered } from "./rendered.ts";

/** Each file as contents of its own. */
async function contentsOf(files: ReadonlyMap<string, string>): Promise<ReadonlyMap<string, Specs>> {
  const contents = new Map<string, Specs>();
  for (const file of specsFiles(files)) contents.set(file.path, await load([[file]], new Map()));
  return contents;
}

function exchange(engine: Engine, gone: readonly Specs[], come: Iterable<Specs>): Rendered {
  const rest = { problems: [], recoveries: [], approvals: [], stop: undefined, rules: undefined };
  return engine.exchange({ gone, come: [...come], ...rest });
}

/** Changes a file of the sample platform, or adds some. */
async function measure(
  changed: (files: ReadonlyMap<string, string>, engine: Engine) => ReadonlyMap<string, string>,
): Promise<{ readonly counts: EngineCounts; readonly rendered: Rendered }> {
  const files = await readPlatform();
  const before = await contentsOf(files);
  const engine = new Engine();
  exchange(engine, [], before.values());
  const first = engine.counts;
  const change = changed(files, engine);
  for (const [path, text] of change) expect(text).not.toBe(files.get(path));
  const gone = [...change.keys()].flatMap((path) => before.get(path) ?? []);
  const rendered = exchange(engine, gone, (await contentsOf(change)).values());
  return {
    rendered,
    counts: {
      checked: engine.counts.checked - first.checked,
      rendered: engine.counts.rendered - first.rendered,
      recalled: engine.counts.recalled - first.recalled,
    },
  };
}

async function edit(path: string, change: (text: string) => string): ReturnType<typeof measure> {
  return measure((files) => new Map([[path, change(files.get(path) ?? "")]]));
}

test("an edited image makes its one Release anew, and none of those that connect to it", async () => {
  const { counts } = await edit("shop/cart.yaml", (text) => text.replace("cart:1.0.0", "cart:1.0.1"));
  expect(counts).toEqual({ checked: 3, rendered: 1, recalled: 0 });
});

test("an edited port makes those that connect to it anew", async () => {
  const { counts } = await edit("shop/cart.yaml", (text) => text.replaceAll("8080", "8081"));
  expect(counts.rendered).toBeGreaterThan(1);
  expect(counts.rendered).toBeLessThan(6);
});

test("a secret that is kept elsewhere makes those anew that read it, and a plane's store all of the plane", async () => {
  const secret = await edit("platform/secrets.yaml", (text) => text.replace("property: account", "property: number"));
  // The plane that pulls with another secret of the file, and the API that checks its callers with one, ask again, and stay.
  expect(secret.counts).toEqual({ checked: 7, rendered: 1, recalled: 2 });
  // Of those that read nothing from the store the bytes are the same, which only rendering tells.
  const store = await edit("platform/planes.yaml", (text) => text.replace("acme-vault", "acme-safe"));
  expect(store.counts.rendered).toBeGreaterThan(10);
  const read = store.rendered.releases.filter((one) => one.text().includes("name: acme-safe"));
  expect(read.map(({ path }) => path)).toEqual([
    "releases/devices/development/desk.yaml",
    "releases/fulfilment/development/mailer.yaml",
    "releases/fulfilment/development/payments.yaml",
  ]);
});

test("a Binding that is suspended makes its Release anew", async () => {
  const { counts } = await edit("shop/bindings/search-staging.yaml", (text) => `${text}  releaseState: Suspend\n`);
  expect(counts).toEqual({ checked: 1, rendered: 1, recalled: 0 });
});

test("what an environment changes makes its Release anew, of a Binding that follows its claim too", async () => {
  const path = "shop/bindings/search-development.yaml";
  const files = await readPlatform();
  const binding = (files.get("shop/bindings/search-staging.yaml") ?? "")
    .replaceAll("staging", "development")
    .replace("  workloadSpec:", "  environmentOverrides: {replicas: 3}\n  workloadSpec:");
  const engine = new Engine();
  exchange(engine, [], (await contentsOf(files)).values());
  let standing: readonly Specs[] = [];
  const write = async (text: string): Promise<readonly [unknown, number]> => {
    const { rendered } = engine.counts;
    const come = [...(await contentsOf(new Map([[path, text]]))).values()];
    const after = exchange(engine, standing, come);
    standing = come;
    return [replicasOf(after, "releases/shop/development/search.yaml"), engine.counts.rendered - rendered];
  };
  const more = binding.replace("replicas: 3", "replicas: 4");
  expect(await write(binding)).toEqual([3, 1]);
  expect(await write(more)).toEqual([4, 1]);
  // Only its frozen workload is another, which the claim goes before.
  expect(await write(more.replace("search:0.9.3", "search:0.9.4"))).toEqual([4, 0]);
});

function replicasOf({ releases }: Rendered, path: string): unknown {
  const manifests = releases.find((one) => one.path === path)?.manifests ?? [];
  const deployment = manifests.find(({ object }) => object.kind === "Deployment")?.object;
  return (deployment as { spec?: { replicas?: unknown } } | undefined)?.spec?.replicas; // a Deployment
}

test("what only moved within its file is not rendered again, and its fields lead to where it stands now", async () => {
  const imageOf = (rendered: Rendered): Origin | undefined => {
    const release = rendered.releases.find(({ path }) => path === "releases/shop/development/cart.yaml");
    const tree = release?.manifests.find(({ object }) => object.kind === "Deployment")?.tree;
    return tree && leafOrigins(tree).get("/spec/template/spec/containers/0/image");
  };
  const before = imageOf(exchange(new Engine(), [], (await contentsOf(await readPlatform())).values()));
  if (before?.kind !== "field") throw new Error("there is no such field");
  const { counts, rendered } = await edit("shop/cart.yaml", (text) => `# one line more\n${text}`);
  expect(counts).toEqual({ checked: 3, rendered: 0, recalled: 1 });
  expect(imageOf(rendered)).toEqual({ ...before, line: before.line + 1 });
});

test("a Binding of auto-deploy that comes to stand in a file is not rendered again", async () => {
  const { counts } = await measure((_files, engine) => {
    const made = engine
      .outdated()
      .edits.flatMap((one) => (one.action === "add" ? [[one.path, one.text] as const] : []));
    expect(made.length).toBeGreaterThan(5);
    return new Map(made);
  });
  expect(counts.rendered).toBe(0);
  expect(counts.recalled).toBeGreaterThan(5);
});

test("what an earlier engine remembers is not rendered, and proven afterwards", async () => {
  const contents = await contentsOf(await readPlatform());
  const earlier = new Engine();
  const expected = exchange(earlier, [], contents.values());
  const remembered = earlier
    .remembered()
    .map(([path, { print, blob }]) => [path, { print, blob: { ids: new Map(blob.ids), isProven: false } }] as const);
  const later = new Engine(new ReleaseMemory(remembered));
  const rendered = exchange(later, [], contents.values());
  expect(later.counts).toMatchObject({ rendered: earlier.counts.rendered - remembered.length });
  const seen = ({ releases }: Rendered) => releases.map((one) => [one.path, one.blobId("sha1"), one.claimed]);
  expect(seen(rendered)).toEqual(seen(expected));
  expect(rendered.problems).toEqual(expected.problems);
  expect(remembered.map(() => later.proveNext())).toEqual(remembered.map(() => "proven"));
  expect(later.proveNext()).toBe("none");
});

test("what is remembered wrongly is found out, and its text is that of the specs", async () => {
  const contents = await contentsOf(await readPlatform());
  const earlier = new Engine();
  const expected = exchange(earlier, [], contents.values());
  const [[path, { print }] = ["", { print: "" }]] = earlier.remembered();
  const wrong = { print, blob: { ids: new Map([["sha1", "0".repeat(40)] as const]), isProven: false } };
  const later = new Engine(new ReleaseMemory([[path, wrong]]));
  const rendered = exchange(later, [], contents.values());
  expect(later.counts.recalled).toBe(1);
  expect(rendered.releases.filter((one) => one.blobId("sha1") === "0".repeat(40))).toHaveLength(1);
  expect(later.proveNext()).toBe("wrong");
  const seen = ({ releases }: Rendered) => releases.map((one) => [one.path, one.blobId("sha1"), one.text()]);
  expect(seen(rendered)).toEqual(seen(expected));
});

test.for([
  {
    what: "an Environment says of its cells",
    path: "platform/environments.yaml",
    from: 'requests.cpu: "20"',
    to: 'requests.cpu: "21"',
    yields: ["production cells/shop/production.yaml"],
  },
  {
    what: "an Environment says of how open its cells are",
    path: "platform/environments.yaml",
    from: "withinCell: Open",
    to: "withinCell: Declared",
    yields: ["staging cells/shop/staging.yaml"],
  },
  {
    what: "a Project says of its cells",
    path: "shop/project.yaml",
    from: "cost-center: shop",
    to: "cost-center: stores",
    yields: ["development", "production", "staging"].map((name) => `${name} cells/shop/${name}.yaml`),
  },
])("what $what makes their Releases anew, and no component's", async ({ path, from, to, yields }) => {
  const { counts, rendered } = await edit(path, (text) => text.replace(from, to));
  expect(counts.rendered).toBe(0);
  const changed = [...rendered.changed].flatMap(([plane, paths]) =>
    [...paths].map((changedPath) => `${plane.replace("data.acme.", "")} ${changedPath}`),
  );
  expect(changed.toSorted()).toEqual(yields);
});

test("where pods of an environment run makes the Releases in it anew, and no others", async () => {
  const { counts, rendered } = await edit("platform/environments.yaml", (text) =>
    text.replace("acme.example/production", "acme.example/real"),
  );
  expect(counts.rendered).toBe(1);
  expect([...rendered.changed.values()].flatMap((paths) => [...paths])).toEqual([
    "releases/shop/production/search.yaml",
  ]);
});

test("a plane's gateways follow its environments, and no Release of a component is made anew", async () => {
  const gateway = (text: string): string =>
    text.replace(
      /(name: staging\n[^]*? {2}gateway:\n)/,
      "$1    manage: {external: {https: {issuer: {name: letters}}}}\n",
    );
  const brought = await edit("platform/planes.yaml", gateway);
  const added = [...brought.rendered.changed.values()].flatMap((paths) => [...paths]);
  expect(added.filter((path) => path.startsWith("platform/"))).not.toEqual([]);

  const files = new Map(
    [...(await readPlatform())].map(([path, text]) => [path, path === "platform/planes.yaml" ? gateway(text) : text]),
  );
  const before = await contentsOf(files);
  const engine = new Engine();
  exchange(engine, [], before.values());
  const first = engine.counts.rendered;
  const path = "platform/more-environments.yaml";
  const environment =
    "apiVersion: openchoreo.dev/v1alpha1\nkind: Environment\nmetadata:\n  name: preview\n  namespace: acme\nspec:\n  dataPlaneRef: staging\n";
  const come = await contentsOf(new Map([[path, environment]]));
  const { changed } = exchange(engine, [], come.values());
  expect([...changed].map(([plane, paths]) => [plane, ...paths])).toEqual([
    ["data.acme.staging", "platform/gateways.yaml"],
  ]);
  expect(engine.counts.rendered).toBe(first);
  expect([...exchange(engine, [...come.values()], []).changed.keys()]).toEqual(["data.acme.staging"]);
});
