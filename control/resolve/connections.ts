/**
 * Connections to environment variables, from names alone: the host of a target is a function of its identity, so one pass
 * resolves any chain of them, also across projects. A target that is not there is a Problem of the Binding that needs it.
 */
import { compareText } from "../../schemas/compare.ts";
import { bindingKinds, claimKinds, claims } from "../../schemas/kinds.ts";
import { cellNamespace, connectionHost } from "../../schemas/names.ts";
import type { Place, Problem } from "../../schemas/problem.ts";
import type { Connection, Endpoint } from "../../schemas/workload.ts";
import { type Binding, type BindingKey, bindingPath } from "../deploy/binding.ts";
import { nearestName } from "../problems/nearest.ts";
import { relatedTo } from "../problems/related.ts";
import { suggestEndpoint } from "../validate/check-binding.ts";
import type { Lookup } from "../validate/lookup.ts";
import { suggestName } from "../validate/suggest-name.ts";
import { at, type Origin, type Traced } from "../load/traced.ts";
import { placeOr } from "../load/tree-reader.ts";
import type { UndecidedReleases } from "../deploy/undecided.ts";

export type Variable = {
  readonly name: string;
  readonly value: string;
  readonly nameOrigin: Origin;
  readonly origin: Origin;
};
type Failed = Pick<Problem, "code" | "message" | "remedy" | "related">;

/** What connections use of a Binding; equal as JSON while nothing that they use has changed. */
export type Target = {
  readonly isUndeployed: boolean;
  readonly endpoints: Readonly<Record<string, Pick<Endpoint, "type" | "port"> & { readonly basePath: string }>>;
};

export function targetOf(binding: Binding): Target {
  const { releaseState, workload } = binding;
  const endpoints = Object.entries(workload.endpoints).map(
    ([name, { type, port }]) => [name, { type, port, basePath: basePathOf(binding, name) }] as const,
  );
  return { isUndeployed: releaseState === "Undeploy", endpoints: Object.fromEntries(endpoints) };
}

export type Targets = {
  readonly index: Lookup;
  /** Of every Binding by bindingPath. */
  readonly targets: Pick<ReadonlyMap<string, Target>, "get">;
  /** The same Bindings whole, for what is said of one that cannot be a target. */
  readonly bindings: Pick<ReadonlyMap<string, Binding>, "get">;
  readonly undecided: Pick<UndecidedReleases, "reasonFor">;
};

export type Connections = {
  /** In order of connection name, then as listed. */
  readonly variables: readonly Variable[];
  readonly problems: readonly Problem[];
  /** A target has a Problem of its own: nothing is wrong here, and nothing can be said. */
  readonly isBlocked: boolean;
};

export function resolveConnections(binding: Binding, targets: Targets): Connections {
  const variables: Variable[] = [];
  const problems: Problem[] = [];
  let isBlocked = false;
  for (const [name, connection] of Object.entries(binding.workload.connections).toSorted(([a], [b]) =>
    compareText(a, b),
  )) {
    const tree = at(binding.workloadTree, "connections", name);
    problems.push(...checkTemplates(connection, tree, binding.place));
    const values = describeTarget(binding, connection, targets);
    isBlocked ||= values === undefined;
    if (values === undefined) continue;
    if ("code" in values) {
      problems.push({ ...values, severity: "error", place: placeOr(at(tree, "params"), binding.place) });
      continue;
    }
    for (const [position, entry] of connection.inject.env.entries()) {
      const node = at(tree, "inject", "env", position, "value");
      const origin = node?.origin ?? { kind: "rule", rule: "connection" };
      const nameOrigin = at(tree, "inject", "env", position, "name")?.origin ?? origin;
      variables.push({ name: entry.name, value: substitute(entry.value, values), nameOrigin, origin });
    }
  }
  return { variables, problems, isBlocked };
}

const targetValueNames = ["host", "port", "scheme", "basePath", "uri", "url"] as const;
type TargetValues = Readonly<Record<(typeof targetValueNames)[number], string>>;

/** Undefined when the target has a Problem of its own. */
function describeTarget(
  binding: Binding,
  { params }: Connection,
  { index, targets, bindings, undecided }: Targets,
): TargetValues | Failed | undefined {
  const { organization, environment } = binding;
  const { projectName: project = binding.project, componentName: component, endpoint: endpointName } = params;
  const key: BindingKey = { organization, project, component, environment };
  const target = targets.get(bindingPath(key));
  if (target === undefined) {
    const isKnown = index.find("Component", organization, project, component) !== undefined;
    const isSpoiled = ["Component", ...bindingKinds].some((kind) =>
      index.spoils.couldBe(organization, kind, component),
    );
    if (isSpoiled || (isKnown && undecided.reasonFor(key) !== undefined)) return undefined;
  }
  if (target === undefined || target.isUndeployed) {
    const message = `component ${component} of project ${project} is not deployed to ${environment}`;
    return { code: "unknown-target", message, ...suggestTarget(key, bindings.get(bindingPath(key)), index) };
  }
  const endpoint = Object.hasOwn(target.endpoints, endpointName) ? target.endpoints[endpointName] : undefined;
  if (endpoint === undefined) {
    const message = `component ${component} has no endpoint ${endpointName}`;
    const remedy = "name one of its endpoints";
    const whole = bindings.get(bindingPath(key));
    return { code: "unknown-endpoint", message, remedy, ...(whole && suggestEndpoint(whole, endpointName, remedy)) };
  }
  return targetValues(connectionHost(component, cellNamespace(key)), endpoint);
}

