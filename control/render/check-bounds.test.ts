/** Objects at the bounds of their definitions render, and one beyond is a Problem at what is too much. */
import { describe, expect, test } from "vitest";
import { doc, endpointOf, owner, renderFilesOf, service, surroundings } from "../specs-fixture.contract.ts";

type Case = {
  readonly bound: string;
  readonly most: number;
  /** The document that has so many of it, and what is around that. */
  readonly of: (count: number) => { readonly written: string; readonly around: readonly string[] };
  /** Of one beyond: `line:column message; remedy`. */
  readonly yields: string;
};

const jwt = "jwt: {jwks: https://login.example/keys}";
const basePath = "b".repeat(504);
/** `/default/shop/cart/<basePath>`. */
const baseLength = 523;

const repeat = (count: number, item: (index: number) => string): readonly string[] =>
  Array.from({ length: count }, (_, index) => item(index));

/** A service `cart` whose API at both levels has the class. */
function guarded(policy: string) {
  return {
    written: doc("APIClass", "guarded", `  restPolicy:\n    defaults:\n${policy}`),
    around: service("cart", {
      workload: endpointOf("api", "REST", 80),
      claim: `  apis:\n    api: {type: REST, className: guarded, rest: {backend: {port: 80, basePath: ${basePath}}, exposeLevels: [Organization, Public]}}\n`,
    }),
  };
}

function operation(fields: string): string {
  return `      operations:\n        - ${fields}\n`;
}

function transformed(count: number, transformation: (index: number) => string) {
  const lines = repeat(count, (index) => `          - ${transformation(index)}\n`).join("");
  return guarded(`      mediation:\n        requestTransformations:\n${lines}`);
}

/** A path that is so long with the API's own before it. */
const pathOf = (length: number): string => `/${"v".repeat(length - baseLength - 1)}`;
const tooLong = (kind: string, size: number): string =>
  `${size} characters of an operation's path, with the API's own before it, and ${kind} takes 1024 at most; shorten the path or the API's basePath`;

const cases: readonly Case[] = [
  {
    bound: "hosts of a web application, with the one that it has anyway",
    most: 16,
    of: (count) => ({
      written: doc(
        "WebApplicationBinding",
        "front-dev",
        `${owner("front")}  environment: dev\n  workloadSpec: {containers: {main: {image: a}}, endpoints: {web: {type: HTTP, port: 80}}}\n  domains:\n    web:\n${repeat(count - 1, (index) => `      - d${index}.example.org\n`).join("")}`,
      ),
      around: [
        doc("Component", "front", "  owner:\n    projectName: shop\n  type: WebApplication"),
        doc("Workload", "front", `${owner("front")}  containers: {main: {image: a}}\n${endpointOf("web", "HTTP", 80)}`),
        doc("WebApplication", "front", `${owner("front")}  workloadName: front`),
      ],
    }),
    yields: "28:9 17 hosts of a route, and HTTPRoute takes 16 at most; name fewer domains",
  },
  {
    bound: "characters of a path that nobody may call",
    most: 1024,
    of: (count) => guarded(operation(`{access: Deny, path: {value: ${pathOf(count)}}}`)),
    yields: `9:40 ${tooLong("SecurityPolicy", 1025)}`,
  },
  {
    bound: "characters of a path that is counted",
    most: 1024,
    of: (count) => guarded(operation(`{path: {value: ${pathOf(count)}}, rateLimit: {requests: 1, window: 1s}}`)),
    yields: `9:26 ${tooLong("BackendTrafficPolicy", 1025)}`,
  },
  {
    bound: "characters of an exact path that is counted, with the pattern of a query behind it",
    most: 1014,
    of: (count) =>
      guarded(operation(`{path: {type: Exact, value: ${pathOf(count)}}, rateLimit: {requests: 1, window: 1s}}`)),
    yields: `9:39 ${tooLong("BackendTrafficPolicy", 1025)}`,
  },
  {
    bound: "scopes of an operation with the policy's ten",
    most: 6,
    of: (count) =>
      guarded(
        `      authentication: {type: oauth2, ${jwt}, oauth2: {scopes: [${repeat(10, (index) => `p${index}`).join(", ")}]}}\n${operation(`{methods: [GET], scopes: [${repeat(count, (index) => `s${index}`).join(", ")}]}`)}`,
      ),
    yields: "10:61 17 scopes of an operation and its policy, and SecurityPolicy takes 16 at most; ask for fewer",
  },
  {
    bound: "methods of an operation",
    most: 16,
    of: (count) => guarded(operation(`{access: Deny, methods: [${repeat(count, () => "GET").join(", ")}]}`)),
    yields: "9:116 17 methods of an operation, and SecurityPolicy takes 16 at most; name each once",
  },
  {
    bound: "headers that are set",
    most: 16,
    of: (count) => transformed(count, (index) => `{action: setHeader, headerName: X-${index}, headerValue: a}`),
    yields: "26:13 17 headers that are set, and HTTPRoute takes 16 at most; set fewer",
  },
  {
    bound: "headers that are added",
    most: 16,
    of: (count) => transformed(count, (index) => `{action: addHeader, headerName: X-${index}, headerValue: a}`),
    yields: "26:13 17 headers that are added, and HTTPRoute takes 16 at most; add fewer",
  },
  {
    bound: "headers that are removed",
    most: 16,
    of: (count) => transformed(count, (index) => `{action: removeHeaders, headers: [X-${index}]}`),
    yields: "26:47 17 headers that are removed, and HTTPRoute takes 16 at most; remove fewer",
  },
  {
    bound: "ports behind a gateway",
    most: 40,
    of: (count) => {
      const [component = "", workload = "", claim = ""] = service("cart", {
        workload: `  endpoints:\n${repeat(count, (index) => `    e${index}: {type: REST, port: ${1000 + index}}\n`).join("")}`,
        claim: `  apis:\n${repeat(count, (index) => `    e${index}: {type: REST, rest: {backend: {port: ${1000 + index}, basePath: e${index}}, exposeLevels: [Public]}}\n`).join("")}`,
      });
      return { written: workload, around: [component, claim] };
    },
    yields:
      "53:29 41 ports behind one gateway, and CiliumNetworkPolicy takes 40 at most; expose fewer, or more endpoints at one port",
  },
];

async function errorsOf({ of }: Case, count: number): Promise<readonly string[]> {
  const { written, around } = of(count);
  const files = new Map([
    ["written.yaml", written],
    ["around.yaml", [...surroundings, ...around].join("---\n")],
  ]);
  const { problems } = await renderFilesOf(files);
  return problems
    .filter(({ severity }) => severity === "error")
    .map(
      ({ place, code, message, remedy }) => `${place.file} ${code} ${place.line}:${place.column} ${message}; ${remedy}`,
    );
}

describe("as many as a definition takes, and one more:", () => {
  test.for(cases)("$bound", async (one) => {
    expect(await errorsOf(one, one.most)).toEqual([]);
    expect(await errorsOf(one, one.most + 1)).toEqual([`written.yaml unsupported-value ${one.yields}`]);
  });
});

test("what changes headers in different ways is counted by the way", async () => {
  const { written, around } = transformed(32, (index) => {
    const action = index % 2 === 0 ? "setHeader" : "addHeader";
    return `{action: ${action}, headerName: X-${index}, headerValue: a}`;
  });
  const { problems } = await renderFilesOf(
    new Map([["specs.yaml", [...surroundings, written, ...around].join("---\n")]]),
  );
  expect(problems).toEqual([]);
});
