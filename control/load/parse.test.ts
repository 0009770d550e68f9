import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Problem } from "../../schemas/problem.ts";
import { type ParsedFile, parseFile } from "./parse.ts";
import { doc, endpointOf, owner, service, workMs } from "../specs-fixture.contract.ts";

function parse(text: string | Uint8Array) {
  return parseFile("specs.yaml", Buffer.from(text));
}

/** `line:column code message`. */
function brief(problems: readonly Problem[]): readonly string[] {
  return problems.map(({ place, code, message }) => `${place.line}:${place.column} ${code} ${message}`);
}

const workload = (spec: string): string => doc("Workload", "cart", owner("cart") + spec);
const mainContainer = "  containers:\n    main:\n      image: a\n";

test.for([
  { case: "an empty file", text: "" },
  { case: "comments only", text: "# nothing here\n" },
  { case: "separators and comments", text: "---\n---\n# x\n---\n" },
  {
    case: "a byte order mark before a document",
    text: `\ufeff${doc("Project", "shop", "  deploymentPipelineRef: a")}`,
  },
  { case: "Windows line ends", text: doc("Project", "shop", "  deploymentPipelineRef: a").replaceAll("\n", "\r\n") },
  { case: "an anchor used twice", text: workload("  containers:\n    main: &c\n      image: a\n    side: *c\n") },
  {
    case: "quoted keys and flow style",
    text: '{"apiVersion": "openchoreo.dev/v1alpha1", kind: Organization, metadata: {name: a}}\n',
  },
])("takes $case", ({ text }) => {
  expect(brief(parse(text).problems)).toEqual([]);
});

test.for([
  ["a tab for indentation", "kind:\n\tx: 1\n", "2:1 yaml-syntax a tab stands where YAML reads the indentation"],
  ["a bracket left open", "kind: [a\n", "1:7 yaml-syntax the [ that is opened here is never closed"],
  ["one key twice", "kind: a\nkind: b\n", "2:1 yaml-syntax the key kind stands twice in one map"],
  ["an alias before its anchor", "kind: *a\n", "1:7 yaml-syntax nothing before this place is called &a"],
  ["a merge key", "a: &a {b: 1}\nc:\n  <<: *a\n", "3:3 unsupported-value merge keys are not part of YAML 1.2"],
  [
    "a merge key of YAML 1.1",
    "%YAML 1.1\n---\nc:\n  <<: {a: 1}\n",
    "4:3 unsupported-value merge keys are not part of YAML 1.2",
  ],
  ["an octal number", "mode: 0644\n", "1:7 unsupported-value 0644 is octal to YAML 1.1 and decimal to YAML 1.2"],
  [
    "a number too large to carry",
    "n: 9007199254740993\n",
    "1:4 unsafe-integer 9007199254740993 cannot be carried exactly",
  ],
  ["infinity", "n: 1e400\n", "1:4 unsupported-value 1e400 is not a value of a document"],
  [
    "a date of YAML 1.1",
    "%YAML 1.1\n---\nd: 2001-01-01\n",
    "3:4 unsupported-value 2001-01-01 is not a value of a document",
  ],
  ["a tag of its own", "a: !secret b\n", "1:4 yaml-syntax Unresolved tag: !secret"],
  ["a list", "- a\n", "1:1 foreign-document the document is not a map"],
  ["a ConfigMap", "apiVersion: v1\nkind: ConfigMap\n", "1:13 foreign-document ConfigMap of v1 is not one of ours"],
  [
    "a kind misspelt",
    doc("Servce", "a", ""),
    "2:7 foreign-document Servce of openchoreo.dev/v1alpha1 is not one of ours",
  ],
  ["a field misspelt", workload("  contaners: {}\n"), "9:3 schema spec.contaners: is not a field here"],
  [
    "a container without image",
    workload("  containers:\n    main: {}\n"),
    "10:11 schema spec.containers.main.image: is missing",
  ],
  [
    "a number for a text",
    workload("  containers:\n    main:\n      image: 1\n"),
    "11:14 schema spec.containers.main.image: must be a text, not a number",
  ],
  [
    "a port out of range",
    workload(mainContainer + endpointOf("api", "REST", 70000)),
    "15:13 schema spec.endpoints.api.port: must be at most 65535",
  ],
  [
    "an endpoint's type misspelt",
    workload(mainContainer + endpointOf("api", "Rest", 80)),
    "14:13 schema spec.endpoints.api.type: must be one of HTTP, REST, gRPC, GraphQL, Websocket, TCP, UDP",
  ],
  [
    "a name with capitals",
    doc("Project", "Shop", "  deploymentPipelineRef: a"),
    "4:9 schema metadata.name: must be 1 to 63 lower-case letters, digits and dashes, starting and ending with a letter or digit",
  ],
  [
    "a base path that climbs",
    service("a", {
      claim: "  apis:\n    api:\n      type: REST\n      rest:\n        backend: {port: 80, basePath: /a/../../b}\n",
    })[2] ?? "",
    "14:39 schema spec.apis.api.rest.backend.basePath: must not climb with ..",
  ],
] as const)("shows %s at its place", ([, text, problem]) => {
  const parsed = parse(text);
  expect(brief(parsed.problems).filter((line) => line === problem)).toEqual([problem]);
  expect(parsed.documents).toEqual([]);
  expect(parsed.spoiled).toHaveLength(1);
});

