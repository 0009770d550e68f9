/** Adversarial cases about what stands in a Release, against a real API server: what it carries, refuses and answers counts. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { rootCertificates } from "node:tls";
import { dump, load } from "js-yaml";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Receipt } from "../schemas/receipt.ts";
import { writeStateYaml } from "../schemas/state-yaml.ts";
import { type Manifest, type PlaneTree, writeRelease } from "./plane-branch.ts";
import { openKubernetesTarget } from "./kubernetes/kubernetes-target.ts";
import { bring, openRealCluster, type RealCluster, reported, told } from "./real-cluster.contract.ts";

vi.setConfig({ testTimeout: 90_000, hookTimeout: 60_000 });

const kubeconfig = process.env["GITPLANE_TEST_KUBECONFIG"];
const cellPath = "cells/shop/dev.yaml";
const webPath = "releases/shop/dev/web.yaml";
const apiPath = "releases/shop/dev/api.yaml";

if (kubeconfig === undefined) {
  test("hostile manifests on a real API server", ({ skip }) => {
    process.stderr.write("SKIPPED: hostile manifests on a real API server; GITPLANE_TEST_KUBECONFIG is not set\n");
    skip("GITPLANE_TEST_KUBECONFIG is not set");
  });
} else {
  describeHostileManifests(kubeconfig);
}

type Live = {
  readonly metadata: {
    readonly uid: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly data?: Readonly<Record<string, string>>;
  readonly spec?: unknown;
};

/** Parsed here, so that `__proto__` is a key as in any JSON. */
const nastyData = JSON.parse(`{
  "__proto__": "a key",
  "constructor": "another",
  "toString": "and another",
  "B": "sorted by code unit", "a": "after B", "_": "between",
  "big": "9007199254740993", "bigger": "18446744073709551616",
  "zero": "-0", "octal": "012", "hex": "0x1f", "exponent": "1e3", "sexagesimal": "12:30:45", "underscore": "1_000",
  "date": "2026-01-01", "time": "2026-01-01T00:00:00Z",
  "yes": "yes", "no": "no", "null": "null", "tilde": "~", "empty": "", "space": " ", "merge": "<<",
  "lines": "a\\nb\\n\\n", "tab": "\\t", "next-line": "a\\u0085b", "separators": "\\u2028\\u2029",
  "not-printable": "\\u007f\\u0080\\u009f\\u00a0\\ufffe\\uffff", "mark": "\\ufeffa", "emoji": "\\ud83d\\ude00",
  "turkish": "\\u0130\\u0131"
}`) as Record<string, string>;

const nastySpec = JSON.parse(`{
  "__proto__": { "isAdmin": true },
  "constructor": { "prototype": { "isAdmin": true } },
  "most": 9007199254740991, "least": -9007199254740991, "text": "9007199254740993",
  "fraction": 0.1, "small": 1e-7, "negative": -1.5,
  "list": [null, true, false, "", 0, [], {}, [[1]]],
  "date": "2026-01-01", "on": "on"
}`) as Record<string, unknown>;

