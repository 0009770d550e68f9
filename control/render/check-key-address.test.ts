/** Where gateways may ask for keys: what stands in the cluster is the platform's to name, and nobody's where clouds answer. */
import { expect, test } from "vitest";
import { doc, endpointOf, renderFilesOf, renderTexts, service, surroundings } from "../specs-fixture.contract.ts";
import { clusterOwner, docOf, problemsOf, tenant } from "../tenant-specs.contract.ts";
import { checkKeyAddress } from "./check-key-address.ts";

const plane = { kind: "data", organization: "owner", name: "main" } as const;

function messages(jwks: string, rank: number): readonly string[] {
  const policy = { authentication: { type: "jwt" as const, jwt: { jwks } } };
  return checkKeyAddress(policy, { standing: { plane, rank } }).map(({ message }) => message);
}

const linkLocal = [
  ["http://169.254.169.254/latest/meta-data", "169.254.169.254"],
  ["https://169.254.0.1:8443/keys", "169.254.0.1"],
  ["http://2852039166/keys", "169.254.169.254"],
  ["http://0xa9.0xfe.43518/keys", "169.254.169.254"],
  ["http://169.254.169.254./keys", "169.254.169.254"],
  ["http://user@169.254.169.254/keys", "169.254.169.254"],
  ["http://[fe80::1]/keys", "[fe80::1]"],
  ["http://[fd00:ec2::254]/keys", "[fd00:ec2::254]"],
  ["http://[::ffff:169.254.169.254]/keys", "[::ffff:a9fe:a9fe]"],
  ["http://[64:ff9b::169.254.169.254]/keys", "[64:ff9b::a9fe:a9fe]"],
] as const;

test.for(linkLocal)("nobody's class has keys at %s", ([jwks, host]) => {
  const told = [`its keys are at ${host}, which is link-local, where clouds hand out what the node may do`];
  expect([messages(jwks, 0), messages(jwks, 1)]).toEqual([told, told]);
});

test.for([
  "http://127.0.0.1:8080/keys",
  "http://localhost/keys",
  "http://identity.login.svc:8090/oauth2/jwks",
  "http://login.example/keys",
  "https://10.1.2.3/keys",
  "https://[fd00::1]/keys",
])("the class of whoever brings the gateways has keys at %s", (jwks) => {
  expect(messages(jwks, 0)).toEqual([]);
});

test.for([
  "https://identity/keys",
  "https://localhost/keys",
  "https://a.localhost/keys",
  "https://web.cell.svc/keys",
  "https://web.cell.svc./keys",
  "https://web.cell.svc.cluster.local/keys",
  "https://web.cell.svc.corp.example/keys",
  "https://pod.web.cell.svc.corp.example/keys",
  "https://printer.local/keys",
  "https://metadata.google.internal/keys",
  "https://web.dp-acme-shop-dev-0123abcd/keys",
  "https://127.0.0.1/keys",
  "https://0/keys",
  "https://10.1.2.3/keys",
  "https://100.100.100.200/keys",
  "https://172.31.0.1/keys",
  "https://192.168.1.1/keys",
  "https://[::]/keys",
  "https://[::1]/keys",
  "https://[fd12::1]/keys",
  "https://[::ffff:10.0.0.1]/keys",
  "https://[64:ff9b::10.0.0.1]/keys",
])("a guest's class has none at %s", (jwks) => {
  const host = new URL(jwks).hostname.replace(/\.$/, "");
  expect(messages(jwks, 2)).toEqual([
    `its keys are at ${host}, and would be asked for from within the cluster of organization owner`,
  ]);
});

test("a guest's class has none without TLS", () => {
  expect(messages("http://login.example/keys", 1)).toEqual([
    "its keys would be asked for without TLS, from within the cluster of organization owner",
  ]);
});

test.for([
  "https://login.example/keys",
  "https://login.example:8443/keys?a=b",
  "https://svc.example/keys",
  "https://login.svc.example/keys",
  "https://login.xn--p1ai/keys",
  "https://192.0.2.7/keys",
  "https://[2001:db8::7]/keys",
])("a guest's class has keys at %s", (jwks) => {
  expect(messages(jwks, 1)).toEqual([]);
});

const policy = (jwks: string): string =>
  `  restPolicy:\n    defaults:\n      authentication: {type: jwt, jwt: {jwks: "${jwks}"}}\n`;

test("it is told at the class's line, with the API, which is not rendered", async () => {
  const claim =
    "  apis:\n    api: {type: REST, className: guarded, exposeLevels: [Public], rest: {backend: {port: 80}}}\n";
  const { problems, releases } = await renderFilesOf(
    new Map([
      ["platform.yaml", surroundings.join("---\n")],
      ["class.yaml", doc("APIClass", "guarded", policy("http://169.254.169.254/keys"))],
      ["cart.yaml", service("cart", { workload: endpointOf("api", "REST", 80), claim }).join("---\n")],
    ]),
  );
  expect(
    problems.map(({ severity, code, place, related }) => ({
      told: `${severity} ${code} ${place.file}:${place.line}`,
      related: related?.map(({ place: at, message }) => `${at.file} ${message}`),
    })),
  ).toEqual([
    {
      told: "error unsupported-policy class.yaml:8",
      related: ["cart.yaml used by API api of cart, which is not rendered"],
    },
  ]);
  expect(releases.filter(({ path }) => path.startsWith("releases/"))).toEqual([]);
});

test.for([
  {
    who: "a guest",
    organization: "red",
    told: [
      "error unsupported-policy APIClass default: its keys would be asked for without TLS, from within the cluster of organization owner",
    ],
  },
  { who: "the owner", organization: "owner", told: [] },
])("at gateways that are shared, $who has its issuer in the cluster: $told", async ({ organization, told }) => {
  const texts = [...clusterOwner(["red"]), ...tenant({ organization: "red", project: "shop", component: "cart" })];
  const within = texts.map((text) =>
    text.includes("kind: APIClass\n") && text.includes(`namespace: ${organization}\n`)
      ? docOf(organization, ["APIClass", "default"], policy("http://identity.login.svc:8090/keys"))
      : text,
  );
  expect(problemsOf(await renderTexts(...within))).toEqual(told);
});