/** `line:column message → remedy`, for documents with one Problem. */
test.for([
  {
    slip: "a bracket over lines",
    text: "a: [\n  b,\nc: d\n",
    says: "1:4 the [ that is opened here is never closed → write the ] that closes it",
  },
  {
    slip: "a brace",
    text: "a: {b: 1\nc: 2\n",
    says: "1:4 the { that is opened here is never closed → write the } that closes it",
  },
  {
    slip: "an inner bracket",
    text: "a: {b: [1, 2\n",
    says: "1:8 the [ that is opened here is never closed → write the ] that closes it",
  },
  {
    slip: "a quote in a bracket",
    text: 'a: ["x]\nb: [1\n',
    says: '1:5 the " that is opened here is never closed → write the " that closes it',
  },
  {
    slip: "a quote",
    text: "a: 'x\nb: 1\n",
    says: "1:4 the ' that is opened here is never closed → write the ' that closes it",
  },
  {
    slip: "a tab",
    text: "a:\n\tb: 1\n",
    says: "2:1 a tab stands where YAML reads the indentation → indent with spaces",
  },
  {
    slip: "no space after a colon",
    text: "kind: A\nmetadata:\n  name:foo\n  namespace: x\n",
    says: "3:7 no space stands after this colon, so it is read as part of the name → put a space after the colon",
  },
  {
    slip: "no colon",
    text: "kind: A\nmetadata\n  name: a\n",
    says: "2:1 this line has no colon, so it is read together with the next as one name → write a colon and a space after the field's name",
  },
  {
    slip: "two colons",
    text: "a: b: c\n",
    says: "1:4 a second `: ` stands in one line → put the text in quotes, or start a new line for the inner field",
  },
  ...[
    { slip: "one blank too many", text: "a:\n  b: 1\n   c: 2\n", at: "3:4" },
    { slip: "one blank too few", text: "a:\n  b: 1\n c: 2\n", at: "3:2" },
    {
      slip: "an image too far left, then its neighbours",
      text: workload("  containers:\n    main:\n     image: r.example/a:1\n      args: [x]\n      env: []\n"),
      at: "11:6",
    },
    {
      slip: "an image too far left as one of two",
      text: workload("  containers:\n    main:\n     image: a\n      env: []\n"),
      at: "11:6",
    },
    {
      slip: "an image too far left between its neighbours",
      text: workload("  containers:\n    main:\n      args: [x]\n     image: a\n      env: []\n"),
      at: "12:6",
    },
    {
      slip: "a list too far right behind a value with a colon",
      text: workload(
        "  containers:\n    main:\n      image: r.example/a:1\n       env:\n        - key: A\n          value: b\n      args: []\n",
      ),
      at: "12:8",
    },
    {
      slip: "the first field too far right",
      text: workload("  containers:\n    main:\n       args: [x]\n      image: a\n      command: []\n      env: []\n"),
      at: "11:8",
    },
    {
      slip: "a field of an item too far right",
      text: "env:\n  - key: A\n     value: b\n  - key: C\n    value: d\n",
      at: "3:6",
    },
    { slip: "an item too far left", text: "env:\n  - key: A\n    value: b\n - key: B\n   value: c\n", at: "4:2" },
    { slip: "an item too far right", text: "env:\n  - key: A\n    value: b\n   - key: B\n", at: "4:4" },
    { slip: "a first field that is indented", text: "  a: 1\nb: 2\nc: 3\n", at: "2:1" },
  ].map(({ slip, text, at }) => ({
    slip,
    text,
    says: `${at} this line is indented differently from its neighbours → start the fields of one map, or the items of one list, in the same column`,
  })),
  {
    slip: "tabs, and what follows from them",
    text: "a:\n  b: 1\n\tc: 2\n  d: 1\n\te: 2\n   f: 2\n",
    says: "3:1 a tab stands where YAML reads the indentation, and in 1 more line → indent with spaces",
  },
  ...[
    { slip: "a schedule without quotes", text: "a:\n  schedule: * * * * *\n  b: 1\n", at: "2:13", sign: "*" },
    { slip: "a schedule of every fifth minute", text: "a:\n  schedule: */5 * * * *\n", at: "2:13", sign: "*" },
    { slip: "a template without quotes", text: "a:\n  - value: {{ .url }}\n", at: "2:12", sign: "{{" },
    { slip: "a template and more", text: "a: {{ .host }}:{{ .port }}/x\n", at: "1:4", sign: "{{" },
    { slip: "a sign that YAML keeps", text: "a: @x\n", at: "1:4", sign: "@" },
  ].map(({ slip, text, at, sign }) => ({
    slip,
    text,
    says: `${at} a text without quotes cannot start with ${sign} → put the text in quotes`,
  })),
  {
    slip: "another case of a kind",
    text: doc("project", "a", ""),
    says: "2:7 project of openchoreo.dev/v1alpha1 is not one of ours → did you mean kind Project?",
  },
  {
    slip: "another version",
    text: doc("Project", "a", "").replace("v1alpha1", "v1"),
    says: "1:13 Project of openchoreo.dev/v1 is not one of ours → use apiVersion openchoreo.dev/v1alpha1",
  },
  {
    slip: "a kind without apiVersion",
    text: "kind: Project\nmetadata:\n  name: a\n",
    says: "1:1 Project of no apiVersion is not one of ours → use apiVersion openchoreo.dev/v1alpha1",
  },
  {
    slip: "Kubernetes' apiVersion for a Service of ours",
    text: (service("a")[2] ?? "").replace("openchoreo.dev/v1alpha1", "v1"),
    says: "1:13 Service of v1 is not one of ours → use apiVersion openchoreo.dev/v1alpha1",
  },
  ...[
    ["v1", "Service"],
    ["v1", "Secret"],
    ["apps/v1", "Deployment"],
    ["apiextensions.k8s.io/v1", "CustomResourceDefinition"],
    ["argoproj.io/v1alpha1", "Application"],
  ].map(([version = "", kind = ""]) => ({
    slip: `a ${kind} of ${version}`,
    text: `apiVersion: ${version}\nkind: ${kind}\nspec: {}\n`,
    says: `1:13 ${kind} of ${version} is not one of ours → Kubernetes objects are rendered, not written here; list the file in .gitplaneignore`,
  })),
  {
    slip: "a Deployment of our apiVersion",
    text: doc("Deployment", "a", ""),
    says: "2:7 Deployment of openchoreo.dev/v1alpha1 is not one of ours → Kubernetes objects are rendered, not written here; list the file in .gitplaneignore",
  },
  {
    slip: "a file of another program",
    text: "services:\n  a: {}\n",
    says: "1:1 a document without kind of no apiVersion is not one of ours → use apiVersion openchoreo.dev/v1alpha1 and a kind that `gitplane explain` lists, or list the file in .gitplaneignore",
  },
  {
    slip: "a field of another level",
    text: workload(`${mainContainer}      endpoints: {}\n`),
    says: "12:7 spec.containers.main.endpoints: is not a field here → it is a field of spec: move it there",
  },
  {
    slip: "an unknown field without a value",
    text: workload(`${mainContainer}  conections:\n`),
    says: "12:3 spec.conections: is not a field here → did you mean connections?",
  },
  {
    slip: "a field without its value",
    text: doc("Project", "a", "  deploymentPipelineRef:"),
    says: "6:25 spec.deploymentPipelineRef: has no value → write a text",
  },
  {
    slip: "an enum of another case",
    text: workload(mainContainer + endpointOf("api", "rest", 80)),
    says: "14:13 spec.endpoints.api.type: must be one of HTTP, REST, gRPC, GraphQL, Websocket, TCP, UDP → did you mean REST?",
  },
  {
    slip: "a number in quotes",
    text: workload(mainContainer + endpointOf("api", "REST", 80).replace("80", '"80"')),
    says: "15:13 spec.endpoints.api.port: must be a number, not a text → remove the quotes",
  },
  {
    slip: "a variable named as in Kubernetes",
    text: workload(`${mainContainer}      env:\n        - name: A\n          value: b\n`),
    says: "13:11 spec.containers.main.env.0.name: is not a field here → did you mean key?",
  },
  {
    slip: "a connection's variable keyed as a container's",
    text: workload(
      `${mainContainer}  connections:\n    a:\n      type: api\n      params: {componentName: b, endpoint: c}\n      inject:\n        env:\n          - key: A\n            value: b\n`,
    ),
    says: "18:13 spec.connections.a.inject.env.0.key: is not a field here → did you mean name?",
  },
  {
    slip: "no line between two documents",
    text: doc("Project", "a", "  deploymentPipelineRef: b").repeat(2),
    says: "7:1 a second document starts here in the same map → start the next document with a line ---",
  },
  {
    slip: "no line between two documents with their kind first",
    text: "kind: Project\nmetadata: {name: a}\nkind: Project\nmetadata: {name: b}\n",
    says: "3:1 a second document starts here in the same map → start the next document with a line ---",
  },
  {
    slip: "a name with a capital",
    text: doc("Project", "Stock", "  deploymentPipelineRef: a"),
    says: "4:9 metadata.name: must be 1 to 63 lower-case letters, digits and dashes, starting and ending with a letter or digit → did you mean stock?",
  },
  {
    slip: "a container's name with a capital",
    text: workload("  containers:\n    Main:\n      image: a\n"),
    says: "10:5 spec.containers.Main: the name must be 1 to 63 lower-case letters, digits and dashes, starting and ending with a letter or digit → did you mean main?",
  },
  {
    slip: "an image with a capital",
    text: workload("  containers:\n    main:\n      image: Images/Web\n"),
    says: "11:14 spec.containers.main.image: must be an image reference such as registry.example/team/app:1.2, in lower case and without https:// → did you mean images/web?",
  },
  {
    slip: "a port beyond all",
    text: workload(mainContainer + endpointOf("api", "REST", 99999)),
    says: "15:13 spec.endpoints.api.port: must be at most 65535 → write a number from 1 to 65535",
  },
  {
    slip: "a port left out",
    text: workload(mainContainer + endpointOf("api", "REST", 80).replace(/ +port.*\n/, "")),
    says: "14:7 spec.endpoints.api.port: is missing → add it: a number from 1 to 65535",
  },
  {
    slip: "a window in words",
    text: doc(
      "APIClass",
      "a",
      "  restPolicy:\n    defaults:\n      rateLimit:\n        requests: 5\n        window: 1 minute",
    ),
    says: "10:17 spec.restPolicy.defaults.rateLimit.window: must be a duration, such as 30s, 5m or 1h → did you mean 1m?",
  },
  {
    slip: "keys of tokens left out",
    text: doc(
      "APIClass",
      "a",
      "  restPolicy:\n    defaults:\n      authentication:\n        type: jwt\n        jwt:\n          issuer: https://a.example",
    ),
    says: "11:11 spec.restPolicy.defaults.authentication.jwt.jwks: is missing → add it: a text, such as https://example.org/keys",
  },
  {
    slip: "a schedule with seconds",
    text: doc("ScheduledTaskClass", "a", "  cronJobTemplate:\n    schedule: 0 0 3 * * *"),
    says: "7:15 spec.cronJobTemplate.schedule: a schedule has 5 fields (minute, hour, day of month, month, day of week) or is a word such as @daily → seconds are not a field here: write 0 3 * * *",
  },
  {
    slip: "a map for a list",
    text: workload(`${mainContainer}      env:\n        key: a\n`),
    says: "13:9 spec.containers.main.env: must be a list, not a map → write a list: `- ` in front of each item",
  },
  {
    slip: "a colon without a space as the only field",
    text: doc("Project", "a", "  deploymentPipelineRef:line"),
    says: "6:3 spec: must be a map, not a text → put a space after the colon",
  },
])("names the slip: $slip", ({ text, says }) => {
  expect(
    parse(text).problems.map(({ place, message, remedy }) => `${place.line}:${place.column} ${message} → ${remedy}`),
  ).toEqual([says]);
});