function describeHostileManifests(path: string): void {
  let cluster: RealCluster;
  beforeEach(async () => {
    cluster = await openRealCluster(path);
  });
  afterEach(async () => {
    await cluster[Symbol.asyncDispose]();
  });

  const cell = (...more: readonly Manifest[]): readonly Manifest[] => [
    { kind: "Namespace", name: cluster.namespace },
    ...more,
  ];
  const made = (kind: string, apiVersion: string, body: Manifest["body"] = {}): Manifest => {
    return { kind, apiVersion, name: "web", namespace: cluster.namespace, body };
  };
  const configMap = (name = "web", data: Record<string, string> = { value: "1" }): Manifest => ({
    ...made("ConfigMap", "v1", { data }),
    name,
  });
  const deployment = (memory: string, body: object = {}): Manifest =>
    made("Deployment", "apps/v1", {
      spec: {
        selector: { matchLabels: { app: "web" } },
        template: {
          metadata: { labels: { app: "web" } },
          spec: { containers: [{ name: "main", image: "web:1", resources: { requests: { memory } } }] },
        },
      },
      ...body,
    });
  const read = async (resource: string, name = "web"): Promise<Live> =>
    (await cluster.other.send("get", `/${resource.replace("NS", `namespaces/${cluster.namespace}`)}/${name}`)) as Live;
  const configMaps = "api/v1/NS/configmaps";
  const idOf = (kind: string, name = "web"): string => `${kind}/${cluster.namespace}/${name}`;
  const publish = async (tree: PlaneTree): Promise<void> =>
    void (await cluster.branch.publish({ [cellPath]: cell(), ...tree }, { settings: { drift: "heal" } }));
  const receiptWhere = async (at: string, is: (receipt: Receipt) => boolean): Promise<Receipt> => {
    const find = (byPath: ReadonlyMap<string, Receipt>): Receipt | undefined => {
      const receipt = byPath.get(at);
      return receipt !== undefined && is(receipt) ? receipt : undefined;
    };
    const receipt = find((await reported(cluster, ({ byPath }) => find(byPath) !== undefined)).byPath);
    if (receipt === undefined) throw new Error("the receipt was there a moment ago");
    return receipt;
  };

  /** A kind of this test's own that takes any `spec`; answers its group. */
  async function serveKind(versions: readonly { readonly name: string; readonly served: boolean }[]): Promise<string> {
    const group = `${cluster.namespace}.example.test`;
    const at = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.${group}`;
    const schema = {
      openAPIV3Schema: {
        type: "object",
        properties: { spec: { type: "object", "x-kubernetes-preserve-unknown-fields": true } },
      },
    };
    await cluster.other.send("apply", `${at}?fieldManager=admin&force=true`, {
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
      metadata: { name: `widgets.${group}` },
      spec: {
        group,
        scope: "Namespaced",
        names: { plural: "widgets", singular: "widget", kind: "Widget", listKind: "WidgetList" },
        versions: versions.map((version, index) => ({ ...version, storage: index === versions.length - 1, schema })),
      },
    });
    return group;
  }
  const forgetKind = async (group: string): Promise<void> =>
    void (await cluster.other.send(
      "delete",
      `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.${group}`,
    ));
  const isServed = async (group: string, version: string): Promise<boolean> => {
    const signal = AbortSignal.timeout(20_000);
    const served = await cluster.target.serves({ group, version, kind: "Widget" }, { signal, fresh: true });
    return served.kind === "served";
  };

  describe("what a language may read otherwise", () => {
    test("C32 arrives as it stands in the Release, and applying it again changes nothing", async () => {
      const labels = { octal: "012", exponent: "1e3", "constructor.example.test/valueOf": "true" };
      const group = await serveKind([{ name: "v1", served: true }]);
      await vi.waitFor(async () => expect(await isServed(group, "v1")).toBe(true), { timeout: 20_000 });
      const tree = {
        [cellPath]: cell(),
        [webPath]: [
          { ...configMap("web", nastyData), annotations: labels },
          made("Widget", `${group}/v1`, { spec: nastySpec }),
        ],
      };
      expect(told(await bring(cluster, tree))).toHaveLength(3);
      const live = await read(configMaps);
      expect(live.data).toStrictEqual(nastyData);
      expect(live.metadata.annotations).toMatchObject(labels);
      // As text: a comparison of values is itself misled by a field called `constructor`.
      const { spec } = await read(`apis/${group}/v1/NS/widgets`);
      expect(writeStateYaml(spec)).toBe(writeStateYaml(nastySpec));
      expect(({} as { isAdmin?: boolean }).isAdmin).toBeUndefined();
      // A process that remembers nothing sends it again, because of the other Release, and nothing is another's.
      const again = await bring(cluster, { ...tree, [apiPath]: [configMap("api")] });
      expect(told(again)).toEqual([`created ${idOf("ConfigMap", "api")}`]);
      expect((await read(configMaps)).data).toStrictEqual(nastyData);
      await forgetKind(group);
    });

    test.each(["9007199254740993", "-9223372036854775808", ".inf", "-.Inf", ".nan", "1.0e+400"])(
      "C32 the number %s, which would not arrive, spoils its Release and no other",
      async (number) => {
        await bring(cluster, { [cellPath]: cell(), [webPath]: [configMap()] });
        const text = writeRelease(cluster.plane, webPath, [configMap("web", { value: "NUMBER" })]);
        const result = await bring(cluster, {
          [cellPath]: cell(),
          [webPath]: text.replace(/'?NUMBER'?/u, number),
          [apiPath]: [configMap("api")],
        });
        expect(told(result)).toEqual(
          // A text to YAML, and so it arrives as one.
          number === "1.0e+400"
            ? [`configured ${idOf("ConfigMap")}`, `created ${idOf("ConfigMap", "api")}`]
            : [`created ${idOf("ConfigMap", "api")}`],
        );
      },
    );
  });

  describe("what is no single object of its kind's scope", () => {
    const list = (): string =>
      writeRelease(cluster.plane, webPath, [{ kind: "List", name: "web", body: { items: [{ kind: "ConfigMap" }] } }]);
    const nameless = (): string =>
      writeRelease(cluster.plane, webPath, [configMap("gone")]).replace(/name: gone/u, "generateName: gone-");
    const rows: readonly (readonly [string, () => PlaneTree[string], string])[] = [
      ["a List", list, "failed List/web (v1 List is not served"],
      ["generateName", nameless, "invalid is no Release: spec.resources.0.object.metadata.name"],
      ["a List without a name", () => list().replaceAll(/^ +name: web\n/gmu, ""), "invalid is no Release"],
      [
        "no namespace",
        () => [{ kind: "ConfigMap", name: "web" }],
        'failed ConfigMap/web (ConfigMap "web" needs metadata.namespace: its kind is namespaced)',
      ],
      [
        "a namespace where there is none",
        () => [made("ClusterRole", "rbac.authorization.k8s.io/v1", { rules: [] })],
        `must not have metadata.namespace: its kind is cluster-scoped`,
      ],
      ["a kind in other letters", () => [made("configMap", "v1", { data: { a: "1" } })], "(v1 configMap is not served"],
      ["a name that climbs", () => [configMap("../secrets/x")], "is no name for an object"],
      ["a name that is encoded", () => [configMap("%2e%2e%2fsecrets")], "is no name for an object"],
      ["a field that its kind lacks", () => [{ ...configMap(), body: { bogus: 1 } }], ".bogus: field not declared"],
    ];

    test.each(rows)("C33 %s: refused the same way twice, and nobody waits for it", async (_, content, reason) => {
      const outcomes = [];
      for (const value of ["1", "2"]) {
        const result = await bring(cluster, {
          [cellPath]: cell(),
          [webPath]: content(),
          [apiPath]: [configMap("api", { value })],
        });
        const invalid = result.plan.invalid.map((file) => `invalid ${file.reason.replace(`${file.path}: `, "")}`);
        const rest = told(result).filter((line) => !line.includes(idOf("ConfigMap", "api")));
        outcomes.push([...invalid, ...rest.filter((line) => !line.includes("Namespace/"))]);
        expect((await read(configMaps, "api")).data).toEqual({ value });
      }
      expect(outcomes[0]).toEqual([expect.stringContaining(reason)]);
      expect(outcomes[1]).toEqual(outcomes[0]);
    });

    test("C33 a status in the manifest is never written, and is no reason to write again", async () => {
      const status = { replicas: 99, readyReplicas: 99, observedGeneration: 99 };
      await publish({ [webPath]: [deployment("1Mi", { status })] });
      await cluster.run();
      await receiptWhere(webPath, ({ result }) => result === "created");
      await new Promise((resolve) => setTimeout(resolve, 1500));
      const sent = cluster.target.requestsByVerb.get("apply") ?? 0;
      await new Promise((resolve) => setTimeout(resolve, 1500));
      expect(cluster.target.requestsByVerb.get("apply")).toBe(sent);
      const live = (await read("apis/apps/v1/NS/deployments")) as { readonly status?: { readonly replicas?: number } };
      expect(live.status?.replicas).not.toBe(99);
    });
  });

  describe("extremes", () => {
    const cronJob = (schedule: string): Manifest =>
      made("CronJob", "batch/v1", {
        spec: {
          schedule,
          jobTemplate: {
            spec: { template: { spec: { restartPolicy: "Never", containers: [{ name: "main", image: "a:1" }] } } },
          },
        },
      });
    test.each([
      ["a quantity without a meaning", () => deployment("1e99h")],
      ["a negative quantity", () => deployment("-1")],
      ["a negative duration", () => ({ ...deployment("1"), body: { spec: { minReadySeconds: -1 } } })],
      [
        "a duration beyond 32 bits",
        () => ({ ...deployment("1"), body: { spec: { progressDeadlineSeconds: 2 ** 40 } } }),
      ],
      ["a schedule of nonsense", () => cronJob("99 99 99 99 99")],
    ] as const)("C35 %s fails alone, by the API server's word, and stalls nothing", async (_, bad) => {
      const result = await bring(cluster, {
        [cellPath]: cell(),
        [webPath]: [bad(), configMap("beside")],
        [apiPath]: [configMap("api")],
      });
      expect(told(result)).toEqual([
        `created ${idOf("ConfigMap", "api")}`,
        `created ${idOf("ConfigMap", "beside")}`,
        `created Namespace/${cluster.namespace}`,
        expect.stringMatching(/^failed (?:apps\/Deployment|batch\/CronJob)\/.+/u),
      ]);
      const next = await bring(cluster, { [cellPath]: cell(), [webPath]: [configMap("beside")] });
      expect(next.changes.filter(({ outcome }) => outcome === "failed")).toEqual([]);
    });
  });

  describe("a Secret that is refused", () => {
    const value = "hunter2-of-the-manifest";
    const encoded = Buffer.from(value).toString("base64");
    const secret = (body: Manifest["body"], kind = "Secret"): Manifest => made(kind, "v1", body);
    test.each([
      ["for its base64", () => secret({ data: { token: value } })],
      ["for its type", () => secret({ data: { token: { [value]: encoded } } })],
      ["for its key", () => secret({ data: { "bad key": encoded } })],
      [
        "as a registry's",
        () => secret({ type: "kubernetes.io/dockerconfigjson", stringData: { ".dockerconfigjson": value } }),
      ],
      ["for the letters of its kind", () => secret({ data: { token: value } }, "secret")],
      ["for an unknown field", () => secret({ stringdata: { token: value } })],
    ] as const)("C39 C40 %s: no receipt and no log repeats its value", async (_, manifest) => {
      await publish({ [webPath]: [manifest(), configMap("beside")] });
      const life = await cluster.run();
      const receipt = await receiptWhere(webPath, ({ result }) => result === "failed");
      expect(receipt.objects.map(({ result }) => result).toSorted()).toEqual(["created", "failed"]);
      const said = JSON.stringify(receipt) + life.written.join("");
      expect(said).not.toContain("hunter2");
      expect(said).not.toContain(encoded);
    });

    test("C39 C40 that is applied: its value is in no annotation, no record, no receipt and no log", async () => {
      await publish({ [webPath]: [secret({ stringData: { token: value } })] });
      const life = await cluster.run();
      const receipt = await receiptWhere(webPath, ({ result }) => result === "created");
      const live = await read("api/v1/NS/secrets");
      expect(live.data).toEqual({ token: encoded });
      const record = await cluster.target.readRecord({ signal: AbortSignal.timeout(10_000) });
      const said = JSON.stringify([receipt, live.metadata, record]) + life.written.join("");
      expect(said).not.toContain("hunter2");
      expect(said).not.toContain(encoded);
    });
  });

  test("C62 two Releases with one object: neither is applied, both are named, and who had it keeps it", async () => {
    const both = {
      [cellPath]: cell(),
      [webPath]: [configMap("one", { of: "web" }), configMap("w")],
      [apiPath]: [configMap("one", { of: "api" }), configMap("a")],
    };
    const first = await bring(cluster, both);
    expect(told(first).filter((line) => line.startsWith("held"))).toEqual([
      `held ${idOf("ConfigMap", "one")} (also claimed by ${apiPath}; neither was applied before)`,
      `held ${idOf("ConfigMap", "one")} (also claimed by ${webPath}; neither was applied before)`,
    ]);
    await expect(read(configMaps, "one")).rejects.toThrow("not found");
    await bring(cluster, { ...both, [apiPath]: [configMap("a")] });
    const before = await read(configMaps, "one");
    const held = await bring(cluster, both);
    expect(told(held)).toEqual([`held ${idOf("ConfigMap", "one")} (belongs to ${webPath}, which applied it first)`]);
    expect(await read(configMaps, "one")).toEqual(before);
  });

  test("C63 a quota refuses one of fifty objects: the others land, and the receipt has the server's words", async () => {
    const quota = (most: string): Manifest => ({
      kind: "ResourceQuota",
      name: "few",
      namespace: cluster.namespace,
      body: { spec: { hard: { services: most } } },
    });
    const services = Array.from({ length: 50 }, (_, index) => ({
      ...made("Service", "v1", { spec: { clusterIP: "None", ports: [{ port: 80 }] } }),
      name: `s${index}`,
    }));
    await publish({ [cellPath]: cell(quota("49")) });
    await cluster.run();
    await receiptWhere(cellPath, ({ result }) => result === "created");
    await publish({ [cellPath]: cell(quota("49")), [webPath]: services, [apiPath]: [configMap("api")] });
    const receipt = await receiptWhere(webPath, ({ result }) => result === "failed");
    const failed = receipt.objects.filter(({ result }) => result === "failed");
    expect(receipt.objects.filter(({ result }) => result === "created")).toHaveLength(49);
    expect(failed.map(({ reason }) => reason)).toEqual([
      expect.stringContaining("exceeded quota: few, requested: services=1, used: services=49, limited: services=49"),
    ]);
    expect(receipt.reason).toBe(`${failed[0]?.id}: ${failed[0]?.reason}`);
    await receiptWhere(apiPath, ({ result }) => result === "created");
    const { items } = (await cluster.other.send("get", `/api/v1/namespaces/${cluster.namespace}/services`)) as {
      readonly items: readonly unknown[];
    };
    expect(items).toHaveLength(49);
    await publish({ [cellPath]: cell(quota("50")), [webPath]: services, [apiPath]: [configMap("api")] });
    await receiptWhere(webPath, ({ result }) => result !== "failed");
  });

  describe("an API version that is not served", () => {
    test("C65 is named with its object, nobody waits for it, and the receipt lists what is served", async () => {
      const budget = made("PodDisruptionBudget", "policy/v1beta1", { spec: { minAvailable: 1 } });
      await publish({ [webPath]: [budget, configMap("beside")], [apiPath]: [configMap("api")] });
      await cluster.run();
      const receipt = await receiptWhere(webPath, ({ result }) => result === "failed");
      expect(receipt.objects.map(({ id, result, reason }) => [id, result, reason])).toEqual([
        [
          idOf("policy/PodDisruptionBudget"),
          "failed",
          expect.stringContaining("policy/v1beta1 PodDisruptionBudget is not served"),
        ],
        [idOf("ConfigMap", "beside"), "created", undefined],
      ]);
      await receiptWhere(apiPath, ({ result }) => result === "created");
      const { plane } = await reported(cluster, (receipts) => (receipts.plane?.servedApis.length ?? 0) > 0);
      expect(plane?.servedApis).toContain("policy/v1/PodDisruptionBudget");
      expect(plane?.servedApis).not.toContain("policy/v1beta1/PodDisruptionBudget");
    });

    test("C65 any more: its objects stay as they are, the change is named as blocked, and the next version takes over", async () => {
      const both = [
        { name: "v1", served: true },
        { name: "v2", served: true },
      ];
      const group = await serveKind(both);
      await vi.waitFor(async () => expect(await isServed(group, "v2")).toBe(true), { timeout: 20_000 });
      const widget = (version: string, size: number): Manifest =>
        made("Widget", `${group}/${version}`, { spec: { size } });
      await bring(cluster, { [cellPath]: cell(), [webPath]: [widget("v1", 1)] });
      await serveKind([
        { name: "v1", served: false },
        { name: "v2", served: true },
      ]);
      await vi.waitFor(async () => expect(await isServed(group, "v1")).toBe(false), { timeout: 20_000 });
      const before = await read(`apis/${group}/v2/NS/widgets`);
      const blocked = await bring(cluster, { [cellPath]: cell(), [webPath]: [widget("v1", 2), configMap("beside")] });
      expect(told(blocked)).toEqual([
        `created ${idOf("ConfigMap", "beside")}`,
        `failed ${idOf(`${group}/Widget`)} (${group}/v1 Widget is not served)`,
      ]);
      expect(await read(`apis/${group}/v2/NS/widgets`)).toEqual(before);
      await bring(cluster, { [cellPath]: cell(), [webPath]: [widget("v2", 2), configMap("beside")] });
      const after = await read(`apis/${group}/v2/NS/widgets`);
      expect([after.metadata.uid, after.spec]).toEqual([before.metadata.uid, { size: 2 }]);
      await forgetKind(group);
    });
  });

  test("C29 an API server that another authority vouches for gets no request that it could answer", async () => {
    const folder = await mkdtemp(join(tmpdir(), "gitplane-authority-"));
    const config = load(await readFile(path, "utf8")) as { clusters: { cluster: Record<string, unknown> }[] };
    for (const { cluster } of config.clusters) {
      delete cluster["certificate-authority"];
      cluster["certificate-authority-data"] = Buffer.from(rootCertificates[0] ?? "").toString("base64");
    }
    const file = join(folder, "kubeconfig");
    await writeFile(file, dump(config), { mode: 0o600 });
    await using target = await openKubernetesTarget({
      source: { kind: "kubeconfig", path: file },
      plane: cluster.plane,
      agentVersion: "test",
    });
    const signal = AbortSignal.timeout(20_000);
    const failure = { kind: "failed", reason: expect.stringMatching(/certificate/iu) as string };
    expect(await target.readUid({ signal })).toMatchObject(failure);
    expect(await target.readRecord({ signal })).toMatchObject(failure);
    await rm(folder, { recursive: true });
  });
}
