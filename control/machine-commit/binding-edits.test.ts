import { describe, expect, test } from "vitest";
import { classHash } from "../resolve/class-hash.ts";
import { doc, service, surroundings } from "../specs-fixture.contract.ts";
import { commitMessage } from "./commit-message.ts";
import type { Edit } from "./edit.ts";
import { editSpecsFile } from "./edited-file.ts";
import { editsOf, withEdits } from "./edits-fixture.contract.ts";
import { joinOutdated, type Outdated } from "./outdated.ts";

const busy = classHash({ deploymentTemplate: { replicas: 2 }, serviceTemplate: {} });
const empty = classHash({ deploymentTemplate: {}, serviceTemplate: {} });
const frozenPath = `.gitplane/frozen/${busy}.yaml`;
const bindingFile = "default/shop/cart/bindings/dev.yaml";

const cart = service("cart", {
  workload: "  endpoints:\n    api: {type: REST, port: 80}\n",
  claim: "  apis:\n    api:\n      type: REST\n      rest: {backend: {port: 80}, exposeLevels: [Public]}\n",
});
const base = new Map([
  ["platform.yaml", surroundings.join("---\n")],
  ["cart.yaml", cart.join("---\n")],
]);

async function written(files: ReadonlyMap<string, string>): Promise<Map<string, string>> {
  return withEdits(files, (await editsOf(files)).edits);
}

/** What differs from the files, path to text; undefined for what is gone. */
async function changes(files: ReadonlyMap<string, string>): Promise<Record<string, string | undefined>> {
  const after = await written(files);
  const paths = new Set([...files.keys(), ...after.keys()]);
  return Object.fromEntries(
    [...paths].filter((path) => files.get(path) !== after.get(path)).map((path) => [path, after.get(path)]),
  );
}

const made = `# Made by auto-deploy of the Workload and the Service of cart, and kept like them. releaseState is yours to set.
apiVersion: openchoreo.dev/v1alpha1
kind: ServiceBinding
metadata:
  name: cart-dev
  annotations:
    gitplane.dev/made-by: auto-deploy
spec:
  owner:
    projectName: shop
    componentName: cart
  environment: dev
  className: default
  classHash: ${busy}
  workloadSpec:
    containers:
      main:
        image: registry.example/app:1
    endpoints:
      api:
        type: REST
        port: 80
  apis:
    api:
      type: REST
      rest:
        backend:
          port: 80
        exposeLevels:
          - Public
`;

test("a claim without a Binding gets one, and its class is kept", async () => {
  expect(await changes(base)).toEqual({
    [frozenPath]: doc("ServiceClass", "default", "  deploymentTemplate:\n    replicas: 2"),
    [bindingFile]: made,
  });
});

const byHand = `# mine
apiVersion: openchoreo.dev/v1alpha1
kind: ServiceBinding
metadata:
  name: whatever # a name
spec:
  owner: {projectName: shop, componentName: cart}
  environment: dev
  releaseState: Suspend # until it works
  overrides: {old: true}
  environmentOverrides: {replicas: 3} # for the fair
  workloadSpec:
    containers:
      main:
        # the image
        image: "registry.example/app:0" # follows
        env: [] # none
    endpoints: {api: {type: REST, port: 80}}
  apis:
    api: {type: REST, rest: {backend: {port: 80, basePath: /}, exposeLevels: [Public]}}
`;

test("a Binding by hand takes on what differs, and keeps its state, overrides, comments, and a default that it spells out", async () => {
  const files = new Map([...base, ["mine.yaml", `${byHand}---\n${doc("Environment", "late", "  dataPlaneRef: eu")}`]]);
  const after = await written(files);
  expect(after.get("mine.yaml")).toBe(
    `${byHand
      .replace('app:0"', 'app:1"')
      .replace("        env: [] # none\n", "")
      .replace(
        "environment: dev\n",
        `environment: dev\n  classHash: ${busy}\n`,
      )}---\n${doc("Environment", "late", "  dataPlaneRef: eu")}`,
  );
  expect(after.has(bindingFile)).toBe(false);
});

test("a claim of another kind changes the kind of the Binding and takes its APIs away", async () => {
  const web = cart
    .map((text) =>
      text.replace("type: Service", "type: WebApplication").replace("kind: Service", "kind: WebApplication"),
    )
    .map((text) => (text.includes("kind: WebApplication") ? text.replace(/ {2}apis:[^]*/, "") : text));
  const after = await written(new Map([...base, [bindingFile, made], ["cart.yaml", web.join("---\n")]]));
  expect(after.get(bindingFile)).toBe(
    made
      .replace("kind: ServiceBinding", "kind: WebApplicationBinding")
      .replace(/ {2}apis:[^]*/, "")
      .replace(busy, empty),
  );
});