test("says at each document that the line before it is missing", () => {
  expect(brief(parse(doc("Project", "a", "  deploymentPipelineRef: b").repeat(3)).problems)).toEqual(
    [7, 13].map((line) => `${line}:1 yaml-syntax a second document starts here in the same map`),
  );
});

test("tells lines that are off in two maps apart", () => {
  expect(brief(parse("a:\n  b: 1\n   c: 2\nd:\n  e: 1\n   f: 2\n").problems)).toEqual(
    [3, 6].map((line) => `${line}:4 yaml-syntax this line is indented differently from its neighbours`),
  );
});

test("says where the reader gave up beside what was left open", () => {
  expect(parse("a: [\n  b\nc: d\n").problems[0]?.related).toEqual([
    { place: { file: "specs.yaml", line: 3, column: 1 }, message: "at the latest it closes before this" },
  ]);
});

test("tells every mistake of a document, once each", () => {
  const text = workload(
    "  containers:\n    main:\n      imge: a\n      env:\n        - key: A B\n          value: 1\n  endponts: {}\n",
  );
  expect(brief(parse(text).problems).toSorted()).toEqual(
    [
      "11:7 schema spec.containers.main.imge: is not a field here",
      "13:16 schema spec.containers.main.env.0.key: must be a name of letters, digits, _, - and .",
      "14:18 schema spec.containers.main.env.0.value: must be a text, not a number",
      "15:3 schema spec.endponts: is not a field here",
    ].toSorted(),
  );
});

