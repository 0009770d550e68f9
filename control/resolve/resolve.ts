/** A Binding with everything that its Release is made of, or the Problems that stand in the way. */
import { claims, type KindName, type ResourceOf } from "../../schemas/kinds.ts";
import { type PlaneId, planeKey } from "../../schemas/layout.ts";
import { dnsLabelLimit } from "../../schemas/names.ts";
import type { Place, Problem } from "../../schemas/problem.ts";
import { type ApiClass, resolveApiClasses } from "./api-classes.ts";
import { findCallerSecrets } from "./caller-secrets.ts";
import { type Cell, resolveCell } from "./cell.ts";
import { checkHosts, checkRegion, checkSkipped } from "./check-cell.ts";
import { checkEngineHosts } from "./check-engine-hosts.ts";
import { checkExternal, checkOpened } from "./check-external.ts";
import { checkPlaneNames } from "./check-plane-names.ts";
import { classHash } from "./class-hash.ts";
import type { Targets } from "./connection-target.ts";
import { resolveConnections, type Variable } from "./connections.ts";
import { type DataPlaneDocument, type Gateways, gatewaysOf, gatewaysOwner } from "./gateways.ts";
import { type GroupVariable, resolveGroupVariables } from "./group-variables.ts";
import { layPlaneOverrides } from "./lay-plane-overrides.ts";
import type { Link } from "./link.ts";
import { type NameHolder, nameHolders } from "./name-holders.ts";
import { checkGuestLevel, checkProjectLevel } from "./pod-security.ts";
import { joinSecrets, type StoredSecret } from "./stored-secret.ts";
import { resolveValues, type Supplied } from "./values.ts";
import type { Binding } from "../deploy/binding.ts";
import { isComponentName } from "../validate/check-application.ts";
import { checkBinding } from "../validate/check-binding.ts";
import type { SpecDocument } from "../load/parse.ts";
import { relatedTo } from "../problems/related.ts";
import { isDeclared, type Lookup } from "../validate/lookup.ts";
import { fieldPlace } from "../validate/specs-index.ts";
import { suggestName, type Unknown } from "../validate/suggest-name.ts";
import { at, type Traced } from "../load/traced.ts";

export type Resolved = {
  /** As it is on the plane. */
  readonly binding: Binding;
  readonly plane: PlaneId;
  readonly planeSpec: ResourceOf<"DataPlane">["spec"];
  readonly planeTree: Traced;
  readonly gateways: Gateways;
  /** Whose names are whose there. */
  readonly holders: readonly NameHolder[];
  readonly environment: ResourceOf<"Environment">["spec"];
  readonly environmentTree: Traced;
  readonly classTree: Traced;
  /** The cell that it is in. */
  readonly cell: Cell;
  readonly variables: readonly Variable[];
  /** Where its connections lead. */
  readonly links: readonly Link[];
  /** Values of variables and files that are not written out, by settingText. */
  readonly values: ReadonlyMap<string, Supplied>;
  /** Variables of whole ConfigurationGroups, by container; in order of their names. */
  readonly groupVariables: ReadonlyMap<string, readonly GroupVariable[]>;
  /** Secrets of the plane's store that the component uses, in order of their names. */
  readonly secrets: readonly StoredSecret[];
  /** The class of each API by the API's name. */
  readonly apiClasses: ReadonlyMap<string, ApiClass>;
};

/** Nothing resolved and no Problem: what it needs has a Problem of its own. */
export type Resolution = { readonly resolved: Resolved | undefined; readonly problems: readonly Problem[] };

export type Surroundings = Targets & {
  /** Frozen class documents by frozenKey. */
  readonly frozen: Pick<ReadonlyMap<string, SpecDocument>, "get">;
};

/**
 * Frozen documents are found by who they are and by the hash of their spec; the file's name is only for people. By the hash
 * alone a Binding could have the class of another organization, or another class than the one that it names.
 */
export function frozenKey(kind: KindName, { organization, name, hash }: FrozenName): string {
  return [kind, organization, name, hash].join(" ");
}

type FrozenName = { readonly organization: string; readonly name: string; readonly hash: string };

