/** What a component reaches outside the cluster, as its Workload says it, in each environment where that differs. Pure. */
import { type Connection, connectionIn } from "../../schemas/connection.ts";
import type { WorkloadTemplate } from "../../schemas/workload.ts";

export type Outside = {
  /** A host's name or a block of addresses. */
  readonly to: string;
  readonly ports: readonly number[];
  readonly protocol: "TCP" | "UDP";
};

export type OutsideEntry = Outside & {
  /** As the connection is called. */
  readonly name: string;
  /** Where it leads elsewhere. */
  readonly environments: readonly (Outside & { readonly environment: string })[];
};

export function outsideOf({ connections }: Pick<WorkloadTemplate, "connections">): readonly OutsideEntry[] {
  return Object.entries(connections).flatMap(([name, connection]) => {
    const everywhere = targetOf(connection, undefined);
    if (everywhere === undefined) return [];
    const environments = Object.keys(connection.environments ?? {}).flatMap((environment) => {
      const there = targetOf(connection, environment);
      return there === undefined ? [] : [{ environment, ...there }];
    });
    return [{ name, ...everywhere, environments }];
  });
}

function targetOf(connection: Connection, environment: string | undefined): Outside | undefined {
  const target = connectionIn(connection, environment);
  if (target.type !== "external") return undefined;
  const { to, ports, protocol } = target;
  return { to: "host" in to ? to.host : to.cidr, ports, protocol };
}

/** Where it leads in one environment. */
export function outsideIn({ environments, ...everywhere }: OutsideEntry, environment: string): OutsideEntry {
  const there = environments.find((one) => one.environment === environment);
  const { to, ports, protocol } = there ?? everywhere;
  return { name: everywhere.name, to, ports, protocol, environments: [] };
}
