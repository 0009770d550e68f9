/**
 * The gateways that a data plane brings, as a Release of the plane itself: the class, gateway-external and gateway-internal
 * with their listeners, how they are reached, what leads HTTP to HTTPS, which TLS clients may use, and certificates where an
 * issuer is named.
 */
import { compareText } from "../../schemas/compare.ts";
import { organizationOf, planeOf } from "../../schemas/kinds.ts";
import { labelKeys } from "../../schemas/labels.ts";
import { planeKey } from "../../schemas/layout.ts";
import type { GatewaySettings } from "../../schemas/managed-gateways.ts";
import { gatewayNamespace } from "../../schemas/names.ts";
import { isEnvoyGateway } from "../validate/check-gateways.ts";
import {
  at,
  itemsOf,
  type Origin,
  ruled,
  scalarOf,
  type Traced,
  tracedList,
  tracedMap,
  type TracedMap,
} from "../load/traced.ts";
import type { DataPlaneDocument } from "../resolve/gateways.ts";
import { type Gateway, gatewaySides } from "./gateway-sides.ts";
import { routeApiVersion } from "./make-route.ts";
import { type Destination, makeManifest, type Manifest, type ObjectParts } from "./manifest.ts";
import { certificatesOf, type GatewayInputs, renderOwnCertificates } from "./render-certificates.ts";

const rule: Origin = { kind: "rule", rule: "gateway" };
const envoyApiVersion = "gateway.envoyproxy.io/v1alpha1";

/** Empty where the gateways are somebody else's. */
export function renderGateways(inputs: GatewayInputs, destination: Destination): readonly Manifest[] {
  const { document, certified } = inputs;
  const manage = document.resource.spec.gateway?.manage;
  const tree = at(document.tree, "spec", "gateway", "manage");
  if (manage === undefined || tree === undefined) return [];
  const className = at(tree, "className") ?? ruled(manage.className, "gateway");
  const controllerName = at(tree, "controllerName") ?? ruled(manage.controllerName, "gateway");
  const routes = routesOfThoseLetIn(document, tree);
  const gateways = Object.values(gatewaySides).flatMap(({ field, gateway: name }) => {
    const settings = manage[field];
    if (settings === undefined) return [];
    const secrets = certified.filter(({ side }) => side.gateway === name).flatMap(certificatesOf);
    const isTold = isEnvoyGateway(manage);
    const parts = { name, settings, tree: at(tree, field) ?? tree, className, secrets, routes, isTold };
    return gatewayObjects(parts, destination);
  });
  return [
    makeManifest({ apiVersion: "v1", kind: "Namespace", name: gatewayNamespace }, destination),
    makeManifest(
      {
        apiVersion: routeApiVersion,
        kind: "GatewayClass",
        name: manage.className,
        spec: tracedMap({ controllerName }, rule),
      },
      destination,
    ),
    ...gateways,
    ...renderOwnCertificates(inputs, destination),
  ];
}

/**
 * From namespaces of planes that say that they use these gateways, and of the owner or those that it shares with: what is claimed
 * is judged only where both say so, and routes of any other plane in the cluster would be nobody's to refuse. The plane's label,
 * which the engine sets, says both by itself, until an organization is let in no more: then its namespaces stay as they were,
 * and the organization's label closes the gateways at once. Listing the planes here instead would let a guest's unreadable
 * file hold up the gateways of all.
 */
function routesOfThoseLetIn({ resource }: DataPlaneDocument, tree: Traced): Traced {
  const byLabel: Origin = { kind: "rule", rule: "gateway-routes" };
  const letIn = new Map(itemsOf(at(tree, "sharedWith")).map((item) => [String(scalarOf(item)), item]));
  const owner = organizationOf(resource);
  letIn.set(owner, ruled(owner, "gateway-routes"));
  const values = [...letIn].toSorted(([a], [b]) => compareText(a, b)).map(([, organization]) => organization);
  const expression = tracedMap(
    {
      key: ruled(labelKeys.organization, "gateway-routes"),
      operator: ruled("In", "gateway-routes"),
      values: tracedList(values, byLabel),
    },
    byLabel,
  );
  const matchLabels = ruled({ [labelKeys.gateways]: planeKey(planeOf(resource)) }, "gateway-routes");
  const selector = tracedMap({ matchLabels, matchExpressions: tracedList([expression], byLabel) }, byLabel);
  return tracedMap(
    { namespaces: tracedMap({ from: ruled("Selector", "gateway-routes"), selector }, byLabel) },
    byLabel,
  );
}

type GatewayParts = {
  readonly name: Gateway;
  readonly settings: GatewaySettings;
  readonly tree: Traced;
  readonly className: Traced;
  /** That an issuer is asked for. */
  readonly secrets: readonly string[];
  /** `allowedRoutes` of what listens for other namespaces than the gateway's own. */
  readonly routes: Traced;
  /** Whether the controller can be told how the gateway is reached. */
  readonly isTold: boolean;
};

