/** A container of a Workload as it is laid over the class's of the same name. */
import { at, itemsOf, ruled, scalarOf, type Traced, tracedList, tracedMap } from "../load/traced.ts";
import type { Variable } from "../resolve/connections.ts";
import type { Resolved } from "../resolve/resolve.ts";
import { type Layer, settingText } from "../resolve/settings.ts";
import type { Supplied } from "../resolve/values.ts";
import { endpointPorts, withPortName } from "./endpoint-ports.ts";
import { fileMounts } from "./files.ts";
import { workloadRule } from "./workload-rule.ts";

/** What a Workload says as Kubernetes does. */
const sameFields = ["resources", "livenessProbe", "readinessProbe", "startupProbe", "securityContext"] as const;

/** Of the Workload. Ports and connections go to the primary container. */
export function containerOverlay(resolved: Resolved, name: string, isPrimary: boolean): Traced {
  const tree = at(resolved.binding.workloadTree, "containers", name);
  const connected = isPrimary ? resolved.variables.map(connectedVariable) : [];
  const ports = isPrimary ? containerPorts(resolved, name) : [];
  return tracedMap(
    {
      name: ruled(name, "container-name"),
      image: at(tree, "image"),
      command: present(at(tree, "command")),
      ports: listOf(ports),
      ...settingFields(resolved, "workload", name),
      env: listOf(withGroups([...variablesOf(resolved, "workload", name), ...connected], resolved, name)),
      volumeMounts: listOf([...itemsOf(at(tree, "volumeMounts")), ...fileMounts(resolved, "workload", name)]),
    },
    tree?.origin ?? workloadRule,
  );
}

/** Of the environment. */
export function containerOverrides(resolved: Resolved, name: string): Traced {
  const tree = at(resolved.binding.overridesTree, "containers", name);
  return tracedMap(
    {
      name: ruled(name, "container-name"),
      ...settingFields(resolved, "overrides", name),
      env: listOf(variablesOf(resolved, "overrides", name)),
      volumeMounts: listOf(fileMounts(resolved, "overrides", name)),
    },
    tree?.origin ?? workloadRule,
  );
}

function containerTree({ binding }: Resolved, layer: Layer, name: string): Traced | undefined {
  return at(layer === "workload" ? binding.workloadTree : binding.overridesTree, "containers", name);
}

function settingFields(resolved: Resolved, layer: Layer, name: string): Readonly<Record<string, Traced | undefined>> {
  const tree = containerTree(resolved, layer, name);
  return {
    args: present(at(tree, "args")),
    ...Object.fromEntries(sameFields.map((field) => [field, at(tree, field)])),
  };
}

function variablesOf(resolved: Resolved, layer: Layer, container: string): readonly Traced[] {
  return itemsOf(at(containerTree(resolved, layer, container), "env")).map((entry, position) =>
    variable(entry, resolved.values.get(settingText({ layer, container, list: "env", position }))),
  );
}

/** What is said of a variable by itself, or by a connection, goes before a group's. */
function withGroups(said: readonly Traced[], { groupVariables }: Resolved, container: string): readonly Traced[] {
  const names = new Set(said.map((one) => scalarOf(at(one, "name"))));
  const others = (groupVariables.get(container) ?? []).filter(({ name }) => !names.has(scalarOf(name)));
  return [...others.map(({ name, entry, supplied }) => variable(entry, supplied, name)), ...said];
}

/** An empty list says nothing; laid over the class it would take the class's away. */
function present(tree: Traced | undefined): Traced | undefined {
  return itemsOf(tree).length > 0 ? tree : undefined;
}

function listOf(items: readonly Traced[]): Traced | undefined {
  return items.length === 0 ? undefined : tracedList(items, workloadRule);
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

function variable(entry: Traced, supplied: Supplied | undefined, name = at(entry, "key")): Traced {
  if (supplied === undefined) return tracedMap({ name, value: at(entry, "value") }, entry.origin);
  if (supplied.kind === "text") return tracedMap({ name, value: supplied.value }, entry.origin);
  const source = tracedMap({ secretKeyRef: keyOfSecret(entry, supplied) }, entry.origin);
  return tracedMap({ name, valueFrom: source }, entry.origin);
}

function keyOfSecret(entry: Traced, { secret, key }: Extract<Supplied, { kind: "secret" }>): Traced {
  const from = at(entry, "valueFrom") ?? entry;
  const named = at(from, "secretRef", "name") ?? at(from, "configurationGroupRef", "name") ?? from;
  return tracedMap({ name: { kind: "scalar", value: secret, origin: named.origin }, key }, from.origin);
}

function connectedVariable({ name, value, nameOrigin, origin }: Variable): Traced {
  return tracedMap(
    { name: { kind: "scalar", value: name, origin: nameOrigin }, value: { kind: "scalar", value, origin } },
    nameOrigin,
  );
}
