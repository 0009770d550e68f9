import { expect, test } from "vitest";
import { trace } from "../load/traced.ts";
import { endpointOf, service } from "../specs-fixture.contract.ts";
import { checkService } from "./check-service.ts";
import { errorsOf, platformWith, renderService } from "./rendered-service.contract.ts";

const origin = { kind: "field", file: "class.yaml", line: 1, column: 1 } as const;
const open = (type: string): string =>
  `a Service of type ${type} is open outside the cluster, and its cell lets nothing in from there`;

test.for([
  { what: "nothing", spec: {}, yields: [] },
  {
    what: "what stays in the cluster",
    spec: { type: "ClusterIP", clusterIP: "None", externalIPs: [], externalName: "", loadBalancerIP: null },
    yields: [],
  },
  {
    what: "addresses of others",
    spec: { externalIPs: ["10.96.0.10", "192.0.2.1"] },
    yields: [
      "with externalIPs a Service catches what the cluster sends to 10.96.0.10",
      "with externalIPs a Service catches what the cluster sends to 192.0.2.1",
    ],
  },
  {
    what: "the name of another host",
    spec: { type: "ExternalName", externalName: "db.other.svc" },
    yields: ["externalName is an address of its own choosing", "a Service of type ExternalName leads out of its cell"],
  },
  {
    what: "a balancer's address",
    spec: { type: "LoadBalancer", loadBalancerIP: "192.0.2.1" },
    yields: ["loadBalancerIP is an address of its own choosing", open("LoadBalancer")],
  },
  { what: "a port of every node", spec: { type: "NodePort" }, yields: [open("NodePort")] },
])("$what", ({ spec, yields }) => {
  const problems = checkService(trace(spec, origin), "class.yaml");
  expect(problems.map(({ code, message }) => `${code} ${message}`)).toEqual(
    yields.map((message) => `unsafe-template ${message}`),
  );
});

test.for([
  { who: "nobody", documents: [] },
  { who: "a service that is reached there", documents: service("cart", { workload: endpointOf("api", "TCP", 80) }) },
  { who: "a service that nobody reaches", documents: service("cart") },
])("a class is refused at its line, once, with $who of it", async ({ documents }) => {
  const platform = platformWith("ServiceClass", "  serviceTemplate: {externalIPs: [10.96.0.10]}");
  const rendered = await renderService(platform, ...documents);
  expect(errorsOf(rendered)).toEqual([
    "unsafe-template with externalIPs a Service catches what the cluster sends to 10.96.0.10",
  ]);
  expect(rendered.objects).toEqual([]);
});