function gatewayObjects(parts: GatewayParts, destination: Destination): readonly Manifest[] {
  const { name, settings, tree, className, isTold } = parts;
  const make = (object: Pick<ObjectParts, "apiVersion" | "kind" | "name" | "spec">): Manifest =>
    makeManifest({ ...object, namespace: gatewayNamespace }, destination);
  const { http, https } = settings;
  const parametersRef = { group: "gateway.envoyproxy.io", kind: "EnvoyProxy", name };
  const infrastructure = isTold ? ruled({ parametersRef }, "gateway-service") : undefined;
  const listeners = tracedList(listenersOf(parts), rule);
  const spec = tracedMap({ gatewayClassName: className, infrastructure, listeners }, rule);
  const objects = [make({ apiVersion: routeApiVersion, kind: "Gateway", name, spec })];
  const proxy = { apiVersion: envoyApiVersion, kind: "EnvoyProxy", name } as const;
  if (isTold) objects.push(make({ ...proxy, spec: reachedBy(name, tree) }));
  if (https === undefined) return objects;
  const policy = { apiVersion: envoyApiVersion, kind: "ClientTrafficPolicy", name } as const;
  objects.push(make({ ...policy, spec: tlsVersions(name, https, tree) }));
  if (http !== undefined) {
    const redirect = { apiVersion: routeApiVersion, kind: "HTTPRoute", name: `${name}-redirect` } as const;
    objects.push(make({ ...redirect, spec: redirectOf(name, https.port, tree) }));
  }
  return objects;
}

/** Envoy Gateway makes a Service of type LoadBalancer for whatever it is told nothing of, which is on the internet in most clouds. */
const ownTypes: Readonly<Record<Gateway, string>> = {
  "gateway-external": "LoadBalancer",
  "gateway-internal": "ClusterIP",
};

function reachedBy(name: Gateway, tree: Traced): Traced {
  const by: Origin = { kind: "rule", rule: "gateway-service" };
  const envoyService = tracedMap(
    {
      type: at(tree, "service", "type") ?? ruled(ownTypes[name], "gateway-service"),
      annotations: at(tree, "service", "annotations"),
    },
    by,
  );
  const provider = { type: ruled("Kubernetes", "gateway-service"), kubernetes: tracedMap({ envoyService }, by) };
  return tracedMap({ provider: tracedMap(provider, by) }, by);
}

function listenersOf({ settings, tree, secrets, routes }: GatewayParts): readonly TracedMap[] {
  const { http, https, passthrough, tcp = [], udp = [] } = settings;
  const portOf = (field: string, port: number): Traced => at(tree, field, "port") ?? ruled(port, "gateway");
  const listeners: TracedMap[] = [];
  // From its own namespace alone where there is HTTPS: then nothing but the redirect hangs on it.
  if (http !== undefined)
    listeners.push(
      listener("http", "HTTP", { port: portOf("http", http.port), routes: https === undefined ? routes : ownRoutes }),
    );
  if (https !== undefined)
    listeners.push(
      listener("https", "HTTPS", { port: portOf("https", https.port), routes, tls: terminate(secrets, tree) }),
    );
  if (passthrough !== undefined)
    listeners.push(
      listener("tls", "TLS", {
        port: portOf("passthrough", passthrough.port),
        routes,
        tls: ruled({ mode: "Passthrough" }, "gateway"),
      }),
    );
  for (const [protocol, ports] of [["tcp", tcp] as const, ["udp", udp] as const])
    for (const [index, port] of ports.entries())
      listeners.push(
        listener(`${protocol}-${port}`, protocol.toUpperCase(), {
          port: at(tree, protocol, index) ?? ruled(port, "gateway"),
          routes,
        }),
      );
  return listeners;
}

const ownRoutes = ruled({ namespaces: { from: "Same" } }, "gateway-routes");

type ListenerParts = { readonly port: Traced; readonly routes: Traced; readonly tls?: Traced };

function listener(name: string, protocol: string, { port, routes, tls }: ListenerParts): TracedMap {
  return tracedMap(
    {
      name: ruled(name, "gateway"),
      port,
      protocol: ruled(protocol, "gateway"),
      tls,
      allowedRoutes: routes,
    },
    rule,
  );
}

function terminate(secrets: readonly string[], tree: Traced): Traced {
  const written = at(tree, "https", "certificates");
  const names =
    written?.kind === "list"
      ? written.items.map((one) => at(one, "name"))
      : secrets.map((name) => ruled(name, "gateway"));
  return tracedMap(
    {
      mode: ruled("Terminate", "gateway"),
      certificateRefs: tracedList(
        names.map((name) => tracedMap({ kind: ruled("Secret", "gateway"), name }, rule)),
        rule,
      ),
    },
    rule,
  );
}

type Https = NonNullable<GatewaySettings["https"]>;

function tlsVersions(name: Gateway, https: Https, tree: Traced): Traced {
  const target = { group: "gateway.networking.k8s.io", kind: "Gateway", name, sectionName: "https" };
  const tls = tracedMap(
    {
      minVersion: at(tree, "https", "minTLSVersion") ?? ruled(https.minTLSVersion, "gateway"),
      maxVersion: at(tree, "https", "maxTLSVersion") ?? ruled(https.maxTLSVersion, "gateway"),
    },
    rule,
  );
  return tracedMap({ targetRefs: ruled([target], "gateway"), tls }, rule);
}

/** The port is left out where it is HTTPS's own, so that no address that people see has it. */
function redirectOf(name: Gateway, port: number, tree: Traced): Traced {
  const requestRedirect = tracedMap(
    {
      scheme: ruled("https", "gateway"),
      port: port === 443 ? undefined : (at(tree, "https", "port") ?? ruled(port, "gateway")),
      statusCode: ruled(301, "gateway"),
    },
    rule,
  );
  const filter = tracedMap({ type: ruled("RequestRedirect", "gateway"), requestRedirect }, rule);
  return tracedMap(
    {
      parentRefs: ruled([{ name, sectionName: "http" }], "gateway"),
      rules: tracedList([tracedMap({ filters: tracedList([filter], rule) }, rule)], rule),
    },
    rule,
  );
}
