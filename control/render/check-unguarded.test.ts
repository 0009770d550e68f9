import { expect, test } from "vitest";
import { doc, renderTexts, service, surroundings } from "../specs-fixture.contract.ts";

type Api = { readonly path?: string; readonly levels: string; readonly className?: string; readonly type?: string };

const apiOf = (name: string, { path, levels, className = "default", type = "REST" }: Api): string =>
  path === undefined
    ? `    ${name}: {type: ${type}, className: ${className}, exposeLevels: [${levels}]${type === "TCP" ? ", gatewayPort: 5432" : ""}}\n`
    : `    ${name}: {type: ${type}, className: ${className}, rest: {backend: {port: 80, basePath: ${path}}, exposeLevels: [${levels}]}}\n`;

const jwt = "{jwks: https://login.example/keys, issuer: https://login.example, audience: [shop]}";
const guarded = doc("APIClass", "guarded", `  restPolicy: {defaults: {authentication: {type: jwt, jwt: ${jwt}}}}`);

type Case = { readonly open: Api; readonly admin: Api; readonly adminPort?: number; readonly domains?: string };

async function warningsOf({ open, admin, adminPort = 80, domains }: Case): Promise<readonly string[]> {
  const endpoint = (name: string, { type = "REST" }: Api, port: number): string =>
    `    ${name}: {type: ${type}, port: ${port}}\n`;
  const workload = `  endpoints:\n${endpoint("open", open, 80)}${endpoint("admin", admin, adminPort)}`;
  const claim = `  apis:\n${apiOf("open", open)}${apiOf("admin", admin).replace("port: 80", `port: ${adminPort}`)}`;
  const container = "  containers: {main: {image: a}}\n";
  const binding = doc(
    "ServiceBinding",
    "cart-dev",
    `  owner: {projectName: shop, componentName: cart}\n  environment: dev\n  domains: {open: [${domains ?? ""}]}\n  workloadSpec:\n  ${(container + workload).trimEnd().replaceAll("\n", "\n  ")}\n${claim}`,
  );
  const documents = [...service("cart", { workload, claim }), ...(domains === undefined ? [] : [binding])];
  const { problems } = await renderTexts(...surroundings, guarded, ...documents);
  expect(problems.filter(({ severity }) => severity === "error")).toEqual([]);
  return problems.flatMap(({ code, message, related = [] }) =>
    code === "unguarded-path" ? [message, ...related.map((one) => one.message)] : [],
  );
}

const wider = (path: string, level = "Public", shown = "Organization"): readonly string[] => [
  `API open of cart leads ${level} to ${path} of API admin at the same port, which is for ${shown} alone`,
  "API admin stands here",
];
const weaker = (path: string, level = "Public"): readonly string[] => [
  `API open of cart leads ${level} to ${path} of API admin at the same port, past what guards it`,
  "API admin stands here",
];
const toPublic: Api = { path: "/", levels: "Public" };
const byToken: Api = { path: "/admin", levels: "Organization", className: "guarded" };
const everywhere: Api = { path: "/admin", levels: "'Public', Organization", className: "guarded" };

test.for<Case & { readonly case: string; readonly yields: readonly string[] }>([
  { case: "a wider level that covers a path", open: toPublic, admin: byToken, yields: wider("/admin") },
  {
    case: "a path that only the project sees",
    open: { path: "/", levels: "Organization" },
    admin: { path: "/admin", levels: "Project" },
    yields: wider("/admin", "Organization", "its Project"),
  },
  {
    case: "a weaker policy at a narrower level",
    open: { path: "/", levels: "Organization" },
    admin: { ...byToken, levels: "Public" },
    yields: weaker("/admin", "Organization"),
  },
  {
    case: "a longer path below another",
    open: { path: "/v1", levels: "Public" },
    admin: { ...byToken, path: "/v1/admin/" },
    yields: wider("/v1/admin"),
  },
  {
    case: "TCP at the port of an API with a guard",
    open: { type: "TCP", levels: "Public" },
    admin: { ...byToken, levels: "Public" },
    yields: weaker("/admin"),
  },
  {
    case: "a domain that only the covering API has",
    open: toPublic,
    admin: { ...byToken, levels: "Public" },
    domains: "a.example",
    yields: weaker("/admin"),
  },
  { case: "both on the same hosts, where the longer path goes first", open: toPublic, admin: everywhere, yields: [] },
  { case: "another port", open: toPublic, admin: byToken, adminPort: 81, yields: [] },
  { case: "a path beside it", open: { path: "/adm", levels: "Public" }, admin: byToken, yields: [] },
  { case: "a narrower level with the same guard", open: { ...byToken, path: "/" }, admin: everywhere, yields: [] },
])("$case", async ({ yields, ...one }) => {
  expect(await warningsOf(one)).toEqual(yields);
});