test("a schema error spoils its document and no other of the file", () => {
  const parsed = parse(
    [doc("Project", "a", "  x: 1"), doc("Project", "b", "  deploymentPipelineRef: line")].join("---\n"),
  );
  expect(parsed.documents.map(({ resource }) => resource.metadata.name)).toEqual(["b"]);
  expect(parsed.spoiled).toEqual([{ text: doc("Project", "a", "  x: 1"), mayHoldMore: false }]);
});

test("a syntax error spoils the whole file", () => {
  const parsed = parse(`${doc("Project", "a", "  deploymentPipelineRef: line")}---\na: [\n`);
  expect({ documents: parsed.documents.length, spoiled: parsed.spoiled.length }).toEqual({ documents: 0, spoiled: 1 });
});

test.for([
  { case: "a text that ends within a line", text: "apiVersion: openchoreo.dev/v1alpha1\nkind: Compon" },
  { case: "a document of ours without a name", text: "apiVersion: openchoreo.dev/v1alpha1\nkind: Component\n" },
  { case: "a Workload without an owner", text: doc("Workload", "a", "  containers: {}") },
])("$case may have held anything", ({ text }) => {
  expect(parse(text).spoiled).toEqual([{ text, mayHoldMore: true }]);
});

test("C32 keys of JavaScript's own objects are keys, but for the one that schemas pass over", () => {
  const group = (scope: string): ParsedFile =>
    parse(doc("ConfigurationGroup", "a", `  scope:\n${scope}  configurations: []`));
  const [kept] = group('    constructor: "1"\n').documents;
  expect(kept?.resource.spec).toEqual({ scope: { constructor: "1" }, configurations: [] });
  expect(group("    __proto__: polluted\n").problems.map(({ code, place }) => [code, place.line])).toEqual([
    ["unsupported-value", 7],
  ]);
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
});

