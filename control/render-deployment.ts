/** The Deployment of a service or web application: the class's template with the workload laid over it. */
import { compareText } from "../schemas/compare.ts";
import { cellNamespace } from "../schemas/names.ts";
import { podLabels } from "../schemas/labels.ts";
import type { Problem } from "../schemas/problem.ts";
import { type Destination, makeManifest, type Manifest } from "./manifest.ts";
import type { Resolved } from "./resolve.ts";
import { strategicMerge } from "./strategic-merge.ts";
import { at, type Origin, ruled, type Traced, tracedList, tracedMap } from "./traced.ts";
import { placeOf } from "./tree-reader.ts";
import { endpointPorts } from "./endpoint-ports.ts";

const workloadRule: Origin = { kind: "rule", rule: "workload-over-class" };

export function renderDeployment(resolved: Resolved, destination: Destination): Manifest | Problem {
  const { binding } = resolved;
  const selector = podLabels(binding);
  const overlay = tracedMap(
    {
      replicas: binding.releaseState === "Suspend" ? suspended(resolved) : undefined,
      selector: ruled({ matchLabels: selector }, "pod-selector"),
      template: tracedMap(
        {
          metadata: ruled({ labels: selector }, "pod-selector"),
          spec: tracedMap({ containers: containerList(resolved) }, workloadRule),
        },
        workloadRule,
      ),
    },
    workloadRule,
  );
  const spec = strategicMerge(at(resolved.classTree, "deploymentTemplate"), overlay, { portKey: "containerPort" });
  const problem = findImageless(spec, resolved);
  if (problem !== undefined) return problem;
  const namespace = cellNamespace(binding);
  return makeManifest(
    { apiVersion: "apps/v1", kind: "Deployment", name: binding.component, namespace, labels: selector, spec },
    destination,
  );
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
  const connected = isPrimary
    ? resolved.variables.map(({ name: key, value, origin }) => pair(key, { kind: "scalar", value, origin }))
    : [];
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

function pair(name: string, value: Traced): Traced {
  return tracedMap({ name: { kind: "scalar", value: name, origin: value.origin }, value }, value.origin);
}

/** A class container that no workload container meets has no image: upstream renders it and the pod never starts. */
function findImageless(spec: Traced, { binding }: Resolved): Problem | undefined {
  const containers = at(spec, "template", "spec", "containers");
  if (containers?.kind !== "list") return undefined;
  const imageless = containers.items.find((container) => at(container, "image") === undefined);
  if (imageless === undefined) return undefined;
  const name = at(imageless, "name");
  const shown = name?.kind === "scalar" ? String(name.value) : "without a name";
  return {
    code: "missing-container",
    severity: "error",
    message: `container ${shown} of class ${binding.className} has no image and the Workload of ${binding.component} has no container of that name`,
    place: placeOf(binding.workloadTree?.origin ?? imageless.origin, binding.place.file),
    remedy: `name the Workload's container ${shown}`,
  };
}
