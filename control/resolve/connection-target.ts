/** A connection's target that is another component: where it is, what it is called there, and whether it may be seen. */
import { bindingKinds, claimKinds, claims, type ResourceOf } from "../../schemas/kinds.ts";
import { connectionHost } from "../../schemas/names.ts";
import type { Problem } from "../../schemas/problem.ts";
import type { ConnectionTarget } from "../../schemas/connection.ts";
import type { RoutedLevel } from "../../schemas/service.ts";
import type { Endpoint } from "../../schemas/workload.ts";
import { type Binding, type BindingKey, bindingPath } from "../deploy/binding.ts";
import type { UndecidedReleases } from "../deploy/undecided.ts";
import type { SpecDocument } from "../load/parse.ts";
import { at } from "../load/traced.ts";
import { placeOr } from "../load/tree-reader.ts";
import { relatedTo } from "../problems/related.ts";
import { suggestEndpoint } from "../validate/check-binding.ts";
import type { Lookup } from "../validate/lookup.ts";
import { fieldPlace } from "../validate/specs-index.ts";
import { suggestName } from "../validate/suggest-name.ts";
import { locateCell } from "./cell.ts";
import { isWithin } from "./check-cell.ts";
import type { DataPlaneDocument } from "./gateways.ts";
import type { Reached, TargetValues } from "./link.ts";
import { visibilityOf } from "./visibility.ts";

type ProjectDocument = SpecDocument<ResourceOf<"Project">>;
export type ComponentTarget = Extract<ConnectionTarget, { type: "api" }>;
export type Failed = Pick<Problem, "code" | "message" | "remedy" | "related">;

/** What connections use of a Binding; equal as JSON while nothing that they use has changed. */
export type Target = {
  readonly isUndeployed: boolean;
  readonly endpoints: Readonly<Record<string, TargetEndpoint>>;
};

type TargetEndpoint = Pick<Endpoint, "type" | "port"> & {
  readonly basePath: string;
  /** Who sees it beside its own project. */
  readonly visibility: readonly RoutedLevel[];
};

export function targetOf(binding: Binding): Target {
  const { releaseState, workload } = binding;
  const endpoints = Object.entries(workload.endpoints).map(
    ([name, { type, port }]) =>
      [name, { type, port, basePath: basePathOf(binding, name), visibility: visibilityOf(binding, name) }] as const,
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

/** Who connects, and on which DataPlane, where one is known: a target is reached on the same plane. */
export type Caller = { readonly binding: BindingKey; readonly plane: DataPlaneDocument | undefined };

/** Undefined when the target has a Problem of its own. */
export function describeComponent(
  { projectName, componentName: component, endpoint: endpointName }: ComponentTarget,
  { binding: { organization, environment, ...binding }, plane }: Caller,
  { index, targets, bindings, undecided }: Targets,
): Reached | Failed | undefined {
  const project = projectName ?? binding.project;
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
  if (project !== binding.project && endpoint.visibility.length === 0)
    return invisible(key, endpointName, bindings.get(bindingPath(key)));
  // A project's own regions are a Problem of the caller already.
  const home = project === binding.project ? undefined : index.find("Project", organization, project);
  if (home !== undefined && plane !== undefined && !isWithin(home.resource, plane.resource))
    return elsewhere(key, plane, home);
  const place = locateCell(key, index);
  if (place === undefined) return undefined;
  const { namespace } = place;
  const protocol = endpoint.type === "UDP" ? "UDP" : "TCP";
  return {
    values: targetValues(connectionHost(component, namespace), endpoint),
    link: { kind: "component", target: key, namespace, port: endpoint.port, protocol },
  };
}

/** The target's Project keeps it off the plane: it may run on the environment's others, which are out of reach. */
function elsewhere({ component, environment }: BindingKey, plane: DataPlaneDocument, home: ProjectDocument): Failed {
  const { name } = home.resource.metadata;
  const place = fieldPlace(home, "spec", "regions");
  return {
    code: "unknown-target",
    message: `component ${component} of project ${name} is not deployed to ${environment} on DataPlane ${plane.resource.metadata.name}, which is outside the regions of its project`,
    remedy: "place both in the same regions, or mend the regions of one of the Projects",
    ...relatedTo([{ place, message: `the regions of project ${name} stand here` }]),
  };
}

function invisible({ component, project }: BindingKey, endpoint: string, target: Binding | undefined): Failed {
  const api = at(target?.apisTree, endpoint);
  const place = target && placeOr(api, target.place);
  const said =
    api === undefined ? `${component} has no API ${endpoint}` : `API ${endpoint} of ${component} stands here`;
  return {
    code: "invisible-target",
    message: `endpoint ${endpoint} of ${component} is visible to its project ${project} only`,
    remedy: `ask for Organization among the exposeLevels of its API ${endpoint}, or connect within the project`,
    ...(place && relatedTo([{ place, message: said }])),
  };
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
function targetValues(host: string, endpoint: TargetEndpoint): TargetValues {
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
      return isTlsPort(endpoint.port) ? "https" : "http";
  }
}

/** Where HTTP is taken for HTTPS, as upstream does. */
export function isTlsPort(port: number): boolean {
  return port === 443 || port === 8443;
}
