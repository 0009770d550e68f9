/** A container of a Workload as it is laid over the class's of the same name. */
import { at, itemsOf, ruled, scalarOf, type Traced, tracedList, tracedMap } from "../load/traced.ts";
import type { Variable } from "../resolve/connections.ts";
import type { Resolved } from "../resolve/resolve.ts";
import { type Supplied, valueKey } from "../resolve/values.ts";
import { endpointPorts, withPortName } from "./endpoint-ports.ts";
import { fileMounts } from "./files.ts";
import { workloadRule } from "./workload-rule.ts";

/** What a Workload says as Kubernetes does. */
const sameFields = ["resources", "livenessProbe", "readinessProbe", "startupProbe", "securityContext"] as const;

/** Ports and connections go to the primary one. */
export function containerOverlay(resolved: Resolved, name: string, isPrimary: boolean): Traced {
  const tree = at(resolved.binding.workloadTree, "containers", name);
  const written = itemsOf(at(tree, "env")).map((entry, position) =>
    variable(entry, resolved.values.get(valueKey({ container: name, list: "env", position }))),
  );
  const connected = isPrimary ? resolved.variables.map(connectedVariable) : [];
  const ports = isPrimary ? containerPorts(resolved, name) : [];
  return tracedMap(
    {
      name: ruled(name, "container-name"),
      image: at(tree, "image"),
      command: present(at(tree, "command")),
      args: present(at(tree, "args")),
      env: listOf([...written, ...connected]),
      ports: listOf(ports),
      volumeMounts: listOf([...itemsOf(at(tree, "volumeMounts")), ...fileMounts(resolved, name)]),
      ...Object.fromEntries(sameFields.map((field) => [field, at(tree, field)])),
    },
    tree?.origin ?? workloadRule,
  );
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

function variable(entry: Traced, supplied: Supplied | undefined): Traced {
  const name = at(entry, "key");
  if (supplied === undefined) return tracedMap({ name, value: at(entry, "value") }, entry.origin);
  if (supplied.kind === "text") return tracedMap({ name, value: supplied.value }, entry.origin);
  const source = tracedMap({ secretKeyRef: keyOfSecret(entry, supplied) }, entry.origin);
  return tracedMap({ name, valueFrom: source }, entry.origin);
}

function keyOfSecret(entry: Traced, { secret, key }: Extract<Supplied, { kind: "secret" }>): Traced {
  const origin = (at(entry, "valueFrom") ?? entry).origin;
  return tracedMap({ name: { kind: "scalar", value: secret, origin }, key }, origin);
}

function connectedVariable({ name, value, nameOrigin, origin }: Variable): Traced {
  return tracedMap(
    { name: { kind: "scalar", value: name, origin: nameOrigin }, value: { kind: "scalar", value, origin } },
    nameOrigin,
  );
}
