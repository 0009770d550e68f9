/** What a Binding's environmentOverrides may not say: what the class does not allow, and what changes nothing that is there. */
import { compareText } from "../../schemas/compare.ts";
import { type ClaimKind, claims } from "../../schemas/kinds.ts";
import { defaultOverrides, type OverrideName } from "../../schemas/overrides.ts";
import type { Problem } from "../../schemas/problem.ts";
import { at, itemsOf, scalarOf, type Traced } from "../load/traced.ts";
import { placeOf, placeOr } from "../load/tree-reader.ts";
import { nearestName } from "../problems/nearest.ts";
import { relatedTo } from "../problems/related.ts";
import type { Resolved } from "../resolve/resolve.ts";
import { isOwnedByClass } from "./check-class-containers.ts";
import { checkOverrideLimits, type OverrideFault } from "./check-override-limits.ts";

export function checkOverrides(resolved: Resolved): readonly Problem[] {
  const { binding } = resolved;
  const faults = [
    ...writtenOverrides(resolved).flatMap(({ name, path }) => checkAllowed(resolved, name, path)),
    ...checkContainers(resolved),
    ...checkVolumes(resolved),
    ...checkScaling(resolved),
    ...checkOverrideLimits(resolved),
  ];
  return faults.map(({ path, ...fault }) => ({
    code: "invalid-override",
    severity: "error",
    ...fault,
    place: placeOr(at(binding.overridesTree, ...path) ?? binding.overridesTree, binding.place),
  }));
}

/** The same Binding without them, to find what else is wrong with it. */
export function withoutOverrides(resolved: Resolved): Resolved {
  return { ...resolved, binding: { ...resolved.binding, overrides: undefined, overridesTree: undefined } };
}

type Written = { readonly name: OverrideName; readonly path: readonly string[] };

const containerFields: Readonly<Record<string, OverrideName>> = {
  args: "args",
  env: "env",
  files: "files",
  livenessProbe: "probes",
  readinessProbe: "probes",
  resources: "resources",
  securityContext: "securityContext",
  startupProbe: "probes",
};

const names: readonly OverrideName[] = ["replicas", "autoscaling", "schedule", "volumes"];

function writtenOverrides({ binding }: Resolved): readonly Written[] {
  const { overrides = {} } = binding;
  const whole = names.filter((name) => Object.hasOwn(overrides, name)).map((name) => ({ name, path: [name] }));
  const ofContainers = Object.entries(overrides.containers ?? {}).flatMap(([container, fields]) =>
    Object.keys(fields).flatMap((field): readonly Written[] => {
      const name = containerFields[field];
      return name === undefined ? [] : [{ name, path: ["containers", container, field] }];
    }),
  );
  return [...whole, ...ofContainers];
}

function checkAllowed(resolved: Resolved, name: OverrideName, path: readonly string[]): readonly OverrideFault[] {
  const { binding, classTree } = resolved;
  if (!isOf(binding.claimKind, name))
    return [{ path, message: `a ${binding.claimKind} has no ${name}`, remedy: "remove it" }];
  const list = at(classTree, "allowedOverrides");
  const allowed = list?.kind === "list" ? list.items.map(scalarOf) : allowedByDefault(resolved, path);
  if (allowed.includes(name)) return [];
  const { classKind } = claims[binding.claimKind];
  const shown = allowed.length === 0 ? "none" : allowed.join(", ");
  const place = placeOf((list ?? classTree).origin, binding.classPlace.file);
  return [
    {
      path,
      message: `${classKind} ${binding.className} does not let an environment change ${name}, only ${shown}`,
      remedy: `remove it, or add ${name} to allowedOverrides of the class`,
      ...relatedTo([{ place, message: `${classKind} ${binding.className} says it here` }]),
    },
  ];
}

/** Of a container that is the class's nothing but what it may take. */
function allowedByDefault(resolved: Resolved, [part, container = ""]: readonly string[]): readonly OverrideName[] {
  const isOwned = part === "containers" && isOwnedByClass(classPods(resolved), container);
  return isOwned ? defaultOverrides.filter((name) => name !== "env") : defaultOverrides;
}

/** The class's own PodSpec. */
function classPods({ binding, classTree }: Resolved): Traced | undefined {
  const path =
    binding.claimKind === "ScheduledTask" ? ["cronJobTemplate", "jobTemplate", "spec"] : ["deploymentTemplate"];
  return at(classTree, ...path, "template", "spec");
}

/** A Binding's kind says what it may have; one that follows a claim may stand in a document of the kind before. */
function isOf(kind: ClaimKind, name: OverrideName): boolean {
  switch (name) {
    case "replicas":
    case "autoscaling":
      return kind !== "ScheduledTask";
    case "schedule":
      return kind === "ScheduledTask";
    default:
      return true;
  }
}

function checkContainers(resolved: Resolved): readonly OverrideFault[] {
  const { binding } = resolved;
  const ofClass = itemsOf(at(classPods(resolved), "containers")).map((one) => String(scalarOf(at(one, "name"))));
  const known = [...new Set([...Object.keys(binding.workload.containers), ...ofClass])];
  return checkNames("containers", "container", { written: binding.overrides?.containers, known });
}

function checkVolumes({ binding }: Resolved): readonly OverrideFault[] {
  const persistent = Object.entries(binding.workload.volumes ?? {}).filter(([, one]) => one.persistent !== undefined);
  const known = persistent.map(([name]) => name);
  return checkNames("volumes", "persistent volume", { written: binding.overrides?.volumes, known });
}

type Named = { readonly written: Readonly<Record<string, unknown>> | undefined; readonly known: readonly string[] };

function checkNames(
  field: "containers" | "volumes",
  what: string,
  { written = {}, known }: Named,
): readonly OverrideFault[] {
  return Object.keys(written).flatMap((name): readonly OverrideFault[] => {
    if (known.includes(name)) return [];
    const near = nearestName(name, known);
    const shown = known.toSorted(compareText).join(", ");
    const remedy =
      near === undefined ? `name one that it has (${shown === "" ? "none" : shown})` : `did you mean ${near}?`;
    return [{ path: [field, name], message: `the component has no ${what} ${name} to change`, remedy }];
  });
}

/** The number of pods is either the environment's or the autoscaler's. */
function checkScaling({ binding, classTree }: Resolved): readonly OverrideFault[] {
  const isScaled = at(classTree, "hpaTemplate")?.kind === "map";
  const { overrides = {}, claimKind } = binding;
  if (claimKind === "ScheduledTask") return [];
  const faults: OverrideFault[] = [];
  if (isScaled && overrides.replicas !== undefined)
    faults.push({
      path: ["replicas"],
      message: `how many pods there are is said by the autoscaler of ${binding.className}`,
      remedy: "change its bounds with autoscaling",
    });
  if (!isScaled && overrides.autoscaling !== undefined)
    faults.push({
      path: ["autoscaling"],
      message: `${claims[claimKind].classKind} ${binding.className} has no autoscaler`,
      remedy: "change replicas, or give the class an hpaTemplate",
    });
  return faults;
}
