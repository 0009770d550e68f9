/** The gateways that a data plane brings itself: what listens, with which certificates, for which domains. */
import { z } from "zod";
import { Annotations, PortNumber } from "./kubernetes/formats.ts";
import { Name } from "./metadata.ts";
import { namedMap } from "./named-map.ts";
import { gatewayNamespace } from "./names.ts";

export const tlsVersions = ["1.2", "1.3"] as const;

const portLimit = 20;

/** A listener takes 64 certificates (Gateway API, certificateRefs), and one is the owner's. */
const guestLimit = 63;

const Certificate = z.strictObject({
  name: z
    .string()
    .max(253)
    .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/, {
      error: "must be the name of a Secret",
    })
    .describe(`A Secret of type kubernetes.io/tls in the namespace ${gatewayNamespace}.`),
});

const Issuer = z.strictObject({
  kind: z.enum(["ClusterIssuer", "Issuer"]).default("ClusterIssuer").describe("Its kind."),
  name: Name.describe(`Its name. An Issuer stands in the namespace ${gatewayNamespace}.`),
});

/** Checked by `control/validate/check-gateways.ts` too, which says more. */
const oneSource = {
  oneOf: [{ required: ["certificates"] }, { required: ["issuer"] }],
  "x-kubernetes-validations": [
    { rule: "has(self.certificates) != has(self.issuer)", message: "needs either certificates or an issuer" },
  ],
};

const Https = z
  .strictObject({
    port: PortNumber.default(443).describe("The port of HTTPS, gRPC over TLS and secure WebSockets."),
    certificates: z
      .array(Certificate)
      .min(1)
      .max(16)
      .exactOptional()
      .describe("Certificates that are there already; the one for a client's server name is presented."),
    issuer: Issuer.exactOptional().describe(
      "The issuer of cert-manager that certificates for all host names of the gateway are asked of.",
    ),
    minTLSVersion: z.enum(tlsVersions).default("1.2").describe("The oldest TLS that clients may use."),
    maxTLSVersion: z.enum(tlsVersions).default("1.3").describe("The newest TLS that clients may use."),
  })
  .meta(oneSource);

/** A certificate's wildcard stands for one label (RFC 6125). */
const Domain = z
  .string()
  .max(253)
  .regex(/^(\*\.)?[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/, {
    error: "must be a host name in lower case, such as shop.example.org or *.shop.example.org",
  });

const ports = z.array(PortNumber).max(portLimit);

export const serviceTypes = ["ClusterIP", "NodePort", "LoadBalancer"] as const;

const GatewayService = z.strictObject({
  type: z
    .enum(serviceTypes)
    .exactOptional()
    .describe(
      "The Service's type. By itself LoadBalancer for gateway-external and ClusterIP for gateway-internal, which nothing outside of the cluster reaches.",
    ),
  annotations: Annotations.refine((map) => Object.keys(map).length <= 20, { error: "must be at most 20" })
    .meta({ maxProperties: 20 })
    .exactOptional()
    .describe("Annotations of the Service, by which clouds are told what kind of load balancer it is to have."),
});

export const GatewaySettings = z.strictObject({
  http: z
    .strictObject({ port: PortNumber.default(80).describe("The port of HTTP.") })
    .exactOptional()
    .describe("HTTP without TLS. Where the gateway has HTTPS too, it only leads there."),
  https: Https.exactOptional().describe("HTTP over TLS that ends at the gateway."),
  passthrough: z
    .strictObject({ port: PortNumber.default(8443).describe("The port.") })
    .exactOptional()
    .describe("TLS that ends at the component, found by its server name."),
  service: GatewayService.exactOptional().describe(
    "The Service by which the gateway is reached. Envoy Gateway's alone.",
  ),
  tcp: ports.exactOptional().describe("Ports that TCP endpoints may ask for."),
  udp: ports.exactOptional().describe("Ports that UDP endpoints may ask for."),
  domains: z
    .array(Domain)
    .max(100)
    .exactOptional()
    .describe(
      "Domains, beside the virtual host, that Bindings of the own organization may give to endpoints. With *. in front, every name one label longer. All names at them and below them are the organization's.",
    ),
  guestDomains: namedMap(z.array(Domain).min(1).max(100), guestLimit)
    .exactOptional()
    .describe(
      "The same for organizations in `sharedWith`, by their names. Of what stands at or below virtual hosts and domains of the own organization they have only these.",
    ),
});
export type GatewaySettings = z.infer<typeof GatewaySettings>;

export const ManagedGateways = z.strictObject({
  className: Name.default("openchoreo").describe("What the GatewayClass is called."),
  controllerName: z
    .string()
    .max(253)
    .regex(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?\/[A-Za-z0-9/._~%!$&'()*+,;=:-]+$/, {
      error: "must be a domain and a path, such as gateway.envoyproxy.io/gatewayclass-controller",
    })
    .default("gateway.envoyproxy.io/gatewayclass-controller")
    .describe("The controller of the class: Envoy Gateway's."),
  external: GatewaySettings.exactOptional().describe("gateway-external, for what is exposed to the Public."),
  internal: GatewaySettings.exactOptional().describe("gateway-internal, for what is exposed to the Organization."),
  sharedWith: z
    .array(Name)
    .max(guestLimit)
    .exactOptional()
    .describe(
      "Organizations whose other planes in this cluster may use these gateways, each plane by its own `sharedFrom`. Routes are taken only from namespaces that the labels openchoreo.dev/organization and gitplane.dev/gateways say are of such a plane or of this one.",
    ),
});
export type ManagedGateways = z.infer<typeof ManagedGateways>;

export const SharedGateways = z.strictObject({
  organization: Name.describe("Whose plane it is."),
  name: Name.describe("The DataPlane that brings the gateways."),
});