const megabyte = (unit: string): string => unit.repeat(Math.floor((1024 * 1024 - 1) / unit.length));
const many = (count: number, line: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => line(index)).join("");

describe("within a second, whatever a megabyte of it", () => {
  test.for([
    ["brackets", megabyte("[")],
    ["dashes", megabyte("- ")],
    ["keys", many(70_000, (index) => `k${index}: 1\n`)],
    ["nested keys", many(1400, (index) => `${" ".repeat(index)}a:\n`)],
    ["empty lines", megabyte("\n")],
    ["quotes", megabyte('"')],
    ["escapes", `- "${megabyte("\\x")}`],
    ["commas", `[${megabyte(",")}`.slice(1)],
    ["directives", megabyte("%a\n")],
    ["documents", megabyte("---\na\n")],
    ["aliases", `a: &a 1\nb:\n${many(20_000, () => "- *a\n")}`],
    ["bombs", `a: &a0 [1,1]\n${many(60, (index) => `b${index}: &a${index + 1} [*a${index},*a${index}]\n`)}`],
    [
      "unknown fields",
      doc(
        "Project",
        "a",
        many(15_000, (index) => `  k${index}: 1\n`),
      ),
    ],
    ["environment variables", workload(`${mainContainer}      env:\n${many(8_000, () => "        - key: A B\n")}`)],
    ["bytes that are no text", Buffer.alloc(1024 * 1024, 0xff)],
    ["more than a megabyte", Buffer.alloc(8 * 1024 * 1024, 0x61)],
  ] as const)("%s are refused with a Problem", ([, text]) => {
    const startedMs = workMs();
    const { problems } = parse(text);
    expect(workMs() - startedMs).toBeLessThan(1000);
    expect(problems.length).toBeGreaterThan(0);
    expect(problems.length).toBeLessThanOrEqual(100);
  });
});

