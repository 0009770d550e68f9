/** What an API server does wrong to an agent: it is outlived, without a hot loop and without a delete outside the plan. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sleep } from "../process/backoff.ts";
import { defaultCeiling } from "../schemas/ceiling.ts";
import type { PlaneId } from "../schemas/layout.ts";
import {
  type AgentBed,
  apiPath,
  cellOf,
  configMap,
  openAgentBed,
  openWitness,
  untilApplied,
  untilSaid,
  untilValue,
  valueOf,
  webPath,
  type Witness,
} from "./faults/agent-bed.ts";
import { type ApiFault, isWatch, type Spoken, statusOf } from "./faults/api-proxy.ts";
import { sharedKubeconfig } from "./platform/test-platform.ts";

const refusals: Readonly<Record<number, Spoken>> = {
  429: { status: 429, headers: { "retry-after": "1" }, body: statusOf(429, "TooManyRequests", "try later") },
  500: { status: 500, body: statusOf(500, "InternalError", "etcdserver: no leader") },
  503: { status: 503, body: statusOf(503, "ServiceUnavailable", "apiserver not ready") },
};
const expired: Spoken = { status: 410, body: statusOf(410, "Expired", "too old resource version") };
const expiredEvent: Spoken = {
  status: 200,
  body: `${JSON.stringify({ type: "ERROR", object: statusOf(410, "Expired", "too old resource version") })}\n`,
};
/** A burst: nine requests of ten. */
const inBursts = (spoken: Spoken | undefined): ApiFault => {
  let count = 0;
  return { kind: "spoken", answer: () => ((count += 1) % 10 === 0 ? undefined : spoken) };
};

const apiFaults: PlaneId = { kind: "data", organization: "apifaults", name: "main" };

