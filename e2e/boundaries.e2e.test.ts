/**
 * What the rendered network policies come to, by Cilium's own policy engine: every pair of components, gateways, name
 * servers, the outside, and what only looks like one of them, at every port, held against a table of who may reach whom; also
 * between the environments of one organization, and in a namespace that others use too.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { KubernetesObject } from "../schemas/object-id.ts";
import { buildJudge, type Flow, judgePolicies, type Question } from "./cilium/judge-policies.ts";
import { tenantSpecs } from "./cilium/tenant-specs.ts";
import { allClosed, nameOf, ports, type Tenancy, tenantEndpoints, tenants, wantedVerdict } from "./cilium/tenants.ts";
import { findTestSource } from "./clusters/test-source.ts";
import { renderFolders } from "./platform/render-folders.ts";

const source = await findTestSource("what network policies let through");
const signal = AbortSignal.timeout(1_800_000);

describe.skipIf(source.kind !== "built")("Cilium's policy engine", { timeout: 300_000 }, () => {
  let judge: string;
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "gitplane-boundaries-"));
    const onProgress = (line: string): boolean => process.stderr.write(`${line}\n`);
    judge = await buildJudge({ environment: process.env, signal, onProgress });
  }, 1_800_000);
  afterAll(async () => rm(folder, { recursive: true, force: true }));

  /** The policies of every Release that the platform renders to. */
  async function renderPolicies(tenancy: Tenancy): Promise<readonly KubernetesObject[]> {
    const specs = await mkdtemp(join(folder, "specs-"));
    const output = await mkdtemp(join(folder, "rendered-"));
    await writeFile(join(specs, "platform.yaml"), tenantSpecs(tenancy));
    const { objects, complaints } = await renderFolders([specs], output);
    expect(complaints).toContain("; 0 errors, ");
    return objects.filter(({ kind }) => kind.endsWith("NetworkPolicy"));
  }

  function questionOf(policies: readonly KubernetesObject[], tenancy: Tenancy): Question {
    const endpoints = tenantEndpoints(tenancy);
    const names = endpoints.map(({ name }) => name);
    const flows = names.flatMap((from) => names.flatMap((to) => ports.map((port): Flow => ({ from, to, ...port }))));
    return { endpoints, policies, flows };
  }

  /** Flows of which Cilium says something else than the table, as `from → to port: what it says`. */
  async function differences(policies: readonly KubernetesObject[], tenancy: Tenancy): Promise<readonly string[]> {
    const question = questionOf(policies, tenancy);
    const verdicts = await judgePolicies(judge, question, signal);
    expect(verdicts).toHaveLength(question.flows.length);
    return question.flows.flatMap((flow, index) => {
      const found = verdicts[index];
      const wanted = wantedVerdict(flow, tenancy);
      if (found?.egress === wanted.egress && found.ingress === wanted.ingress) return [];
      return [`${flow.from} → ${flow.to} ${flow.port}/${flow.protocol}: ${JSON.stringify(found)}`];
    });
  }

  const openness: readonly { readonly what: string; readonly open: Tenancy["open"] }[] = [
    { what: "closed", open: allClosed },
    {
      what: "open within cells of one organization, and to the outside of the other",
      open: {
        acme: { withinCell: true, egress: false },
        globex: { withinCell: false, egress: true },
      },
    },
  ];
  const tenancies = (["Cilium", "Kubernetes"] as const).flatMap((networkPolicy) =>
    openness.map(({ what, open }) => ({ networkPolicy, what, open })),
  );

  test.for(tenancies)(
    "lets through exactly what connections and visibilities say, by policies of $networkPolicy, $what",
    async ({ networkPolicy, open }) => {
      const tenancy = { networkPolicy, open, hasProduction: true };
      expect(await differences(await renderPolicies(tenancy), tenancy)).toEqual([]);
    },
  );

  test.for(["Cilium", "Kubernetes"] as const)(
    "lets through to name servers and from gateways where the plane says that they are, by policies of %s",
    async (networkPolicy) => {
      const tenancy = { networkPolicy, open: allClosed, hasProduction: true, places: "stated" } as const;
      expect(await differences(await renderPolicies(tenancy), tenancy)).toEqual([]);
    },
  );

  test.for(["Cilium", "Kubernetes"] as const)("sees each rule of %s that is taken away", async (networkPolicy) => {
    const tenancy = { networkPolicy, open: allClosed, hasProduction: false };
    const policies = await renderPolicies(tenancy);
    const unseen: string[] = [];
    const turns = policies.values();
    const lookOnByOne = async (): Promise<void> => {
      for (const dropped of turns) {
        const left = policies.filter((policy) => policy !== dropped);
        if ((await differences(left, tenancy)).length === 0) unseen.push(dropped.metadata.name);
      }
    };
    await Promise.all([lookOnByOne(), lookOnByOne()]);
    expect(unseen).toEqual([]);
    expect(policies.length).toBeGreaterThan(tenants(tenancy).length);
  });

  test("tells what a connection to a host by its name needs: that the answers to its questions are read", async () => {
    const policies = await renderPolicies({ networkPolicy: "Cilium", open: allClosed, hasProduction: false });
    const named = policies.filter((policy) => JSON.stringify(policy).includes('"toFQDNs"'));
    expect(named.map(({ metadata }) => metadata.name)).toEqual(["cart"]);
    expect(named.map((policy) => (policy["spec"] as { egress: readonly unknown[] }).egress)).toEqual([
      expect.arrayContaining([
        expect.objectContaining({ toFQDNs: [{ matchName: "api.example" }] }),
        expect.objectContaining({
          toPorts: [expect.objectContaining({ rules: { dns: [{ matchPattern: "*" }] } })],
        }),
      ]),
    ]);
  });

  test("refuses what it cannot judge", async () => {
    const tenancy = { networkPolicy: "Cilium", open: allClosed, hasProduction: false } as const;
    const question = questionOf([], tenancy);
    const [first] = tenants(tenancy);
    const flow: Flow = { from: first === undefined ? "" : nameOf(first), to: "nobody", protocol: "TCP", port: 1 };
    const metadata = { name: "wrong", namespace: "a" };
    const misspelt = {
      apiVersion: "cilium.io/v2",
      kind: "CiliumNetworkPolicy",
      metadata,
      spec: { endpointSelector: {}, egres: [] },
    };
    const ask = async (change: Partial<Question>) =>
      judgePolicies(judge, { ...question, flows: [], ...change }, signal);
    await expect(ask({ flows: [flow] })).rejects.toThrow("unknown endpoints");
    await expect(ask({ policies: [misspelt] })).rejects.toThrow("egres");
    await expect(ask({ policies: [{ ...misspelt, kind: "Service" }] })).rejects.toThrow("not judged");
  });
});
