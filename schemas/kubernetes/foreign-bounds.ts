/**
 * What the CustomResourceDefinitions of others take at most of what a component's Release has of them: items of a list, characters of
 * a text, a number. `[]` stands for every item of a list. `e2e/foreign-bounds.e2e.test.ts` holds the table against an API server's own
 * description, for every field that the fixtures and a class with every policy render.
 */

/** By field. */
export type FieldBounds = Readonly<Record<string, number>>;

const port = 65_535;
const count = 4_294_967_295;
const name = 253;
const namespace = 63;

const parent: FieldBounds = {
  "spec.parentRefs": 32,
  "spec.parentRefs[].name": name,
  "spec.parentRefs[].namespace": namespace,
};
const parentPort: FieldBounds = { "spec.parentRefs[].port": port };

function backends(rules: number): FieldBounds {
  return {
    "spec.rules": rules,
    "spec.rules[].backendRefs": 16,
    "spec.rules[].backendRefs[].name": name,
    "spec.rules[].backendRefs[].port": port,
  };
}

function hostnames(most: number): FieldBounds {
  return { "spec.hostnames": most, "spec.hostnames[]": name };
}

function headers(modifier: string): FieldBounds {
  const field = `spec.rules[].filters[].${modifier}`;
  return {
    [`${field}.set`]: 16,
    [`${field}.set[].name`]: 256,
    [`${field}.set[].value`]: 4096,
    [`${field}.add`]: 16,
    [`${field}.add[].name`]: 256,
    [`${field}.add[].value`]: 4096,
    [`${field}.remove`]: 16,
  };
}

const filters: FieldBounds = {
  "spec.rules[].filters": 16,
  ...headers("requestHeaderModifier"),
  ...headers("responseHeaderModifier"),
};

function limits(rules: string, most: number): FieldBounds {
  const selector = `${rules}[].clientSelectors`;
  return {
    [rules]: most,
    [selector]: 8,
    [`${selector}[].headers`]: 128,
    [`${selector}[].headers[].name`]: 256,
    [`${selector}[].headers[].value`]: 1024,
    [`${selector}[].path.value`]: 1024,
    [`${rules}[].limit.requests`]: count,
  };
}

function reference(field: string): FieldBounds {
  return { [`${field}.group`]: name, [`${field}.kind`]: 63, [`${field}.name`]: name };
}

/** By kind. */
export const foreignBounds: Readonly<Record<string, FieldBounds>> = {
  HTTPRoute: {
    ...parent,
    ...hostnames(16),
    ...backends(16),
    ...filters,
    "spec.parentRefs[].sectionName": name,
    "spec.rules[].filters[].requestRedirect.port": port,
    "spec.rules[].matches": 64,
    "spec.rules[].matches[].path.value": 1024,
    "spec.rules[].filters[].urlRewrite.path.replacePrefixMatch": 1024,
  },
  GRPCRoute: { ...parent, ...hostnames(16), ...backends(16), ...filters },
  TLSRoute: { ...parent, ...hostnames(1024), ...backends(1) },
  TCPRoute: { ...parent, ...parentPort, ...backends(1) },
  UDPRoute: { ...parent, ...parentPort, ...backends(1) },
  SecurityPolicy: {
    ...reference("spec.targetRefs[]"),
    "spec.jwt.providers": 16,
    "spec.jwt.providers[].name": name,
    "spec.jwt.providers[].issuer": name,
    "spec.jwt.providers[].audiences": 8,
    "spec.jwt.providers[].remoteJWKS.uri": name,
    ...reference("spec.apiKeyAuth.credentialRefs[]"),
    ...reference("spec.basicAuth.users"),
    "spec.authorization.rules[].operation.methods": 16,
    "spec.authorization.rules[].operation.path.value": 1024,
    "spec.authorization.rules[].principal.jwt.provider": name,
    "spec.authorization.rules[].principal.jwt.scopes": 16,
    "spec.authorization.rules[].principal.jwt.scopes[]": name,
    "spec.cors.allowOrigins[]": name,
  },
  BackendTrafficPolicy: {
    ...reference("spec.targetRefs[]"),
    ...limits("spec.rateLimit.local.rules", 16),
    ...limits("spec.rateLimit.global.rules", 256),
    "spec.circuitBreaker.maxConnections": count,
    "spec.circuitBreaker.maxPendingRequests": count,
    "spec.circuitBreaker.maxParallelRequests": count,
    "spec.circuitBreaker.maxParallelRetries": count,
    "spec.retry.retryOn.httpStatusCodes[]": 599,
  },
  ExternalSecret: {
    "spec.secretStoreRef.name": name,
    "spec.target.name": name,
    "spec.data[].secretKey": name,
  },
  CiliumNetworkPolicy: {
    "spec.ingress[].toPorts[].ports": 40,
    "spec.egress[].toPorts[].ports": 40,
    "spec.egress[].toFQDNs[].matchName": 255,
    "spec.egress[].toPorts[].rules.dns[].matchPattern": 255,
  },
};