test("whatever bytes come, the answer is documents or Problems within the file", () => {
  const seed = Buffer.from(service("cart", { workload: endpointOf("api", "REST", 8080) }).join("---\n"));
  const mutation = fc.record({
    at: fc.nat(seed.length),
    remove: fc.nat(12),
    insert: fc.oneof(
      fc.string(),
      fc.constantFrom(
        "\n  ",
        "---\n",
        "&a ",
        "*a",
        "{",
        "]",
        '"',
        "\\",
        ": ",
        "- ",
        "\t",
        "!!binary ",
        "\0",
        "? ",
        "|\n",
        "%YAML 1.1\n",
      ),
    ),
  });
  fc.assert(
    fc.property(fc.array(mutation, { minLength: 1, maxLength: 6 }), (mutations) => {
      let bytes = seed;
      for (const { at, remove, insert } of mutations)
        bytes = Buffer.concat([bytes.subarray(0, at), Buffer.from(insert), bytes.subarray(at + remove)]);
      const { problems, documents, spoiled } = parseFile("a.yaml", bytes);
      const lines = bytes.toString("utf8").split("\n");
      for (const { place } of problems) {
        expect(place.line).toBeLessThanOrEqual(lines.length);
        expect(place.column).toBeLessThanOrEqual((lines[place.line - 1]?.length ?? 0) + 1);
      }
      expect(problems.length > 0 || spoiled.length === 0).toBe(true);
      for (const { text } of documents) expect(bytes.toString("utf8")).toContain(text);
    }),
    { numRuns: 400 },
  );
});