describe.skipIf(sharedKubeconfig === undefined)("an agent whose API server", () => {
  let bed: AgentBed;
  let witness: Witness;
  let round = 0;

  beforeAll(async () => {
    const { kinds, clusterKinds, ...rest } = defaultCeiling(apiFaults);
    const ceiling = {
      ...rest,
      kinds: [...kinds, "faults.gitplane.test/Widget"],
      clusterKinds: [...clusterKinds, "apiextensions.k8s.io/CustomResourceDefinition"],
    };
    bed = await openAgentBed({ organization: apiFaults.organization, ceiling });
    witness = await openWitness(bed);
    await publish();
    await bed.start();
    await untilApplied(bed);
  });
  afterAll(async () => bed[Symbol.asyncDispose]());

  /** One object changes, one comes and one goes with each. */
  async function publish(): Promise<string> {
    round += 1;
    const kept = ["kept", "kept-too"].map((name) => configMap(bed, name));
    const web = [...kept, configMap(bed, "changing", String(round)), configMap(bed, `only-${round}`)];
    return bed.feed.publish({ ...cellOf(bed), [webPath]: web });
  }

  async function expectConverged(): Promise<void> {
    await untilApplied(bed);
    expect(await valueOf(bed, "changing")).toBe(String(round));
    await untilValue(bed, `only-${round}`, "1");
    await untilValue(bed, `only-${round - 1}`, undefined);
    const gone = Array.from({ length: round - 1 }, (_, index) => `only-${index + 1}`);
    await witness.expectDeleted(gone);
  }

  const faults: readonly (readonly [name: string, fault: () => ApiFault, atLeast: number])[] = [
    ["refuses connections", () => ({ kind: "refused" }), 0],
    ["breaks off its answers", () => ({ kind: "cut" }), 3],
    ["says nothing", () => ({ kind: "silent" }), 1],
    ["takes half a second for each answer", () => ({ kind: "slow", ms: 500 }), 1],
    ["answers 429 and when to come again", () => inBursts(refusals[429]), 3],
    ["answers 500", () => inBursts(refusals[500]), 1],
    ["answers 503", () => inBursts(refusals[503]), 3],
  ];

  test.for(faults)("C59 %s is outlived and not stormed", async ([, fault, atLeast]) => {
    const pid = bed.processes.pids.get("agent");
    await bed.api.set(fault());
    await publish();
    await sleep(3000);
    const asked = bed.api.asked().length;
    // Three seconds of a storm would be thousands.
    expect(asked).toBeLessThan(120);
    expect(asked).toBeGreaterThanOrEqual(atLeast);
    await bed.api.set(undefined);
    await expectConverged();
    expect(bed.processes.pids.get("agent")).toBe(pid);
  });

  test.for([
    ["at once", "kept", expired],
    ["within its stream", "kept-too", expiredEvent],
  ] as const)("C59 answers each watch 410 %s is listed anew, ever more slowly", async ([, keeper, spoken]) => {
    await bed.api.set({ kind: "refused" });
    await bed.api.set({ kind: "spoken", answer: (asked) => (isWatch(asked) ? spoken : undefined) });
    await publish();
    await sleep(5000);
    const asked = bed.api.asked();
    expect(asked.filter(isWatch).length).toBeGreaterThan(0);
    // Two kinds, each watched and listed at growing distances.
    expect(asked.length).toBeLessThan(60);
    await expectConverged();
    await bed.api.set({ kind: "refused" });
    await bed.api.set(undefined);
    await bed.cluster.request({
      method: "PATCH",
      path: `/api/v1/namespaces/${bed.namespace}/configmaps/${keeper}`,
      contentType: "application/merge-patch+json",
      body: { data: { value: "theirs" } },
    });
    // The watch sees again: what somebody changes is put right.
    await untilValue(bed, keeper, "1");
  });

  test("C59 forgets the continuation of a list loses nothing and prunes nothing", async () => {
    await bed.processes.kill("agent");
    let continued = 0;
    bed.api.rewrite((url) => url.replace(/limit=\d+/, "limit=1"));
    await bed.api.set({
      kind: "spoken",
      answer: ({ url }) => (url.includes("continue=") && (continued += 1) <= 12 ? expired : undefined),
    });
    await publish();
    await bed.processes.startAgain("agent");
    await expectConverged();
    expect(continued).toBeGreaterThan(2);
    await bed.api.set(undefined);
    bed.api.rewrite(undefined);
    await bed.cluster.remove(`/api/v1/namespaces/${bed.namespace}/configmaps/kept`);
    await untilValue(bed, "kept", "1");
  });

  test("C11 serves one group from a server that is down: nothing of it is pruned, and all else goes on", async () => {
    const group = "faults.gitplane.test";
    const widget = (name: string) => ({
      apiVersion: `${group}/v1`,
      kind: "Widget",
      metadata: { name, namespace: bed.namespace },
    });
    const definition = {
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
      metadata: { name: `widgets.${group}` },
      spec: {
        group,
        scope: "Namespaced",
        names: { kind: "Widget", plural: "widgets" },
        versions: [{ name: "v1", served: true, storage: true, schema: { openAPIV3Schema: { type: "object" } } }],
      },
    };
    await using cleaning = new AsyncDisposableStack();
    cleaning.defer(
      async () =>
        void (await bed.cluster.remove(`/apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.${group}`)),
    );
    const web = (value: string) => ({
      [webPath]: [configMap(bed, "kept", value), configMap(bed, "kept-too"), configMap(bed, `only-${round}`)],
    });
    const platform = { ...cellOf(bed), "platform/widgets.yaml": [definition] };
    await bed.feed.publish({ ...platform, ...web("1"), [apiPath]: [widget("one"), widget("two")] });
    await untilApplied(bed);
    const before = await witness.deleted();

    // The group's server is one that is not there, as when its pods are gone.
    const service = `/apis/apiregistration.k8s.io/v1/apiservices/v1.${group}`;
    await bed.cluster.request({
      method: "PATCH",
      path: service,
      contentType: "application/merge-patch+json",
      body: {
        metadata: { labels: { "kube-aggregator.kubernetes.io/automanaged": null } },
        spec: { service: { namespace: "default", name: "nowhere", port: 443 }, insecureSkipTLSVerify: true },
      },
    });
    await bed.processes.startAgain("agent");
    await bed.feed.publish({ ...platform, ...web("2"), [apiPath]: [widget("one")] });
    await untilValue(bed, "kept", "2");
    await untilSaid(bed, /is stale: its API server is down|503/);
    await witness.expectDeleted(before);

    await bed.cluster.remove(service);
    await untilApplied(bed);
    const path = `/apis/${group}/v1/namespaces/${bed.namespace}/widgets`;
    const left = (await bed.cluster.get(path)) as { readonly items: readonly { metadata: { name: string } }[] };
    expect(left.items.map(({ metadata }) => metadata.name)).toEqual(["one"]);
    await witness.expectDeleted([...before, "two"].toSorted());
  });
});
