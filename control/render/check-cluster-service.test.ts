import { expect, test } from "vitest";
import { trace } from "../load/traced.ts";
import { service } from "../specs-fixture.contract.ts";
import { checkClusterService } from "./check-cluster-service.ts";
import { errorsOf, platformWith, renderService } from "./rendered-service.contract.ts";

const origin = { kind: "field", file: "class.yaml", line: 1, column: 1 } as const;
const not = (field: string): string => `a Service of type ClusterIP has no ${field}`;
const oneFamily = (field: string): string =>
  `${field} are of two families, and with ipFamilyPolicy SingleStack, as when it is left out, there is one`;
const open = {
  ports: [{ port: 80 }, { port: 81, nodePort: 30_080 }],
  allocateLoadBalancerNodePorts: false,
  externalTrafficPolicy: "Local",
  healthCheckNodePort: 30_081,
  loadBalancerClass: "a",
  loadBalancerSourceRanges: ["10.0.0.0/8"],
};

test.for([
  {
    what: "what is of a Service that is open outside",
    spec: open,
    yields: [
      not("allocateLoadBalancerNodePorts"),
      not("externalTrafficPolicy"),
      not("healthCheckNodePort"),
      not("loadBalancerClass"),
      not("loadBalancerSourceRanges"),
      not("nodePort"),
    ],
  },
  { what: "the same of a Service that is", spec: { ...open, type: "LoadBalancer" }, yields: [] },
  {
    what: "what says nothing",
    spec: {
      type: "ClusterIP",
      ports: [
        { port: 80, nodePort: 0 },
        { port: 81, nodePort: null },
      ],
      externalTrafficPolicy: null,
      healthCheckNodePort: 0,
      loadBalancerSourceRanges: [],
    },
    yields: [],
  },
  { what: "two families of one", spec: { ipFamilies: ["IPv4", "IPv6"] }, yields: [oneFamily("ipFamilies")] },
  {
    what: "two addresses of one family",
    spec: { ipFamilyPolicy: "SingleStack", clusterIP: "10.0.0.1", clusterIPs: ["10.0.0.1", "2001:db8::1"] },
    yields: [oneFamily("clusterIPs")],
  },
  {
    what: "two families of two",
    spec: { ipFamilyPolicy: "PreferDualStack", ipFamilies: ["IPv4", "IPv6"] },
    yields: [],
  },
  {
    what: "addresses without an address",
    spec: { clusterIPs: ["None"] },
    yields: ["the first of clusterIPs is None, and there is no clusterIP"],
  },
  {
    what: "another address first",
    spec: { clusterIP: "None", clusterIPs: ["10.0.0.1"] },
    yields: ["the first of clusterIPs is 10.0.0.1, and clusterIP is None"],
  },
  { what: "the address first", spec: { clusterIP: "None", clusterIPs: ["None"] }, yields: [] },
])("$what", ({ spec, yields }) => {
  expect(checkClusterService(trace(spec, origin)).map(({ message }) => message)).toEqual(yields);
});

test("a class whose Service contradicts itself is refused at its line", async () => {
  const platform = platformWith("ServiceClass", "  serviceTemplate: {externalTrafficPolicy: Local}");
  expect(errorsOf(await renderService(platform, ...service("cart")))).toEqual([
    `invalid-template ${not("externalTrafficPolicy")}`,
  ]);
});