/** On one of its DataPlanes; of none, what is wrong all the same. */
export function resolve(given: Binding, planeName: string | undefined, surroundings: Surroundings): Resolution {
  const { index } = surroundings;
  if (!isDeclared(given.organization, index)) return { resolved: undefined, problems: [] };
  const binding = planeName === undefined ? given : layPlaneOverrides(given, planeName);
  const owner = checkOwner(binding, index);
  const environment = index.find("Environment", binding.organization, binding.environment);
  const plane = planeName === undefined ? undefined : index.find("DataPlane", binding.organization, planeName);
  const gateways = plane && gatewaysOf(plane, index);
  const chosen = chooseClass(binding, surroundings);
  const connections = resolveConnections(binding, plane, surroundings);
  const values = resolveValues(binding, { index, plane });
  const groups = resolveGroupVariables(binding, { index, plane });
  const apiClasses = resolveApiClasses(binding, index);
  const callers = findCallerSecrets(binding, { index, plane, classes: apiClasses.classes });
  const cell = planeName === undefined ? undefined : resolveCell(binding, planeName, index);
  const problems = [
    ...owner.problems,
    ...[checkEnvironment, checkPlaneNames, checkSkipped, checkEngineHosts].flatMap((check) => check(binding, index)),
    ...chosen.problems,
    ...connections.problems,
    ...values.problems,
    ...groups.problems,
    ...apiClasses.problems,
    ...callers.problems,
    ...checkBinding(binding),
    ...(cell === undefined ? [] : checkCell(binding, { cell, plane, links: connections.links, index })),
  ];
  const isBlocked =
    [owner, connections, values, groups, apiClasses, callers].some((step) => step.isBlocked) ||
    problems.some(({ severity }) => severity === "error");
  const id: PlaneId = {
    kind: "data",
    organization: binding.organization,
    name: plane?.resource.metadata.name ?? "",
  };
  if (isBlocked || environment === undefined || plane === undefined || cell === undefined || chosen.tree === undefined)
    return { resolved: undefined, problems };
  if (gateways === undefined || planeKey(id).length > dnsLabelLimit) return { resolved: undefined, problems };
  const resolved: Resolved = {
    binding,
    plane: id,
    planeSpec: plane.resource.spec,
    planeTree: plane.tree,
    gateways,
    holders: nameHolders(gatewaysOwner(plane, index), index),
    environment: environment.resource.spec,
    environmentTree: environment.tree,
    classTree: chosen.tree,
    cell,
    variables: connections.variables,
    links: connections.links,
    values: values.values,
    groupVariables: groups.variables,
    secrets: joinSecrets([...values.secrets, ...groups.secrets, ...callers.secrets]),
    apiClasses: apiClasses.classes,
  };
  return { resolved, problems };
}

type Placed = {
  readonly cell: Cell;
  readonly plane: DataPlaneDocument | undefined;
  readonly links: readonly Link[];
  readonly index: Lookup;
};

/** Whether its cell may be where it is, and lets it be what it is. */
function checkCell(binding: Binding, { cell, plane, links, index }: Placed): readonly Problem[] {
  return [
    ...checkRegion(binding, cell, index),
    ...(plane === undefined ? [] : checkGuestLevel(cell, plane, binding)),
    ...(plane === undefined ? [] : checkOpened(cell, { plane, binding, index })),
    ...checkProjectLevel(cell, { index, file: binding.place.file }),
    ...checkHosts(links, cell, binding),
    ...checkExternal(links, cell, binding),
  ];
}

function error(place: Place, what: Pick<Problem, "code" | "message" | "remedy" | "related">): Problem {
  return { ...what, severity: "error", place };
}

function suggest(index: Lookup, unknown: Unknown): Pick<Problem, "remedy" | "related"> {
  const { remedy, related } = suggestName(index, unknown);
  return { remedy, ...relatedTo(related) };
}

/** Problems of where a Binding is placed. Auto-deploy goes where the pipeline says, and a wrong name there is shown there. */
export function checkEnvironment(binding: Binding, index: Lookup): readonly Problem[] {
  if (index.find("Environment", binding.organization, binding.environment) !== undefined) return [];
  if (
    binding.madeBy === "auto-deploy" ||
    index.spoils.couldBe(binding.organization, "Environment", binding.environment)
  )
    return [];
  const message = `there is no Environment ${binding.environment}`;
  const parts = [binding.organization, binding.environment];
  const suggestion = suggest(index, { kind: "Environment", parts, remedy: "add it, or mend the name" });
  return [error(binding.environmentPlace, { code: "unknown-environment", message, ...suggestion })];
}

