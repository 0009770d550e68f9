/** Texts that are known to make YAML readers, schemas and patterns crash, hang or eat memory. Each is a mistake. */

export const header = "apiVersion: openchoreo.dev/v1alpha1\nkind: Project\nmetadata:\n  name: a\n";

function numbers(count: number): readonly number[] {
  return Array.from({ length: count }, (_, number) => number);
}

export function aliasBombs(): readonly (readonly [string, string])[] {
  const levels = numbers(30).slice(1);
  const bomb = (first: string, next: (level: number) => string) =>
    `${header}spec:\n  a0: &a0 ${first}\n${levels.map((level) => `  a${level}: &a${level} ${next(level)}\n`).join("")}`;
  const nine = (level: number) => numbers(9).map(() => `*a${level - 1}`);
  return [
    ["lists", bomb("[x, x]", (level) => `[${nine(level).join(", ")}]`)],
    [
      "maps",
      bomb(
        "{x: x}",
        (level) =>
          `{${nine(level)
            .map((alias, at) => `k${at}: ${alias}`)
            .join(", ")}}`,
      ),
    ],
    ["merge keys", bomb("{x: x}", (level) => `{<<: [${nine(level).join(", ")}], y${level}: 1}`)],
    [
      "block lists",
      bomb(
        "[x, x]",
        (level) =>
          `\n${nine(level)
            .map((alias) => `    - ${alias}\n`)
            .join("")}`,
      ),
    ],
    [
      "anchors within anchors",
      `${header}spec: ${numbers(50)
        .map((level) => `&b${level} [`)
        .join("")}x${numbers(50)
        .map(() => "]")
        .join("")}\nc: [${numbers(90)
        .map((level) => `*b${level % 50}`)
        .join(", ")}]\n`,
    ],
    ["aliases to itself", `${header}spec: &s\n  a: *s\n  b: [*s, *s]\n`],
    [
      "one anchor used 100,000 times",
      `${header}spec:\n  a: &a ${"[".repeat(90)}${"]".repeat(90)}\n  b: [${"*a, ".repeat(30_000)}]\n`,
    ],
    [
      "keys",
      `${header}spec:\n  a: &a x\n${numbers(5000)
        .map((number) => `  ? [*a, ${number}]\n  : *a\n`)
        .join("")}`,
    ],
  ];
}

export function deepNesting(levels: number): readonly (readonly [string, string])[] {
  const around = (open: string, close: string, inside = "x") =>
    `${header}spec: ${open.repeat(levels)}${inside}${close.repeat(levels)}\n`;
  return [
    ["lists in brackets", around("[", "]")],
    ["lists in brackets that never close", `${header}spec: ${"[".repeat(levels)}\n`],
    ["maps in braces", around("{a: ", "}")],
    ["maps in braces that never close", `${header}spec: ${"{a: ".repeat(levels)}\n`],
    ["quoted keys in braces", around('{"a": ', "}", '"')],
    ["lists of maps in brackets", around("[{a: ", "}]")],
    ["keys in brackets", around("? [", "]")],
    ["brackets that close only", `${header}spec: ${"]".repeat(levels)}\n`],
    ["list items on one line", `${header}spec:\n  ${"- ".repeat(levels)}x\n`],
    ["list items with quotes on one line", `${header}spec:\n  ${"- ".repeat(levels)}"\n`],
    ["explicit keys on one line", `${header}spec:\n  ${"? ".repeat(levels)}x\n`],
    ["map items on one line", `${header}spec:\n  ${"a: ".repeat(levels)}x\n`],
    [
      "indented maps, as far as a file may be long",
      `${header}spec:\n${numbers(1300)
        .map((level) => `${" ".repeat(level + 1)}a:\n`)
        .join("")}`,
    ],
    [
      "indented lists, as far as a file may be long",
      `${header}spec:\n${numbers(1300)
        .map((level) => `${" ".repeat(level + 1)}-\n`)
        .join("")}`,
    ],
    ["tags", `${header}spec: ${"!a ".repeat(levels)}x\n`],
    ["anchors", `${header}spec: ${"&a ".repeat(levels)}x\n`],
  ];
}

/** `piece` is repeated between `start` and `end`. */
export type BigFile = { readonly name: string; readonly start: string; readonly piece: string; readonly end: string };

export function bigFiles(): readonly BigFile[] {
  const spec = `${header}spec:\n  deploymentPipelineRef: `;
  return [
    { name: "plain scalar", start: spec, piece: "abc ", end: "\n" },
    { name: "quoted scalar", start: `${spec}"`, piece: "abc ", end: '"\n' },
    { name: "quoted scalar that never ends", start: `${spec}"`, piece: "abc\n", end: "" },
    { name: "escapes", start: `${spec}"`, piece: "\\u0041\\n", end: '"\n' },
    { name: "wrong escapes", start: `${spec}"`, piece: "\\q", end: '"\n' },
    { name: "single quotes", start: `${spec}'`, piece: "''", end: "'\n" },
    { name: "literal block", start: `${spec}|\n`, piece: "    abc\n", end: "" },
    { name: "folded block", start: `${spec}>\n`, piece: "    abc\n\n", end: "" },
    { name: "keys", start: header, piece: "abcd: 1\n", end: "" },
    { name: "list items", start: `${header}spec:\n`, piece: "- a\n", end: "" },
    { name: "documents", start: header, piece: "---\na: 1\n", end: "" },
    { name: "empty documents", start: header, piece: "---\n", end: "" },
    { name: "comments", start: header, piece: "#\n", end: "spec: 1\n" },
    { name: "empty lines", start: header, piece: "\n", end: "spec: 1\n" },
    { name: "spaces", start: `${header}spec:`, piece: " ", end: "x\n" },
    { name: "tabs", start: `${header}spec:`, piece: "\t\n", end: "x\n" },
    { name: "colons", start: header, piece: ":", end: "\n" },
    { name: "dashes", start: header, piece: "- ", end: "\n" },
    { name: "exclamation marks", start: header, piece: "! ", end: "\n" },
    { name: "brackets", start: `${header}spec: `, piece: "[],", end: "\n" },
    { name: "directives", start: "", piece: "%YAML 1.2\n", end: "---\n" },
    { name: "zero bytes", start: header, piece: "\0", end: "\n" },
    { name: "marks of byte order", start: "", piece: "\ufeff", end: header },
    { name: "digits", start: `${header}spec: `, piece: "1234", end: "\n" },
  ];
}

/** For each rule about text a value that is long and nearly right, so that a pattern which backtracks shows. */
export function longValues(): readonly (readonly [string, string])[] {
  const long = 250_000;
  const texts = {
    letters: `${"a".repeat(long)}!`,
    dashes: `a${"-".repeat(long)}`,
    dots: `${"a.".repeat(long / 2)}!`,
    "dotted dashes": `${"a-".repeat(long / 2)}.`,
    slashes: `${"/..".repeat(long / 3)} `,
    braces: "{{ .".repeat(long / 4),
    digits: `${"1".repeat(long)}x`,
    stars: "*/1,".repeat(long / 4),
    spaces: `a${" ".repeat(long)}b`,
  };
  return Object.entries(texts).map(([name, text]) => [`text of ${name} in every field`, everyField(text)] as const);
}

function everyField(text: string): string {
  const owner = { projectName: text, componentName: text };
  const document = (kind: string, spec: unknown) => ({
    apiVersion: "openchoreo.dev/v1alpha1",
    kind,
    metadata: { name: text, namespace: text, labels: { [text]: text } },
    spec,
  });
  const documents = [
    document("DataPlane", {
      registry: { prefix: text },
      gateway: { publicVirtualHost: text, organizationVirtualHost: text },
    }),
    document("Environment", { dataPlaneRef: text, gateway: { dnsPrefix: text } }),
    document("DeploymentPipeline", {
      promotionPaths: [{ sourceEnvironmentRef: text, targetEnvironmentRefs: [{ name: text }] }],
    }),
    document("Project", { deploymentPipelineRef: text }),
    document("Component", { owner: { projectName: text }, type: text }),
    document("Workload", {
      owner,
      containers: { [text]: { image: text, args: [text], env: [{ key: text, value: text }] } },
      endpoints: { [text]: { type: text, port: text } },
      connections: {
        [text]: {
          type: text,
          params: { componentName: text, endpoint: text },
          inject: { env: [{ name: text, value: text }] },
        },
      },
    }),
    document("Service", {
      owner,
      workloadName: text,
      className: text,
      apis: { [text]: { className: text, type: text, rest: { backend: { port: 1, basePath: text } } } },
    }),
    document("ServiceBinding", {
      owner,
      environment: text,
      className: text,
      classHash: text,
      workloadSpec: { containers: {} },
      releaseState: text,
    }),
    { apiVersion: text, kind: text },
  ];
  // A file may hold 1 MiB, and each of these is longer than half of that would allow for all.
  const cut = text.length > 12_000 ? text.slice(0, 12_000) + text.slice(-1) : text;
  return (
    documents
      .map((one) => JSON.stringify(one).replaceAll(JSON.stringify(text).slice(1, -1), JSON.stringify(cut).slice(1, -1)))
      .join("\n---\n") + "\n"
  );
}

export function connected(number: number): string {
  const owner = "  owner:\n    projectName: a\n    componentName: ";
  const name = `c-${number}`;
  const connections = numbers(20).map(
    (other) =>
      `    x${other}:\n      type: api\n      params: {componentName: c-${(number * 7 + other) % 2000}, endpoint: e}\n      inject: {env: [{name: X, value: "{{ .url }}"}]}\n`,
  );
  return [
    `${header.replace("Project", "Component").replace("name: a", `name: ${name}`)}spec:\n  owner: {projectName: a}\n  type: Service\n`,
    `${header.replace("Project", "Workload").replace("name: a", `name: ${name}`)}spec:\n${owner}${name}\n  containers: {main: {image: i}}\n  endpoints: {e: {type: HTTP, port: 1}}\n  connections:\n${connections.join("")}`,
    `${header.replace("Project", "Service").replace("name: a", `name: ${name}`)}spec:\n${owner}${name}\n  workloadName: ${name}\n`,
  ].join("---\n");
}
