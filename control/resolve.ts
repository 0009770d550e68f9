/** A Binding with everything that its Release is made of, or the Problems that stand in the way. */
import type { ResourceOf } from "../schemas/kinds.ts";
import type { PlaneId } from "../schemas/layout.ts";
import type { Place, Problem } from "../schemas/problem.ts";
import type { WorkloadClassSpec } from "../schemas/service-class.ts";
import { classHash } from "./class-hash.ts";
import { resolveConnections, type Variable } from "./connections.ts";
import { type Binding, bindingPath } from "./deploy.ts";
import type { SpecDocument } from "./parse.ts";
import type { SpecsIndex } from "./specs-index.ts";
import { at, type Traced } from "./traced.ts";

export type Resolved = {
  readonly binding: Binding;
  readonly plane: PlaneId;
  readonly planeSpec: ResourceOf<"DataPlane">["spec"];
  readonly planeTree: Traced;
  readonly environment: ResourceOf<"Environment">["spec"];
  readonly environmentTree: Traced;
  readonly classTree: Traced;
  readonly variables: readonly Variable[];
};

export type Resolution = { readonly resolved: Resolved | undefined; readonly problems: readonly Problem[] };

export type Surroundings = {
  readonly index: SpecsIndex;
  /** Every Binding by bindingPath: the targets of connections. */
  readonly bindings: ReadonlyMap<string, Binding>;
  /** Frozen class documents by hash. */
  readonly frozen: ReadonlyMap<string, SpecDocument>;
};

export function indexBindings(bindings: readonly Binding[]): ReadonlyMap<string, Binding> {
  return new Map(bindings.map((binding) => [bindingPath(binding), binding]));
}

/** Frozen documents by the hash of their spec; the file's name is only for people. */
export function indexFrozen(documents: readonly SpecDocument[]): ReadonlyMap<string, SpecDocument> {
  return new Map(documents.map((document) => [classHash(document.resource.spec), document]));
}

export function resolve(binding: Binding, surroundings: Surroundings): Resolution {
  const { index } = surroundings;
  const owner = checkOwner(binding, index);
  const environment = index.find("Environment", binding.organization, binding.environment);
  const plane = environment && index.find("DataPlane", binding.organization, environment.resource.spec.dataPlaneRef);
  const chosen = chooseClass(binding, surroundings);
  const connections = resolveConnections(binding, surroundings.bindings);
  const problems = [
    ...owner,
    ...(environment === undefined
      ? [
          error(binding.environmentPlace, {
            code: "unknown-environment",
            message: `there is no Environment ${binding.environment}`,
            remedy: "add it, or mend the name",
          }),
        ]
      : []),
    ...(environment !== undefined && plane === undefined
      ? [
          error(binding.environmentPlace, {
            code: "unknown-plane",
            message: `environment ${binding.environment} has no DataPlane ${environment.resource.spec.dataPlaneRef}`,
            remedy: "add it, or mend the Environment",
          }),
        ]
      : []),
    ...chosen.problems,
    ...connections.problems,
    ...checkUnsupported(binding),
  ];
  const blocked = problems.some(({ severity }) => severity === "error");
  if (blocked || environment === undefined || plane === undefined || chosen.tree === undefined)
    return { resolved: undefined, problems };
  const resolved: Resolved = {
    binding,
    plane: { kind: "data", organization: binding.organization, name: plane.resource.metadata.name },
    planeSpec: plane.resource.spec,
    planeTree: plane.tree,
    environment: environment.resource.spec,
    environmentTree: environment.tree,
    classTree: chosen.tree,
    variables: connections.variables,
  };
  return { resolved, problems };
}

function error(place: Place, what: Pick<Problem, "code" | "message" | "remedy">): Problem {
  return { ...what, severity: "error", place };
}

function checkOwner(binding: Binding, index: SpecsIndex): readonly Problem[] {
  const component = index.find("Component", binding.organization, binding.project, binding.component);
  if (component === undefined) {
    const message = `there is no Component ${binding.component} in project ${binding.project}, so its Release in ${binding.environment} stays as it is`;
    return [
      error(binding.place, {
        code: "unknown-component",
        message,
        remedy: "add it, mend the owner, or remove the Binding too",
      }),
    ];
  }
  if (component.resource.spec.type === binding.claimKind) return [];
  const message = `component ${binding.component} is a ${component.resource.spec.type}, not a ${binding.claimKind}`;
  return [error(binding.place, { code: "misplaced-claim", message, remedy: "change one of the two" })];
}

type ClassSpec = { readonly tree: Traced | undefined; readonly problems: readonly Problem[] };

function chooseClass(binding: Binding, { index, frozen }: Surroundings): ClassSpec {
  const kind = binding.claimKind === "Service" ? "ServiceClass" : "WebApplicationClass";
  const current = index.find(kind, binding.organization, binding.className);
  const pin = binding.classHash;
  if (pin !== undefined) {
    const pinned = current !== undefined && classHash(current.resource.spec) === pin ? current : frozen.get(pin);
    if (pinned?.resource.kind === kind) return { tree: at(pinned.tree, "spec"), problems: [] };
    const message = `no ${kind} with the pinned hash ${pin} is kept under .gitplane/frozen`;
    return {
      tree: undefined,
      problems: [
        error(binding.classPlace, {
          code: "unknown-class",
          message,
          remedy: "restore the frozen class, or remove the pin",
        }),
      ],
    };
  }
  if (current === undefined) {
    const message = `there is no ${kind} ${binding.className}`;
    return {
      tree: undefined,
      problems: [error(binding.classPlace, { code: "unknown-class", message, remedy: "add it, or mend the name" })],
    };
  }
  return {
    tree: at(current.tree, "spec"),
    problems:
      binding.madeBy === "person"
        ? [unpinned(binding, classHash(current.resource.spec satisfies WorkloadClassSpec))]
        : [],
  };
}

function unpinned(binding: Binding, hash: string): Problem {
  return {
    code: "unpinned-class",
    severity: "warning",
    message: `the Binding follows class ${binding.className}: an edit of the class changes ${binding.environment} at once`,
    place: binding.classPlace,
    remedy: `pin it with classHash: ${hash}`,
  };
}

/** What v0.3 can say and this version does not render: refused, never dropped (upstream drops each of these in silence). */
function checkUnsupported(binding: Binding): readonly Problem[] {
  const variables = Object.entries(binding.workload.containers).flatMap(([container, { env = [] }]) =>
    env.flatMap(({ key, value }, position) => {
      if (value !== undefined) return [];
      const place = treePlace(binding, "containers", container, "env", position);
      return [
        error(place, {
          code: "unsupported-value",
          message: `the value of ${key} is not written out`,
          remedy: "write value; references to configuration groups and secrets are not rendered by this version",
        }),
      ];
    }),
  );
  const classes = Object.entries(binding.apis).flatMap(([name, api]) => {
    if (api.className === undefined) return [];
    const node = at(binding.apisTree, name, "className");
    const place =
      node?.origin.kind === "field"
        ? { file: node.origin.file, line: node.origin.line, column: node.origin.column }
        : binding.place;
    return [
      error(place, {
        code: "unsupported-api-class",
        message: `the policies of APIClass ${api.className} are not rendered by this version, and a route without them would be open`,
        remedy: "remove className to publish the API without policies",
      }),
    ];
  });
  return [...variables, ...classes];
}

function treePlace(binding: Binding, ...path: readonly (string | number)[]): Place {
  const node = at(binding.workloadTree, ...path);
  return node?.origin.kind === "field"
    ? { file: node.origin.file, line: node.origin.line, column: node.origin.column }
    : binding.place;
}
