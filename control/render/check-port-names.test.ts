import { expect, test } from "vitest";
import { doc, endpointOf, renderTexts, service, surroundings } from "../specs-fixture.contract.ts";

/** `line code message; remedy` for a class of these fields with a Workload that listens on 8080 laid over it. */
async function problemsOf(...fields: readonly string[]): Promise<readonly string[]> {
  const platform = surroundings.map((text) =>
    text.includes("kind: ServiceClass") ? doc("ServiceClass", "default", fields.join("\n")) : text,
  );
  const { problems, releases } = await renderTexts(
    ...platform,
    ...service("cart", { workload: endpointOf("api", "HTTP", 8080) }),
  );
  expect(releases.length === 0).toBe(problems.length > 0);
  const start = platform.slice(0, 5).join("---\n").split("\n").length + 6;
  return problems.map(({ code, message, remedy, place }) => `${place.line - start} ${code} ${message}; ${remedy}`);
}

const pod = (text: string): string => `  deploymentTemplate: {template: {spec: ${text}}}`;
const main = (text: string): string => pod(`{containers: [{name: main, ${text}}]}`);

test.for([
  {
    what: "a probe of an endpoint's port",
    fields: [main("livenessProbe: {httpGet: {port: ep-8080-tcp}}")],
    yields: [],
  },
  {
    what: "a probe of the class's port",
    fields: [main("ports: [{name: web, containerPort: 8080}], startupProbe: {tcpSocket: {port: web}}")],
    yields: [],
  },
  {
    what: "a probe and a hook of ports that are not there",
    fields: [
      main("readinessProbe: {httpGet: {port: ep-8080-tpc}}"),
      "",
      "  serviceTemplate: {ports: [{name: x, port: 80, targetPort: ep-8080-tcp}]}",
    ],
    yields: [
      "0 invalid-template container main has no port ep-8080-tpc for its readinessProbe; did you mean ep-8080-tcp?",
    ],
  },
  {
    what: "a hook of another container's port",
    fields: [
      pod("{containers: [{name: main}, {name: side, image: x, lifecycle: {preStop: {httpGet: {port: ep-8080-tcp}}}}]}"),
    ],
    yields: [
      "0 invalid-template container side has no port ep-8080-tcp for its preStop; name one that is there (there is none), or write a number",
    ],
  },
  {
    what: "a Service's port of a container",
    fields: ["  serviceTemplate: {ports: [{name: x, port: 80, targetPort: ep-8080-tcp}]}"],
    yields: [],
  },
  {
    what: "a Service's port of none, and one of another protocol",
    fields: [
      "  serviceTemplate:",
      "    ports:",
      "      - {name: x, port: 80, targetPort: nope}",
      "      - {name: y, port: 81, targetPort: ep-8080-tcp, protocol: UDP}",
    ],
    yields: [
      "2 invalid-template no container has a port nope of TCP, where the Service would send to; name one that is there (ep-8080-tcp), or write a number",
      "3 invalid-template no container has a port ep-8080-tcp of UDP, where the Service would send to; name one that is there (there is none), or write a number",
    ],
  },
])("$what", async ({ fields, yields }) => {
  expect(await problemsOf(...fields)).toEqual(yields);
});