type OwnerCheck = { readonly isBlocked: boolean; readonly problems: readonly Problem[] };

function checkOwner(binding: Binding, index: Lookup): OwnerCheck {
  const component = index.find("Component", binding.organization, binding.project, binding.component);
  if (component === undefined) {
    if (index.spoils.couldBe(binding.organization, "Component", binding.component))
      return { isBlocked: true, problems: [] };
    const message = `there is no Component ${binding.component} in project ${binding.project}, so its Release in ${binding.environment} stays as it is`;
    const suggestion = suggest(index, {
      kind: "Component",
      parts: [binding.organization, binding.project, binding.component],
      remedy: "add it, mend the owner, or remove the Binding too",
    });
    return {
      isBlocked: true,
      problems: [error(binding.ownerPlace, { code: "unknown-component", message, ...suggestion })],
    };
  }
  const { type } = component.resource.spec;
  if (type === binding.claimKind) return { isBlocked: !isComponentName(binding.component), problems: [] };
  const message = `component ${binding.component} is a ${type}, not a ${binding.claimKind}`;
  const related = relatedTo([
    { place: fieldPlace(component, "spec", "type"), message: `the Component says ${type} here` },
  ]);
  const problem = error(binding.place, {
    code: "misplaced-claim",
    message,
    remedy: "change one of the two",
    ...related,
  });
  return { isBlocked: true, problems: [problem] };
}

type ClassSpec = { readonly tree: Traced | undefined; readonly problems: readonly Problem[] };

function chooseClass(binding: Binding, { index, frozen }: Surroundings): ClassSpec {
  const kind = claims[binding.claimKind].classKind;
  const current = index.find(kind, binding.organization, binding.className);
  const pin = binding.classHash;
  if (pin !== undefined) {
    // The frozen body first: it is what an edit of the class leaves alone, so fields come from there.
    const isCurrent = (): boolean => current !== undefined && classHash(current.resource.spec) === pin;
    const { organization, className: name } = binding;
    const kept = frozen.get(frozenKey(kind, { organization, name, hash: pin }));
    if (kept?.resource.kind === kind) return { tree: at(kept.tree, "spec"), problems: [] };
    if (current !== undefined && isCurrent())
      return { tree: at(current.tree, "spec"), problems: [unfrozen(binding, pin)] };
    if (index.spoils.couldBe(binding.organization, kind, binding.className)) return { tree: undefined, problems: [] };
    const message = `no ${kind} ${binding.className} with the pinned hash ${pin} is kept under .gitplane/frozen`;
    return {
      tree: undefined,
      problems: [
        error(binding.classPlace, {
          code: "unknown-class",
          message,
          remedy: `restore .gitplane/frozen/${pin}.yaml, the class's document as it was, from the history, or remove the pin`,
        }),
      ],
    };
  }
  if (current === undefined) {
    if (index.spoils.couldBe(binding.organization, kind, binding.className)) return { tree: undefined, problems: [] };
    const message = `there is no ${kind} ${binding.className}`;
    const parts = [binding.organization, binding.className];
    const suggestion = suggest(index, { kind, parts, remedy: "add it, or mend the name" });
    return {
      tree: undefined,
      problems: [error(binding.classPlace, { code: "unknown-class", message, ...suggestion })],
    };
  }
  return {
    tree: at(current.tree, "spec"),
    problems: binding.madeBy === "person" ? [unpinned(binding, classHash(current.resource.spec))] : [],
  };
}

function unpinned(binding: Binding, hash: string): Problem {
  return {
    code: "unpinned-class",
    severity: "warning",
    message: `the Binding follows class ${binding.className}: an edit of the class changes ${binding.environment} at once`,
    place: binding.classPlace,
    remedy: `pin it with classHash: ${hash}, and keep a copy of the class's document in .gitplane/frozen/${hash}.yaml`,
  };
}

/** The next edit of the class would leave the pin without anything to stand for. */
function unfrozen(binding: Binding, hash: string): Problem {
  return {
    code: "unfrozen-class",
    severity: "warning",
    message: `class ${binding.className} is pinned as it is now, and nothing keeps it so`,
    place: binding.pinPlace,
    remedy: `copy the class's document to .gitplane/frozen/${hash}.yaml before anyone edits it`,
  };
}
