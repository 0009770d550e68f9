/** Adversarial cases about the state repository itself, as whoever may write it could leave it, with an agent that runs on a real API server. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Oid } from "../git/repository.ts";
import { planeRef, receiptsRef } from "../schemas/layout.ts";
import { type Manifest, type PlaneTree, writeRelease } from "./plane-branch.ts";
import { openRealCluster, type RealCluster, reported } from "./real-cluster.contract.ts";

vi.setConfig({ testTimeout: 90_000, hookTimeout: 60_000 });

const kubeconfig = process.env["GITPLANE_TEST_KUBECONFIG"];
const cellPath = "cells/shop/dev.yaml";
const webPath = "releases/shop/dev/web.yaml";
const apiPath = "releases/shop/dev/api.yaml";

if (kubeconfig === undefined) {
  test("a hostile state repository on a real API server", ({ skip }) => {
    process.stderr.write("SKIPPED: a hostile state repository; GITPLANE_TEST_KUBECONFIG is not set\n");
    skip("GITPLANE_TEST_KUBECONFIG is not set");
  });
} else {
  describeHostileRepository(kubeconfig);
}

function describeHostileRepository(path: string): void {
  let cluster: RealCluster;
  beforeEach(async () => {
    cluster = await openRealCluster(path);
  });
  afterEach(async () => {
    await cluster[Symbol.asyncDispose]();
  });

  const configMap = (name: string, value = "1"): Manifest => ({
    kind: "ConfigMap",
    name,
    namespace: cluster.namespace,
    body: { data: { value } },
  });
  const tree = (more: PlaneTree = {}): PlaneTree => ({
    [cellPath]: [{ kind: "Namespace", name: cluster.namespace }],
    [webPath]: [configMap("web")],
    [apiPath]: [configMap("api")],
    ...more,
  });
  const read = async (name: string): Promise<{ readonly data: object }> =>
    (await cluster.other.send("get", `/api/v1/namespaces/${cluster.namespace}/configmaps/${name}`)) as { data: object };
  const settled = async (revision: Oid): Promise<void> =>
    void (await reported(cluster, ({ plane }) => plane?.appliedRevision === revision && plane.refused === undefined));

  /** Git of whoever may write the repository. */
  function git(args: readonly string[], input = ""): string {
    const env = { ...process.env, GIT_INDEX_FILE: join(cluster.url, "test-index") };
    return execFileSync("git", ["-C", cluster.url, ...args], { input, env, encoding: "utf8" }).trim();
  }
  /** Commits a tree of its own making on top of another revision, and moves the plane's branch to it. */
  async function move(treeOid: Oid, { on, sequence }: { readonly on: Oid; readonly sequence: number }): Promise<Oid> {
    const message = git(["log", "-1", "--format=%B", on]).replace(/^Sequence: .*$/mu, `Sequence: ${sequence}`);
    return await cluster.branch.move(git(["commit-tree", treeOid, "-p", on, "-F", "-"], message));
  }

  const link = "releases/shop/dev/link.yaml";
  const long = `releases/shop/dev/${"x".repeat(3000)}.yaml`;
  const placeless = "has no place in a plane's tree";
  test.each([
    ["C24 a link to what is there", "120000", link, "/proc/self/environ", "is a symlink"],
    ["C24 a link to what is not there", "120000", link, "/nowhere/at/all", "is a symlink"],
    ["C24 a link to a sibling", "120000", link, "../../../cells/shop/dev.yaml", "is a symlink"],
    ["C24 a link in place of a Release", "120000", webPath, "api.yaml", "is a symlink"],
    ["C24 a link in place of a folder", "120000", "releases/shop/prod", "dev", "is a symlink"],
    ["C24 a link in place of plane.yaml", "120000", "plane.yaml", "/etc/hostname", "is a symlink"],
    ["C24 a submodule", "160000", "releases/shop/sub", "", "is a submodule"],
    ["C25 a backslash", "100644", "releases\\shop\\dev\\x.yaml", "x", placeless],
    ["C25 encoded dots", "100644", "releases/%2e%2e/dev/x.yaml", "x", placeless],
    ["C25 a dot at the end", "100644", `${webPath}.`, "x", placeless],
    ["C25 a space at the end", "100644", `${webPath} `, "x", placeless],
    ["C25 an address", "100644", "file:/etc/passwd", "x", placeless],
    ["C25 a line end", "100644", "releases/shop/dev/a\nb.yaml", "x", placeless],
    ["C25 a very long name", "100644", long, "x", placeless],
    ["C25 one folder more", "100644", "releases/shop/dev/a/b.yaml", "x", placeless],
  ] as const)("%s: the revision is refused, what stands stays, and the next one is taken", async (...row) => {
    const [, mode, at, content, reason] = row;
    const first = await cluster.branch.publish(tree());
    const life = await cluster.run();
    await settled(first);
    const before = await read("web");
    const oid = mode === "160000" ? first : git(["hash-object", "-w", "--stdin"], content);
    git(["read-tree", first]);
    if (at === "releases/shop/prod") git(["rm", "-q", "--cached", "-r", "--ignore-unmatch", at]);
    git(["update-index", "--add", "--cacheinfo", mode, oid, at]);
    // A Release that is right, to see that nothing of a refused revision is applied.
    const right = writeRelease(cluster.plane, apiPath, [configMap("api", "2")]);
    git(["update-index", "--add", "--cacheinfo", "100644", git(["hash-object", "-w", "--stdin"], right), apiPath]);
    const bad = await move(git(["write-tree"]), { on: first, sequence: 2 });
    const { plane } = await reported(cluster, (receipts) => receipts.plane?.refused?.revision === bad);
    expect(plane?.refused?.reason).toBe(`${at} ${reason}`.slice(0, 2000));
    expect(plane?.appliedRevision).toBe(first);
    expect(await read("web")).toEqual(before);
    expect((await read("api")).data).toEqual({ value: "1" });
    expect(life.written.join("")).not.toMatch(/PATH=|nowhere/u);
    await settled(await move(git(["rev-parse", `${first}^{tree}`]), { on: bad, sequence: 3 }));
    expect(await read("web")).toEqual(before);
  });

  test("C25 a tree with a step upwards is not even taken into the clone, and what stands stays", async () => {
    const first = await cluster.branch.publish(tree());
    const life = await cluster.run();
    await settled(first);
    const before = await read("web");
    const blob = git(["hash-object", "-w", "--stdin"], "x");
    const climbing = git(["mktree"], `${git(["ls-tree", first])}\n100644 blob ${blob}\t..\n`);
    await move(climbing, { on: first, sequence: 2 });
    await vi.waitFor(() => expect(life.written.join("")).toContain("hasDotdot"), { timeout: 20_000 });
    expect(await read("web")).toEqual(before);
    // Who owns the repository takes the commit out of it again; the agent never had it.
    const message = git(["log", "-1", "--format=%B", first]).replace(/^Sequence: .*$/mu, "Sequence: 2");
    const next = git(["commit-tree", `${first}^{tree}`, "-p", first, "-F", "-"], message);
    git(["update-ref", planeRef(cluster.plane), next]);
    await settled(next);
    expect(await read("web")).toEqual(before);
  });

  const release = (inner: string): string =>
    writeRelease(cluster.plane, webPath, [configMap("web", "INNER")]).replace(/'?INNER'?/u, () => inner);
  test.each([
    [
      "an alias bomb",
      () =>
        `${Array.from({ length: 60 }, (_, i) => `k${i}: &k${i} [*k${i - 1}, *k${i - 1}]`)
          .join("\n")
          .replace("[*k-1, *k-1]", "[x, x]")}\n${release("x")}`,
    ],
    ["an alias bomb within", () => release(`&a [&b [x, x], *b, *b, *b]`)],
    ["nesting without end", () => release(`${"[".repeat(100_000)}${"]".repeat(100_000)}`)],
    ["mappings without end", () => release(`${"{a: ".repeat(50_000)}1${"}".repeat(50_000)}`)],
    ["a text of 5 MiB", () => release("x".repeat(5 << 20))],
    ["a text of 100 MB", () => release("x".repeat(100_000_000))],
    ["a million documents", () => `${release("x")}${"---\na: 1\n".repeat(400_000)}`],
    ["a key twice", () => `${release("x")}kind: Other\n`],
    ["a tag that makes something", () => release("!!js/function 'function () { return 1 }'")],
  ] as const)("C30 %s spoils its Release, and no other waits", async (_, content) => {
    const first = await cluster.branch.publish(tree());
    await cluster.run();
    await settled(first);
    const before = await read("web");
    const next = await cluster.branch.publish(tree({ [webPath]: content(), [apiPath]: [configMap("api", "2")] }));
    const { byPath } = await reported(
      cluster,
      ({ byPath, plane }) => plane?.appliedRevision === next && byPath.get(webPath)?.result === "failed",
    );
    expect(byPath.get(webPath)?.reason).toMatch(
      /: (?:is not readable YAML \(\w+\)|has more than 4194304 bytes|is larger than the limit of a file)$/u,
    );
    expect((await read("api")).data).toEqual({ value: "2" });
    expect(await read("web")).toEqual(before);
  });

  test("C64 an agent that was away for fifty commits applies the last one, and none in between", async () => {
    const first = await cluster.branch.publish(tree());
    const life = await cluster.run();
    await settled(first);
    await life.stop();
    const before = cluster.target.requestsByVerb.get("apply") ?? 0;
    let last = first;
    for (let commit = 1; commit <= 50; commit += 1) {
      last = await cluster.branch.publish(tree({ [apiPath]: [configMap("api", String(commit))] }));
    }
    await cluster.run();
    await settled(last);
    expect((await read("api")).data).toEqual({ value: "50" });
    expect((cluster.target.requestsByVerb.get("apply") ?? 0) - before).toBe(1);
  });

  test("C22 a hundred commits in a row are folded: the last one stands, and reports are few", async () => {
    await cluster.branch.publish(tree());
    await cluster.run({ pollMs: 200, pace: {} });
    const started = performance.now();
    let last: Oid | undefined;
    for (let commit = 1; commit <= 100; commit += 1) {
      last = await cluster.branch.publish(tree({ [apiPath]: [configMap("api", String(commit))] }));
    }
    await reported(cluster, ({ plane }) => plane?.appliedRevision === last);
    const seconds = (performance.now() - started) / 1000;
    expect((await read("api")).data).toEqual({ value: "100" });
    const reports = Number(git(["rev-list", "--count", receiptsRef(cluster.plane)]));
    const writes =
      (cluster.target.requestsByVerb.get("update") ?? 0) + (cluster.target.requestsByVerb.get("create") ?? 0);
    process.stderr.write(
      `100 commits in ${seconds.toFixed(1)} s: ${reports} reports, ${writes} writes of the record\n`,
    );
    // One a second at most, and one at each end.
    expect(reports).toBeLessThanOrEqual(seconds + 3);
    expect(writes).toBeLessThanOrEqual(seconds * 5 + 5);
  });
}
