import { expect, test } from "vitest";
import { doc, owner, renderTexts, service, surroundings } from "../specs-fixture.contract.ts";

const argument = (name: string): string =>
  `secret-like-value argument ${name} is named like a secret, and its value stands in Git`;
const header = (name: string): string =>
  `secret-like-value header ${name} looks like a credential, and its value stands in Git`;

async function warningsOf(...documents: readonly string[]): Promise<readonly string[]> {
  const { problems } = await renderTexts(...surroundings, ...documents);
  expect(problems.filter(({ code }) => code === "schema")).toEqual([]);
  return problems
    .filter(({ code }) => code === "secret-like-value")
    .map(({ code, severity, message }) => (severity === "warning" ? `${code} ${message}` : severity));
}

const quoted = (texts: readonly string[]): string => JSON.stringify(texts);

test.for([
  { args: ["--password=hunter2"], yields: [argument("password")] },
  { args: ["-token=hunter2", "--port=80"], yields: [argument("token")] },
  { args: ["--db.api-key", "hunter2"], yields: [argument("db.api-key")] },
  { args: ["-c", "exec app --password 'hunter2' --port 80"], yields: [argument("password")] },
  { args: ["-c", "DB_PASSWORD=hunter2 exec app"], yields: [argument("DB_PASSWORD")] },
  { args: ["-H", "Authorization: Bearer hunter2"], yields: [header("Authorization")] },
  { args: ["-c", "curl -H 'authorization: Basic aHVudGVyMg==' x"], yields: [header("authorization")] },
  { args: ["--password=$(DB_PASSWORD)", "--token=/run/token", "--password-file=hunter2"], yields: [] },
  { args: ["--password", "--token", "-c", 'app --password "$PASSWORD" --token'], yields: [] },
  { args: ["--tokens=3", "--token=<token>", "password", "-H", "Authorization: Bearer $(TOKEN)"], yields: [] },
])("arguments $args", async ({ args, yields }) => {
  const workload = `  containers: {main: {image: a, args: ${quoted(args)}}}\n`;
  expect(await warningsOf(...service("cart", { workload }))).toEqual(yields);
  expect(await warningsOf(...service("cart", { workload: workload.replace("args:", "command:") }))).toEqual(yields);
});

test("arguments of classes and of an environment's override are read too", async () => {
  const container = "{name: main, args: [--password=hunter2]}";
  const ofClass = doc("ServiceClass", "b", `  deploymentTemplate: {template: {spec: {containers: [${container}]}}}`);
  const override = doc(
    "ServiceBinding",
    "cart-dev",
    `${owner("cart")}  environment: dev\n  workloadSpec: {containers: {main: {image: a}}}\n  environmentOverrides: {containers: {main: {args: [--token=hunter2]}}}`,
  );
  expect(await warningsOf(ofClass, ...service("cart"), override)).toEqual([argument("password"), argument("token")]);
});

test.for([
  { name: "Authorization", value: "Basic c2VjcmV0", yields: [header("Authorization")] },
  { name: "proxy-authorization", value: "bearer hunter2", yields: [header("proxy-authorization")] },
  { name: "Authorization", value: "hunter2", yields: [header("Authorization")] },
  { name: "X-Upstream", value: "Basic c2VjcmV0", yields: [header("X-Upstream")] },
  { name: "X-API-Key", value: "hunter2", yields: [header("X-API-Key")] },
  { name: "X-Auth-Token", value: "hunter2", yields: [header("X-Auth-Token")] },
  { name: "Authorization", value: "Bearer <token>", yields: [] },
  { name: "WWW-Authenticate", value: "Basic realm=shop", yields: [] },
  { name: "X-Tenant", value: "partners", yields: [] },
])("header $name of $value", async ({ name, value, yields }) => {
  const setHeader = `{action: setHeader, headerName: ${name}, headerValue: "${value}"}`;
  const levels = ["requestTransformations", "responseTransformations"].map((side) =>
    doc("APIClass", "guarded", `  restPolicy: {defaults: {mediation: {${side}: [${setHeader}]}}}`),
  );
  for (const level of levels) expect(await warningsOf(level)).toEqual(yields);
  const probe = `{name: main, livenessProbe: {httpGet: {port: 80, httpHeaders: [{name: ${name}, value: "${value}"}]}}}`;
  const ofClass = doc("ServiceClass", "b", `  deploymentTemplate: {template: {spec: {containers: [${probe}]}}}`);
  expect(await warningsOf(ofClass)).toEqual(yields);
});
