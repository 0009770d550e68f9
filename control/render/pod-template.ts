/** The pod of a Workload as it is laid over a class's: containers by name, variables, ports, and the labels it is found by. */
import { compareText } from "../../schemas/compare.ts";
import { podLabels } from "../../schemas/labels.ts";
import type { Problem } from "../../schemas/problem.ts";
import { at, itemsOf, type Origin, ruled, scalarOf, type Traced, tracedList, tracedMap } from "../load/traced.ts";
import { placeOf } from "../load/tree-reader.ts";
import { configurationKey } from "../resolve/configurations.ts";
import type { Variable } from "../resolve/connections.ts";
import type { Resolved } from "../resolve/resolve.ts";
import { relatedTo } from "../problems/related.ts";
import { endpointPorts, withPortName } from "./endpoint-ports.ts";

export const workloadRule: Origin = { kind: "rule", rule: "workload-over-class" };

/** A PodTemplateSpec to lay over the class's. */
export function podTemplate(resolved: Resolved): Traced {
  return tracedMap(
    {
      metadata: ruled({ labels: podLabels(resolved.binding) }, "pod-selector"),
      spec: tracedMap({ containers: containerList(resolved) }, workloadRule),
    },
    workloadRule,
  );
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
  const written =
    own?.kind === "list"
      ? own.items.map((entry, position) => variable(entry, resolved.configured.get(configurationKey(name, position))))
      : [];
  const connected = isPrimary ? resolved.variables.map(connectedVariable) : [];
  const env = [...written, ...connected];
  const ports = isPrimary ? containerPorts(resolved, name) : [];
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

const portKeys = ["containerPort", "protocol"];

function containerPorts(resolved: Resolved, container: string): readonly Traced[] {
  const classPorts = itemsOf(at(resolved.classTree, "deploymentTemplate", "template", "spec", "containers"))
    .filter((one) => scalarOf(at(one, "name")) === container)
    .flatMap((one) => itemsOf(at(one, "ports")));
  return endpointPorts(resolved.binding).map(({ name, number, protocol, origin }) => {
    const port = tracedMap(
      {
        containerPort: { kind: "scalar", value: number, origin },
        protocol: ruled(protocol, "port-protocol"),
      },
      origin,
    );
    return withPortName(port, { name, classPorts, keys: portKeys });
  });
}

/** An empty list says nothing; laid over the class it would take the class's away. */
function present(tree: Traced | undefined): Traced | undefined {
  return tree?.kind === "list" && tree.items.length > 0 ? tree : undefined;
}

function variable(entry: Traced, configured: Traced | undefined): Traced {
  return tracedMap({ name: at(entry, "key"), value: configured ?? at(entry, "value") }, entry.origin);
}

function connectedVariable({ name, value, nameOrigin, origin }: Variable): Traced {
  return tracedMap(
    { name: { kind: "scalar", value: name, origin: nameOrigin }, value: { kind: "scalar", value, origin } },
    nameOrigin,
  );
}

/** A class container that no workload container meets has no image: upstream renders it and the pod never starts. */
export function findImageless(podSpec: Traced | undefined, { binding }: Resolved): readonly Problem[] {
  const containers = at(podSpec, "containers");
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
