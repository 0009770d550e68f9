/** The ports that a workload's endpoints need, each once, by number and protocol. */
import { compareText } from "../../schemas/compare.ts";
import type { Binding } from "../deploy/binding.ts";
import { at, type Origin, ruled, scalarOf, type Traced, type TracedMap, withField } from "../load/traced.ts";
import { itemKey } from "./keyed-lists.ts";

export type EndpointPort = {
  readonly name: string;
  readonly number: number;
  readonly protocol: "TCP" | "UDP";
  readonly origin: Origin;
};

/** Named `ep-<port>-<protocol>`, in order of number, TCP before UDP. */
export function endpointPorts(binding: Binding): readonly EndpointPort[] {
  const ports = new Map<string, EndpointPort>();
  for (const [endpoint, { type, port }] of Object.entries(binding.workload.endpoints).toSorted(([a], [b]) =>
    compareText(a, b),
  )) {
    const protocol = type === "UDP" ? "UDP" : "TCP";
    const name = `ep-${port}-${protocol.toLowerCase()}`;
    const node = at(binding.workloadTree, "endpoints", endpoint, "port");
    if (!ports.has(name))
      ports.set(name, {
        name,
        number: port,
        protocol,
        origin: node?.origin ?? { kind: "rule", rule: "endpoint-port" },
      });
  }
  return [...ports.values()].toSorted((a, b) => a.number - b.number || compareText(a.protocol, b.protocol));
}

/** The endpoint's name for a port, where the class has none: what asks for the class's port by its name still finds it. */
export function withPortName(
  port: TracedMap,
  {
    name,
    classPorts,
    keys,
  }: { readonly name: string; readonly classPorts: readonly Traced[]; readonly keys: readonly string[] },
): Traced {
  const key = itemKey(port, keys);
  const isNamed = classPorts.some((one) => itemKey(one, keys) === key && typeof scalarOf(at(one, "name")) === "string");
  return isNamed ? port : withField(port, "name", ruled(name, "port-name"));
}