test("an edited class moves the pin and is kept beside the one before", async () => {
  const files = await written(base);
  files.set("platform.yaml", (files.get("platform.yaml") ?? "").replace("replicas: 2", "replicas: 3 # more"));
  const hash = classHash({ deploymentTemplate: { replicas: 3 }, serviceTemplate: {} });
  expect(await changes(files)).toEqual({
    [bindingFile]: made.replace(busy, hash),
    [`.gitplane/frozen/${hash}.yaml`]: doc("ServiceClass", "default", "  deploymentTemplate:\n    replicas: 3 # more"),
  });
  expect(commitMessage((await editsOf(files)).edits)).toBe("Pin the class of cart in dev");
});

test("a class that two Bindings pin is kept once, and by the same text whichever comes first", () => {
  const freeze = (comment: string): Outdated => {
    const text = doc("ServiceClass", "default", comment);
    return { edits: [{ action: "freeze", path: frozenPath, text, frozen: `ServiceClass/${busy}` }], problems: [] };
  };
  const [first, second] = [freeze("  # a"), freeze("  # b")];
  expect(joinOutdated([first, second])).toEqual(first);
  expect(joinOutdated([second, first])).toEqual(first);
});

test("two classes of one kind with one spec each stand in the file under their own names", async () => {
  const other = service("site").map((text) => text.replace("  workloadName:", "  className: other\n  workloadName:"));
  const twin = doc("ServiceClass", "other", "  deploymentTemplate:\n    replicas: 2");
  const after = await written(new Map([...base, ["other.yaml", [twin, ...other].join("---\n")]]));
  expect((after.get(frozenPath) ?? "").match(/^ {2}name: .*$/gm)).toEqual(["  name: default", "  name: other"]);
  expect(await editsOf(after)).toEqual({ edits: [], problems: [] });
});

test("two kinds of class with one spec stand in one file, whichever comes first", async () => {
  const [component = "", workload = "", claim = ""] = service("site", {
    workload: "  endpoints:\n    web: {type: HTTP, port: 80}\n",
  });
  const site = [
    component.replace("type: Service", "type: WebApplication"),
    workload,
    claim.replace("kind: Service", "kind: WebApplication"),
  ].join("---\n");
  const platform = surroundings
    .map((text) =>
      text.includes("kind: WebApplicationClass")
        ? doc("WebApplicationClass", "default", "  deploymentTemplate:\n    replicas: 2")
        : text,
    )
    .join("---\n");
  const files = new Map([...base, ["platform.yaml", platform]]);
  const together = await written(new Map([...files, ["site.yaml", site]]));
  const later = await written(new Map([...(await written(files)), ["site.yaml", site]]));
  for (const after of [together, later]) {
    expect((after.get(frozenPath) ?? "").match(/^kind: .*$/gm)).toEqual([
      "kind: ServiceClass",
      "kind: WebApplicationClass",
    ]);
    expect(await editsOf(after)).toEqual({ edits: [], problems: [] });
  }
});

describe("nothing is written", () => {
  const without = (pattern: RegExp, by: string): ReadonlyMap<string, string> =>
    new Map([...base].map(([path, text]) => [path, text.replace(pattern, by)]));
  test.for([
    { when: "auto-deploy is off", files: without(/ {2}promotionPaths/, "  autoDeploy: false\n  promotionPaths") },
    {
      when: "there is no such class",
      files: without(
        /kind: ServiceClass\nmetadata:\n {2}name: default/,
        "kind: ServiceClass\nmetadata:\n  name: other",
      ),
    },
    {
      when: "it cannot be rendered",
      files: without(
        / {2}endpoints:/,
        "  connections: {x: {type: api, params: {componentName: none, endpoint: api}, inject: {env: []}}}\n  endpoints:",
      ),
    },
    { when: "the Workload cannot be used", files: without(/port: 80}/, "port: x}") },
    {
      when: "what cannot be used may hold the Binding",
      files: new Map([...base, ["mine.yaml", byHand.replace("environment: dev", 'environment: "d\\x65v"\n  x: 1')]]),
    },
    {
      when: "a Binding names nobody, and may be meant for it",
      files: new Map([
        ...base,
        ["mine.yaml", byHand.replace("componentName: cart", "componentName: crat").replace("whatever", "cart")],
      ]),
    },
    { when: "its Binding is there twice", files: new Map([...base, ["mine.yaml", `${byHand}---\n${byHand}`]]) },
  ])("when $when", async ({ files }) => {
    expect((await editsOf(files)).edits).toEqual([]);
  });
});

