/** A connection to what is outside the cluster: a host by its name, or a block of addresses. */
import { type Connection, type ConnectionTarget, paramPath } from "../../schemas/connection.ts";
import { onlyAddressOf } from "../../schemas/kubernetes/addresses.ts";
import type { Binding } from "../deploy/binding.ts";
import { at, itemsOf, type Origin, trace, type Traced } from "../load/traced.ts";
import type { Reached } from "./link.ts";

export type External = Extract<ConnectionTarget, { type: "external" }>;

/** `tree` is the connection's. */
export function describeExternal(
  external: External,
  { environment }: Pick<Binding, "environment">,
  { connection, tree }: { readonly connection: Connection; readonly tree: Traced | undefined },
): Reached {
  const origin: Origin = at(tree, "params")?.origin ?? { kind: "rule", rule: "connection" };
  const { to, ports, protocol } = external;
  const [kind, given] = "host" in to ? (["host", to.host] as const) : (["cidr", to.cidr] as const);
  const value = at(tree, ...paramPath(connection, environment, [kind])) ?? trace(given, origin);
  const written = at(tree, ...paramPath(connection, environment, ["port", "ports"]));
  const listed = written?.kind === "list" ? itemsOf(written) : [written];
  const [onlyPort, ...more] = ports;
  const host = kind === "host" ? given : onlyAddressOf(given);
  const port = more.length > 0 ? undefined : String(onlyPort);
  const shown = host?.includes(":") === true ? `[${host}]` : host;
  const uri = shown === undefined || port === undefined ? undefined : `${shown}:${port}`;
  return {
    values: { host, port, scheme: "", basePath: "", uri, url: uri },
    link: {
      kind: "external",
      to: { kind, value },
      ports: ports.map((number, position) => listed[position] ?? trace(number, origin)),
      protocol,
      origin,
    },
  };
}
