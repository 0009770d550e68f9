/** The Deployment of a service or web application: the class's template with the workload laid over it. */
import { compareText } from "../../schemas/compare.ts";
import { cellNamespace } from "../../schemas/names.ts";
import { podLabels } from "../../schemas/labels.ts";
import type { Problem } from "../../schemas/problem.ts";
import { checkLists } from "../validate/check-class.ts";
import type { ListRules } from "./keyed-lists.ts";
import type { Variable } from "../resolve/connections.ts";
import { type Destination, makeManifest, type Manifest } from "./manifest.ts";
import type { Resolved } from "../resolve/resolve.ts";
import { relatedTo } from "../problems/related.ts";
import { strategicMerge } from "./strategic-merge.ts";
import { at, type Origin, ruled, type Traced, tracedList, tracedMap, withField } from "../load/traced.ts";
import { placeOf } from "../load/tree-reader.ts";
import { endpointPorts } from "./endpoint-ports.ts";

const workloadRule: Origin = { kind: "rule", rule: "workload-over-class" };
const rules: ListRules = { portKey: "containerPort" };

export type DeploymentRendering = {
  readonly manifest: Manifest | undefined;
  readonly problems: readonly Problem[];
};

export function renderDeployment(resolved: Resolved, destination: Destination): DeploymentRendering {
  const { binding } = resolved;
  const labels = podLabels(binding);
  const base = at(resolved.classTree, "deploymentTemplate");
  const overlay = tracedMap(
    {
      replicas: binding.releaseState === "Suspend" ? suspended(resolved) : undefined,
      template: tracedMap(
        {
          metadata: ruled({ labels }, "pod-selector"),
          spec: tracedMap({ containers: containerList(resolved) }, workloadRule),
        },
        workloadRule,
      ),
    },
    workloadRule,
  );
  const merged = strategicMerge(base, overlay, rules);
  const spec = withField(merged, "selector", ruled({ matchLabels: labels }, "pod-selector"));
  const problems = [
    ...checkLists(base, rules, binding.classPlace.file),
    ...checkLists(overlay, rules, binding.place.file),
    ...findImageless(spec, resolved),
  ];
  if (problems.length > 0) return { manifest: undefined, problems };
  const namespace = cellNamespace(binding);
  const parts = { apiVersion: "apps/v1", kind: "Deployment", name: binding.component, namespace, labels, spec };
  return { manifest: makeManifest(parts, destination), problems };
}

function suspended({ binding }: Resolved): Traced {
  return {
    kind: "scalar",
    value: 0,
    origin: binding.releaseStateTree?.origin ?? { kind: "rule", rule: "release-state" },
  };
}

function containerList(resolved: Resolved): Traced {
  const { containers } = resolved.binding.workload;
  const names = Object.keys(containers).toSorted(compareText);
  const primary = primaryContainer(names);
  return tracedList(
    names.map((name) => containerOverlay(resolved, name, name === primary)),
    workloadRule,
  );
}

/** Ports and connections go to the container `main`, or to the first by name where none is called so. */
function primaryContainer(sortedNames: readonly string[]): string | undefined {
  return sortedNames.includes("main") ? "main" : sortedNames[0];
}

function containerOverlay(resolved: Resolved, name: string, isPrimary: boolean): Traced {
  const tree = at(resolved.binding.workloadTree, "containers", name);
  const own = at(tree, "env");
  const written = own?.kind === "list" ? own.items.map(variable) : [];
  const connected = isPrimary ? resolved.variables.map(connectedVariable) : [];
  const env = [...written, ...connected];
  const ports = isPrimary
    ? endpointPorts(resolved.binding).map(({ name: port, number, protocol, origin }) =>
        tracedMap(
          {
            name: ruled(port, "port-name"),
            containerPort: { kind: "scalar", value: number, origin },
            protocol: ruled(protocol, "port-protocol"),
          },
          origin,
        ),
      )
    : [];
  return tracedMap(
    {
      name: ruled(name, "container-name"),
      image: at(tree, "image"),
      command: present(at(tree, "command")),
      args: present(at(tree, "args")),
      env: env.length === 0 ? undefined : tracedList(env, workloadRule),
      ports: ports.length === 0 ? undefined : tracedList(ports, workloadRule),
    },
    tree?.origin ?? workloadRule,
  );
}

/** An empty list says nothing; laid over the class it would take the class's away. */
function present(tree: Traced | undefined): Traced | undefined {
  return tree?.kind === "list" && tree.items.length > 0 ? tree : undefined;
}

function variable(entry: Traced): Traced {
  return tracedMap({ name: at(entry, "key"), value: at(entry, "value") }, entry.origin);
}

function connectedVariable({ name, value, nameOrigin, origin }: Variable): Traced {
  return tracedMap(
    { name: { kind: "scalar", value: name, origin: nameOrigin }, value: { kind: "scalar", value, origin } },
    nameOrigin,
  );
}

/** A class container that no workload container meets has no image: upstream renders it and the pod never starts. */
function findImageless(spec: Traced, { binding }: Resolved): readonly Problem[] {
  const containers = at(spec, "template", "spec", "containers");
  if (containers?.kind !== "list") return [];
  const imageless = containers.items.find((container) => at(container, "image") === undefined);
  if (imageless === undefined) return [];
  const name = at(imageless, "name");
  const shown = name?.kind === "scalar" ? String(name.value) : "without a name";
  const place = placeOf(imageless.origin, binding.classPlace.file);
  const workload = at(binding.workloadTree, "containers") ?? binding.workloadTree;
  return [
    {
      code: "missing-container",
      severity: "error",
      message: `container ${shown} of class ${binding.className} has no image and the Workload of ${binding.component} has no container of that name`,
      place: placeOf(workload?.origin ?? imageless.origin, binding.place.file),
      remedy: `name the Workload's container ${shown}`,
      ...relatedTo([{ place, message: `the class's container ${shown} stands here` }]),
    },
  ];
}