describe("when everything of the component is gone", () => {
  const platform = ["platform.yaml", surroundings.join("---\n")] as const;

  test("its Binding goes, and the file with it", async () => {
    const all = await written(base);
    const files = new Map([...all].filter(([path]) => path !== "cart.yaml"));
    expect(await changes(files)).toEqual({ [bindingFile]: undefined });
    expect(commitMessage((await editsOf(files)).edits)).toBe("Remove cart from dev");
  });

  test("its Binding goes alone where other documents share its file", async () => {
    const late = doc("Environment", "late", "  dataPlaneRef: eu");
    const files = new Map([
      platform,
      ["mixed.yaml", `# all\n\n${late}---\n${made}---\n${late.replace("late", "later")}`],
    ]);
    expect(await changes(files)).toEqual({ "mixed.yaml": `# all\n\n${late}---\n${late.replace("late", "later")}` });
  });

  test("its Binding stays while anything may speak for it", async () => {
    const spoiled = new Map([
      platform,
      [bindingFile, made],
      ["broken.yaml", "kind: Component\nmetadata: {name: cart\n"],
    ]);
    const halved = new Map([platform, [bindingFile, made], ["cart.yaml", cart[1] ?? ""]]);
    const byPerson = new Map([platform, [bindingFile, made.replace(/ {2}annotations:\n.*\n/, "")]]);
    for (const files of [spoiled, halved, byPerson]) expect((await editsOf(files)).edits).toEqual([]);
  });
});

test("a file that holds a Binding where it is not read from is not written again", async () => {
  const { edits } = await editsOf(base);
  const own = edits.filter(({ path }) => path === bindingFile);
  expect(editSpecsFile(bindingFile, Buffer.from(made), own)).toEqual({
    kind: "refused",
    reason: "it holds the Binding, which is not used from there",
  });
});

test.for([
  { what: "a file that is no YAML", text: "a: [\n", reason: /./ },
  {
    what: "a file that is nearly too large",
    text: `${made.replace("dev", "x")}# ${"x".repeat(1024 * 1024 - 800)}\n`,
    reason: /bytes/,
  },
])("$what is left alone", async ({ text, reason }) => {
  const { edits } = await editsOf(base);
  const own = edits.filter(({ path }) => path === bindingFile);
  const edited = editSpecsFile(bindingFile, Buffer.from(text), own);
  expect(edited).toEqual({ kind: "refused", reason: expect.stringMatching(reason) as string });
});

test("messages name what goes where, and end early", () => {
  const add = (component: string, environment: string, image: string): Extract<Edit, { action: "add" }> => ({
    action: "add",
    path: component,
    text: "",
    binding: { organization: "acme", project: "shop", component, environment, image },
  });
  const remove: Edit = { action: "remove", path: "x", line: 1, binding: add("old", "dev", "").binding };
  const freeze: Edit = { action: "freeze", path: "f", text: "", frozen: "f" };
  const digest = `registry.example:5000/cart@sha256:${"0123456789ab".repeat(5)}0000`;
  const many = Array.from({ length: 25 }, (_, index) => add(`c${index}`, "dev", "app:1"));
  expect([
    commitMessage([add("cart", "dev", "registry.example:5000/cart:1.3.0"), freeze]),
    commitMessage([add("cart", "dev", digest)]),
    commitMessage([add("cart", "dev", "registry.example:5000/cart")]),
    commitMessage([freeze]),
    commitMessage([add("cart", "dev", "a:1"), remove]),
    commitMessage(many).split("\n").at(0),
    commitMessage(many).split("\n").slice(-2).join("\n"),
  ]).toEqual([
    "Deploy cart 1.3.0 to dev",
    "Deploy cart 0123456789ab to dev",
    "Deploy cart to dev",
    "Freeze a class",
    "Bring 2 Bindings up to date\n\n- Deploy cart 1 to dev\n- Remove old from dev",
    "Deploy 25 components to dev",
    "- Deploy c19 1 to dev\n- and 5 more",
  ]);
});
