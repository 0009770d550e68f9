/** A connection to what is outside the cluster: a host by its name, or a block of addresses. */
import { type Connection, type ConnectionTarget, paramPath } from "../../schemas/connection.ts";
import { onlyAddressOf } from "../../schemas/kubernetes/addresses.ts";
import type { Binding } from "../deploy/binding.ts";
import { at, itemsOf, ruled, type Traced } from "../load/traced.ts";
import type { Reached } from "./link.ts";

export type External = Extract<ConnectionTarget, { type: "external" }>;

/** `tree` is the connection's. */
export function describeExternal(
  external: External,
  { environment }: Pick<Binding, "environment">,
  { connection, tree }: { readonly connection: Connection; readonly tree: Traced | undefined },
): Reached {
  const { to, ports, protocol } = external;
  const [kind, given] = "host" in to ? (["host", to.host] as const) : (["cidr", to.cidr] as const);
  const value = at(tree, ...paramPath(connection, environment, [kind])) ?? ruled(given, "network-policy");
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
      ports: ports.map((number, position) => listed[position] ?? ruled(number, "network-policy")),
      protocol: at(tree, ...paramPath(connection, environment, ["protocol"])) ?? ruled(protocol, "network-policy"),
    },
  };
}
