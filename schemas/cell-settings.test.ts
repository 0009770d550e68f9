/** What of a cell's settings, and of connections to the outside, an API server or a policy would not take. */
import { expect, test } from "vitest";
import type { z } from "zod";
import { CellSettings, PlatformCellSettings } from "./cell-settings.ts";
import { Connection, connectionIn } from "./connection.ts";

/** `path: message` of each issue. */
function issuesOf(result: z.ZodSafeParseResult<unknown>) {
  return (result.error?.issues ?? []).map(({ path, message }) => `${path.join(".")}: ${message}`);
}

const spread = (topologyKey: string): object => ({ topologyKey, maxSkew: 1, whenUnsatisfiable: "ScheduleAnyway" });

test.for([
  {
    what: "everything",
    settings: { quota: { pods: "5", "requests.cpu": 0.5, "count/jobs.batch": 3 }, limits: [] },
    yields: [],
  },
  {
    what: "our label",
    settings: { labels: { "openchoreo.dev/project": "x" } },
    yields: ["labels.openchoreo.dev/project: must be left to the engine, which sets it itself"],
  },
  ...["enforce-version", "audit", "warn-version"].map((word) => ({
    what: `the label ${word} of pod security`,
    settings: { labels: { [`pod-security.kubernetes.io/${word}`]: "v1.0" } },
    yields: [`labels.pod-security.kubernetes.io/${word}: must be left to the DataPlane or Environment`],
  })),
  {
    what: "the label of pod security that is made of podSecurity",
    settings: { labels: { "pod-security.kubernetes.io/enforce": "privileged" } },
    yields: ["labels.pod-security.kubernetes.io/enforce: must be left to the engine, which sets it itself"],
  },
  {
    what: "the mark of what is short-lived",
    settings: { annotations: { "gitplane.dev/ephemeral": "true" } },
    yields: [],
  },
  {
    what: "half a pod",
    settings: { quota: { pods: 0.5 } },
    yields: ["quota.pods: must be a whole number, because it counts things"],
  },
  {
    what: "less than nothing",
    settings: { quota: { "requests.cpu": "-1" } },
    yields: ["quota.requests.cpu: must not be negative"],
  },
  {
    what: "a least above the most",
    settings: { limits: [{ type: "Pod", min: { cpu: 2 }, max: { cpu: "1500m" } }] },
    yields: ["limits.0.max.cpu: must not be less than min"],
  },
  {
    what: "defaults of a pod",
    settings: { limits: [{ type: "Pod", default: { cpu: 1 } }] },
    yields: ["limits.0.default: must be left out: only a Container has defaults, not a Pod"],
  },
  {
    what: "a claim without storage",
    settings: { limits: [{ type: "PersistentVolumeClaim" }] },
    yields: ["limits.0: must have max or min of storage"],
  },
  {
    what: "a ratio below one",
    settings: { limits: [{ type: "Container", maxLimitRequestRatio: { cpu: 0.5 } }] },
    yields: ["limits.0.maxLimitRequestRatio.cpu: must be at least 1"],
  },
  {
    what: "a Project that lists what connections may name",
    settings: { network: { allowedEgress: {} } },
    yields: ['network: Unrecognized key: "allowedEgress"'],
  },
  {
    what: "a value for what only exists",
    settings: { scheduling: { tolerations: [{ operator: "Exists", value: "a" }] } },
    yields: ["scheduling.tolerations.0.value: must have no value beside operator: Exists"],
  },
  {
    what: "pods spread twice over one thing",
    settings: { scheduling: { topologySpreadConstraints: [spread("zone"), { ...spread("zone"), maxSkew: 2 }] } },
    yields: ["scheduling.topologySpreadConstraints: must have each pair of topologyKey and whenUnsatisfiable once"],
  },
  {
    what: "pods spread over two things, and over one in two ways",
    settings: {
      scheduling: {
        topologySpreadConstraints: [
          spread("zone"),
          spread("node"),
          { ...spread("zone"), whenUnsatisfiable: "DoNotSchedule" },
        ],
      },
    },
    yields: [],
  },
])("judges $what", ({ settings, yields }) => {
  expect(issuesOf(CellSettings.safeParse(settings))).toEqual(yields);
});

test("the platform says by which version of a standard pods are judged, and the level with podSecurity only", () => {
  const said = ["enforce-version", "enforce"].map((word) =>
    issuesOf(PlatformCellSettings.safeParse({ labels: { [`pod-security.kubernetes.io/${word}`]: "v1.0" } })),
  );
  expect(said).toEqual([
    [],
    ["labels.pod-security.kubernetes.io/enforce: must be left to the engine, which sets it itself"],
  ]);
});

const inject = { env: [] };

test.for([
  { what: "a block and a port", params: { cidr: "10.0.0.0/8", port: 1 }, yields: [] },
  {
    what: "an address inside its block",
    params: { cidr: "10.0.0.1/8", port: 1 },
    yields: [
      "params.cidr: must be a block of addresses such as 10.1.0.0/16 or 192.0.2.7/32, starting at its first address",
    ],
  },
  {
    what: "an IPv6 address inside its block",
    params: { cidr: "2001:db8::1/32", port: 1 },
    yields: [
      "params.cidr: must be a block of addresses such as 10.1.0.0/16 or 192.0.2.7/32, starting at its first address",
    ],
  },
  {
    what: "two ways to say where",
    params: { host: "a.example", cidr: "10.0.0.0/8", port: 1 },
    yields: ["params.cidr: must not stand beside host: one of the two counts"],
  },
  { what: "no port", params: { host: "a.example" }, yields: ["params: must have port or ports"] },
])("judges a connection to the outside with $what", ({ params, yields }) => {
  expect(issuesOf(Connection.safeParse({ type: "external", params, inject }))).toEqual(yields);
});

test("an environment's parameters take the place of what says the same otherwise", () => {
  const environments = { dev: { host: "b.example" }, prod: { ports: [2, 3], protocol: "UDP" } };
  const connection = Connection.parse({
    type: "external",
    params: { cidr: "10.0.0.0/8", port: 1 },
    environments,
    inject,
  });
  expect(["dev", "prod", "test"].map((environment) => connectionIn(connection, environment))).toEqual([
    { type: "external", to: { host: "b.example" }, ports: [1], protocol: "TCP" },
    { type: "external", to: { cidr: "10.0.0.0/8" }, ports: [2, 3], protocol: "UDP" },
    { type: "external", to: { cidr: "10.0.0.0/8" }, ports: [1], protocol: "TCP" },
  ]);
});
