/**
 * What a Workload reaches: an endpoint of another component, or a host or addresses outside the cluster. One shape for both,
 * because the schema of a CRD has no choice of shapes; `connectionIn` says which of the two it is, in an environment.
 */
import { z } from "zod";
import { variableLimit } from "./container.ts";
import { HostName } from "./host-name.ts";
import { CidrBlock } from "./kubernetes/addresses.ts";
import { PortNumber, VariableName } from "./kubernetes/formats.ts";
import { Name } from "./metadata.ts";
import { namedMap } from "./named-map.ts";
import type { CelRule } from "./schema-node.ts";

export const connectionTypes = ["api", "external"] as const;
const protocols = ["TCP", "UDP"] as const;
const portLimit = 20;

/** `{{ .word }}` with a word that is known, as `control/resolve/connections.ts` substitutes it. */
const linkTemplate = /^(\{?[^{]|\{\{\s*\.(host|port|scheme|basePath|uri|url)\s*\}\})*\{?$/;

/** Names of the cluster's own, and addresses: a policy by host name would let nothing through to them. */
const ExternalHost = HostName.refine((host) => !/(^|\.)(svc|local|[0-9]+)$/.test(host), {
  error: "must be a host outside the cluster; write an address as cidr, such as 192.0.2.7/32",
}).meta({
  not: { pattern: "(^|[.])(svc|local|[0-9]+)$" },
  ...celRule(
    "!self.matches('(^|[.])(svc|local|[0-9]+)$')",
    "must be a host outside the cluster; an address is written as cidr",
  ),
});

const Params = z.strictObject({
  projectName: Name.exactOptional().describe("The other component's Project. The own one when absent."),
  componentName: Name.exactOptional().describe("The other Component. For `api`, which needs it."),
  endpoint: z.string().exactOptional().describe("The endpoint of its Workload. For `api`, which needs it."),
  host: ExternalHost.exactOptional().describe(
    "The host's name. For `external`; only planes with Cilium can keep to a name, and for others it is a Problem unless egress is open.",
  ),
  cidr: CidrBlock.exactOptional().describe("The block of addresses, instead of `host`. For `external`."),
  port: PortNumber.exactOptional().describe("The one port that is used. For `external`."),
  ports: z
    .array(PortNumber)
    .min(1)
    .max(portLimit)
    .exactOptional()
    .describe("The ports that are used, instead of `port`. For `external`."),
  protocol: z.enum(protocols).exactOptional().describe("What the ports speak. TCP when absent. For `external`."),
});
type Params = z.infer<typeof Params>;

/** Of each pair one is given, or neither where only what differs is said. */
const eitherOf = [
  ["host", "cidr"],
  ["port", "ports"],
] as const;
const apiFields = ["projectName", "componentName", "endpoint"] as const;
const externalFields = ["host", "cidr", "port", "ports", "protocol"] as const;
type Field = keyof Params;

export const Connection = z
  .strictObject({
    type: z.enum(connectionTypes).describe("`api` for another component, `external` for what is outside the cluster."),
    params: Params.describe("What is connected to."),
    environments: namedMap(Params)
      .exactOptional()
      .describe("What differs in an Environment, by its name: laid over `params` field by field."),
    inject: z
      .strictObject({
        env: z
          .array(
            z.strictObject({
              name: VariableName.describe("The variable's name."),
              value: z
                .string()
                .max(4096)
                .meta({ pattern: linkTemplate.source })
                .describe(
                  "Its value, with {{ .host }}, {{ .port }}, {{ .scheme }}, {{ .basePath }}, {{ .uri }} or {{ .url }}.",
                ),
            }),
          )
          .max(variableLimit)
          .describe("Variables that tell the way."),
      })
      .describe("How the container learns where the endpoint is."),
  })
  .superRefine(({ type, params, environments = {} }, context) => {
    const faults = [
      ...paramFaults(type, params).map((fault) => ({ ...fault, path: ["params", ...fault.path] })),
      ...missingFaults(type, params).map((message) => ({ message, path: ["params"] })),
      ...Object.entries(environments).flatMap(([name, over]) =>
        paramFaults(type, over).map((fault) => ({ ...fault, path: ["environments", name, ...fault.path] })),
      ),
    ];
    for (const fault of faults) context.addIssue({ code: "custom", ...fault });
  })
  .meta({ "x-kubernetes-validations": celRules() });
export type Connection = z.infer<typeof Connection>;

type Fault = { readonly message: string; readonly path: readonly string[] };

/** Fields of the other type, and two ways to say one thing. */
function paramFaults(type: Connection["type"], params: Params): readonly Fault[] {
  const foreign = fieldsOfOther(type)
    .filter((field) => params[field] !== undefined)
    .map((field) => ({ message: `is no parameter of a connection of type ${type}`, path: [field] }));
  const double = eitherOf
    .filter(([one, other]) => params[one] !== undefined && params[other] !== undefined)
    .map(([one, other]) => ({ message: `must not stand beside ${one}: one of the two counts`, path: [other] }));
  return [...foreign, ...double];
}

function fieldsOfOther(type: Connection["type"]): readonly Field[] {
  return type === "api" ? externalFields : apiFields;
}

function missingFaults(type: Connection["type"], params: Params): readonly string[] {
  if (type === "api")
    return (["componentName", "endpoint"] as const)
      .filter((field) => params[field] === undefined)
      .map((field) => `must have ${field}`);
  return eitherOf
    .filter((pair) => pair.every((field) => params[field] === undefined))
    .map(([one, other]) => `must have ${one} or ${other}`);
}

/** The same for API servers. */
function celRules(): readonly CelRule[] {
  const none = (params: string, fields: readonly string[]): string =>
    fields.map((field) => `!has(${params}.${field})`).join(" && ");
  const single = (params: string): string =>
    eitherOf.map(([one, other]) => `!(has(${params}.${one}) && has(${params}.${other}))`).join(" && ");
  const own = (params: string): string =>
    `(self.type == 'api' ? ${none(params, externalFields)} : ${none(params, apiFields)}) && ${single(params)}`;
  return [
    { rule: own("self.params"), message: "has parameters that do not belong together", fieldPath: ".params" },
    {
      rule: "self.type == 'api' ? has(self.params.componentName) && has(self.params.endpoint) : (has(self.params.host) || has(self.params.cidr)) && (has(self.params.port) || has(self.params.ports))",
      message: "needs componentName and endpoint, or for external a host or cidr, and a port or ports",
      fieldPath: ".params",
    },
    {
      rule: `!has(self.environments) || self.environments.all(name, ${own("self.environments[name]")})`,
      message: "has parameters that do not belong together",
      fieldPath: ".environments",
    },
  ];
}

function celRule(rule: string, message: string): { readonly "x-kubernetes-validations": readonly CelRule[] } {
  return { "x-kubernetes-validations": [{ rule, message }] };
}

export type ConnectionTarget =
  | { readonly type: "api"; readonly projectName?: string; readonly componentName: string; readonly endpoint: string }
  | {
      readonly type: "external";
      readonly to: { readonly host: string } | { readonly cidr: string };
      readonly ports: readonly number[];
      readonly protocol: (typeof protocols)[number];
    };

/** What a connection leads to in an environment; without one, where no environment says otherwise. */
export function connectionIn(
  { type, params, environments = {} }: Connection,
  environment: string | undefined,
): ConnectionTarget {
  const over = environment !== undefined && Object.hasOwn(environments, environment) ? environments[environment] : {};
  const { projectName, componentName = "", endpoint = "", ...outside } = layOver(params, over ?? {});
  if (type === "api") return { type, componentName, endpoint, ...(projectName !== undefined && { projectName }) };
  const { host = "", cidr, port, ports = [], protocol = "TCP" } = outside;
  return { type, to: cidr === undefined ? { host } : { cidr }, ports: port === undefined ? ports : [port], protocol };
}

/** One way to say a thing takes the place of the other. */
function layOver(params: Params, over: Params): Params {
  const replaced = eitherOf.filter((pair) => pair.some((field) => over[field] !== undefined)).flat();
  const kept = Object.entries(params).filter(([field]) => !replaced.some((one) => one === field));
  return { ...Object.fromEntries(kept), ...over };
}

/** Where the first of some parameters stands, from the connection: what is said of the environment goes before. */
export function paramPath(
  { params, environments = {} }: Connection,
  environment: string,
  fields: readonly Field[],
): readonly string[] {
  const over = Object.hasOwn(environments, environment) ? environments[environment] : undefined;
  const ownField = fields.find((field) => over?.[field] !== undefined);
  if (ownField !== undefined) return ["environments", environment, ownField];
  const field = fields.find((one) => params[one] !== undefined) ?? fields[0];
  return ["params", ...(field === undefined ? [] : [field])];
}
