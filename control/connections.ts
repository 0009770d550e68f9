/**
 * Connections to environment variables, from names alone: the host of a target is a function of its identity, so one pass
 * resolves any chain of them, also across projects. A target that is not there is a Problem of the Binding that needs it.
 */
import { compareText } from "../schemas/compare.ts";
import { cellNamespace, connectionHost } from "../schemas/names.ts";
import type { Place, Problem, ProblemCode } from "../schemas/problem.ts";
import type { Connection, Endpoint } from "../schemas/workload.ts";
import { type Binding, bindingPath } from "./deploy.ts";
import { at, type Origin, type Traced } from "./traced.ts";
import { placeOf } from "./tree-reader.ts";

export type Variable = { readonly name: string; readonly value: string; readonly origin: Origin };
type Failed = { readonly code: ProblemCode; readonly message: string; readonly remedy: string };

/** Variables in order of connection name, then as listed. */
export function resolveConnections(
  binding: Binding,
  bindings: ReadonlyMap<string, Binding>,
): { readonly variables: readonly Variable[]; readonly problems: readonly Problem[] } {
  const variables: Variable[] = [];
  const problems: Problem[] = [];
  for (const [name, connection] of Object.entries(binding.workload.connections).toSorted(([a], [b]) =>
    compareText(a, b),
  )) {
    const tree = at(binding.workloadTree, "connections", name);
    const values = describeTarget(binding, connection, bindings);
    if ("code" in values) {
      problems.push({ ...values, severity: "error", place: placeIn(at(tree, "params"), binding.place) });
      continue;
    }
    for (const [position, entry] of connection.inject.env.entries()) {
      const node = at(tree, "inject", "env", position, "value");
      const value = substitute(entry.value, values);
      if (typeof value === "string")
        variables.push({ name: entry.name, value, origin: node?.origin ?? { kind: "rule", rule: "connection" } });
      else problems.push({ ...value, severity: "error", place: placeIn(node, binding.place) });
    }
  }
  return { variables, problems };
}

function placeIn(tree: Traced | undefined, fallback: Place): Place {
  return tree === undefined ? fallback : placeOf(tree.origin, fallback.file);
}

type TargetValues = Readonly<Record<"host" | "port" | "scheme" | "basePath" | "uri" | "url", string>>;

function describeTarget(
  binding: Binding,
  connection: Connection,
  bindings: ReadonlyMap<string, Binding>,
): TargetValues | Failed {
  const {
    projectName: project = binding.project,
    componentName: component,
    endpoint: endpointName,
  } = connection.params;
  const { organization, environment } = binding;
  const target = bindings.get(bindingPath({ organization, project, component, environment }));
  if (target === undefined || target.releaseState === "Undeploy") {
    const message = `component ${component} of project ${project} is not deployed to ${environment}`;
    return { code: "unknown-target", message, remedy: "deploy it there, or mend the names" };
  }
  const endpoint = Object.hasOwn(target.workload.endpoints, endpointName)
    ? target.workload.endpoints[endpointName]
    : undefined;
  if (endpoint === undefined) {
    const known = Object.keys(target.workload.endpoints).toSorted(compareText).join(", ") || "none";
    return {
      code: "unknown-endpoint",
      message: `component ${component} has no endpoint ${endpointName}`,
      remedy: `name one of its endpoints: ${known}`,
    };
  }
  return targetValues(
    connectionHost(component, cellNamespace({ organization, project, environment })),
    endpoint,
    basePathOf(target, endpointName),
  );
}

function basePathOf(target: Binding, endpoint: string): string {
  const api = Object.hasOwn(target.apis, endpoint) ? target.apis[endpoint] : undefined;
  const basePath = api?.rest?.backend.basePath ?? "";
  return basePath === "" || basePath.startsWith("/") ? basePath : `/${basePath}`;
}

/** Schemes as upstream gives them: by type, TLS on the usual ports, none where there is no URL of the kind. */
function targetValues(host: string, endpoint: Endpoint, basePath: string): TargetValues {
  const port = String(endpoint.port);
  const scheme = schemeOf(endpoint);
  const uri = scheme === "" ? `${host}:${port}` : `${scheme}://${host}:${port}${basePath}`;
  return { host, port, scheme, basePath, uri, url: uri };
}

function schemeOf(endpoint: Endpoint): string {
  switch (endpoint.type) {
    case "gRPC":
      return "grpc";
    case "Websocket":
      return "ws";
    case "TCP":
    case "UDP":
      return "";
    case "HTTP":
    case "REST":
    case "GraphQL":
      return endpoint.port === 443 || endpoint.port === 8443 ? "https" : "http";
  }
}

/** Replaces `{{ .name }}`. Anything else between braces would be a program, which upstream runs and we refuse. */
function substitute(template: string, values: TargetValues): string | Failed {
  const unknown: string[] = [];
  const text = template.replace(/\{\{(.*?)\}\}/gs, (whole, inner: string) => {
    const name = inner.trim().replace(/^\./, "");
    if (inner.trim().startsWith(".") && isTargetValue(name)) return values[name];
    unknown.push(whole);
    return "";
  });
  if (unknown.length === 0) return text;
  return {
    code: "invalid-template",
    message: `${unknown.join(" ")} is not known here`,
    remedy: "use .host, .port, .scheme, .basePath, .uri or .url",
  };
}

function isTargetValue(name: string): name is keyof TargetValues {
  return ["host", "port", "scheme", "basePath", "uri", "url"].includes(name);
}