/** The name may be misspelt; where it is right, the Component or its Binding says why nothing is there. */
function suggestTarget(
  key: BindingKey,
  target: Binding | undefined,
  index: Lookup,
): Pick<Problem, "remedy" | "related"> {
  const { organization, project, component, environment } = key;
  const remedy = "deploy it there, or mend the names";
  if (target !== undefined) {
    const message = `the Binding takes it away from ${environment}`;
    return { remedy, ...relatedTo([{ place: placeOr(target.releaseStateTree, target.place), message }]) };
  }
  const known = index.find("Component", organization, project, component);
  if (known !== undefined) {
    const claimKind = claimKinds.find((kind) => kind === known.resource.spec.type);
    const written = claimKind === undefined ? "Binding" : claims[claimKind].bindingKind;
    return {
      remedy: `write a ${written} of ${component} with environment: ${environment}, or mend the names`,
      ...relatedTo([{ place: known.place, message: `Component ${component} stands here` }]),
    };
  }
  const ofComponent = suggestName(index, { kind: "Component", parts: [organization, project, component], remedy });
  if (
    index.find("Project", organization, project) !== undefined ||
    index.spoils.couldBe(organization, "Project", project)
  )
    return { remedy: ofComponent.remedy, ...relatedTo(ofComponent.related) };
  const ofProject = suggestName(index, { kind: "Project", parts: [organization, project], remedy });
  return { remedy: ofProject.remedy, ...relatedTo([...ofProject.related, ...ofComponent.related]) };
}

function basePathOf(target: Binding, endpoint: string): string {
  const api = Object.hasOwn(target.apis, endpoint) ? target.apis[endpoint] : undefined;
  const basePath = api?.rest?.backend.basePath ?? "";
  return basePath === "" || basePath.startsWith("/") ? basePath : `/${basePath}`;
}

/** Schemes as upstream gives them: by type, TLS on the usual ports, none where there is no URL of the kind. */
function targetValues(host: string, endpoint: Target["endpoints"][string]): TargetValues {
  const { basePath } = endpoint;
  const port = String(endpoint.port);
  const scheme = schemeOf(endpoint);
  const uri = scheme === "" ? `${host}:${port}` : `${scheme}://${host}:${port}${basePath}`;
  return { host, port, scheme, basePath, uri, url: uri };
}

function schemeOf(endpoint: Pick<Endpoint, "type" | "port">): string {
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

/** Whatever the target is: so a mistake in a template does not wait until the target is mended. */
function checkTemplates({ inject }: Connection, tree: Traced | undefined, fallback: Place): readonly Problem[] {
  return inject.env.flatMap((entry, position): readonly Problem[] => {
    const unknown = templateParts(entry.value).filter(({ name }) => name === undefined);
    if (unknown.length === 0) return [];
    const near = unknown
      .map(({ word }) => nearestName(word.slice(1), targetValueNames))
      .find((one) => one !== undefined);
    return [
      {
        code: "invalid-template",
        severity: "error",
        message: `${unknown
          .slice(0, 3)
          .map(({ shown }) => shown)
          .join(" ")} is not known here`,
        place: placeOr(at(tree, "inject", "env", position, "value"), fallback),
        remedy:
          near === undefined
            ? "use {{ .host }}, {{ .port }}, {{ .scheme }}, {{ .basePath }}, {{ .uri }} or {{ .url }}"
            : `did you mean {{ .${near} }}?`,
      },
    ];
  });
}

/** Replaces each `{{ .name }}`; nothing else stands between braces where there is no Problem. */
function substitute(template: string, values: TargetValues): string {
  const [start = ""] = template.split("{{");
  const parts = templateParts(template).map(({ name, after }) => `${name === undefined ? "" : values[name]}${after}`);
  return [start, ...parts].join("");
}

type TemplatePart = {
  /** What stands between the braces, and as which value it is known. */
  readonly word: string;
  readonly name: keyof TargetValues | undefined;
  /** The braces as written, cut short. */
  readonly shown: string;
  readonly after: string;
};

/** By opening braces. Anything but `{{ .name }}` would be a program, which upstream runs and we refuse. */
function templateParts(template: string): readonly TemplatePart[] {
  const [, ...rest] = template.split("{{");
  return rest.map((part) => {
    const end = part.indexOf("}}");
    const word = part.slice(0, Math.max(end, 0)).trim();
    const name = word.slice(1);
    const shown = `{{${part.slice(0, end < 0 ? 20 : Math.min(end + 2, 40))}`;
    return {
      word,
      name: word.startsWith(".") && isTargetValue(name) ? name : undefined,
      shown,
      after: part.slice(end + 2),
    };
  });
}

function isTargetValue(name: string): name is keyof TargetValues {
  return targetValueNames.some((known) => known === name);
}
