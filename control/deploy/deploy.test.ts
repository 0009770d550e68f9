import { describe, expect, test } from "vitest";
import {
  doc,
  loadFiles,
  missingFrom,
  owner,
  renderTexts,
  service,
  surroundings,
  treeOf,
} from "../specs-fixture.contract.ts";
import { SpecsIndex } from "../validate/specs-index.ts";
import { BindingMemory } from "./binding-memory.ts";
import { deploy, type PipelineDocument, readPipeline } from "./deploy.ts";

const binding = (environment: string, fields = ""): string =>
  doc(
    "ServiceBinding",
    `cart-${environment}`,
    `${owner("cart")}  environment: ${environment}\n${fields}  workloadSpec:\n    containers:\n      main:\n        image: registry.example/app:old`,
  );
const pipeline = (spec: string): readonly string[] =>
  surroundings.map((text) =>
    text.includes("kind: DeploymentPipeline") ? doc("DeploymentPipeline", "line", spec) : text,
  );

test.for([
  {
    case: "a claim goes to the environment that is no path's target",
    documents: [...surroundings, ...service("cart")],
    yields: ["dev auto-deploy app:1 Active"],
  },
  {
    case: "a written Binding elsewhere stays as written",
    documents: [...surroundings, ...service("cart"), binding("prod")],
    yields: ["dev auto-deploy app:1 Active", "prod person app:old Active"],
  },
  {
    case: "a written Binding there follows the claim but for its state",
    documents: [...surroundings, ...service("cart"), binding("dev", "  releaseState: Suspend\n")],
    yields: ["dev auto-deploy app:1 Suspend"],
  },
  {
    case: "Bindings without a claim are as written",
    documents: [...surroundings, service("cart")[0] ?? "", binding("dev"), binding("prod")],
    yields: ["dev person app:old Active", "prod person app:old Active"],
  },
  {
    case: "two roots are two Bindings",
    documents: [
      ...pipeline(
        "  promotionPaths:\n    - {sourceEnvironmentRef: dev, targetEnvironmentRefs: []}\n    - {sourceEnvironmentRef: prod, targetEnvironmentRefs: []}",
      ),
      ...service("cart"),
    ],
    yields: ["dev auto-deploy app:1 Active", "prod auto-deploy app:1 Active"],
  },
  {
    case: "switched off, a claim goes nowhere",
    documents: [
      ...pipeline(
        "  autoDeploy: false\n  promotionPaths:\n    - {sourceEnvironmentRef: dev, targetEnvironmentRefs: []}",
      ),
      ...service("cart"),
    ],
    yields: [],
  },
  {
    case: "switched off, a Binding is as written",
    documents: [
      ...pipeline(
        "  autoDeploy: false\n  promotionPaths:\n    - {sourceEnvironmentRef: dev, targetEnvironmentRefs: []}",
      ),
      ...service("cart"),
      binding("dev"),
    ],
    yields: ["dev person app:old Active"],
  },
  {
    case: "a pipeline that goes round leads nowhere",
    documents: [
      ...pipeline(
        "  promotionPaths:\n    - {sourceEnvironmentRef: dev, targetEnvironmentRefs: [{name: prod}]}\n    - {sourceEnvironmentRef: prod, targetEnvironmentRefs: [{name: dev}]}",
      ),
      ...service("cart"),
    ],
    yields: [],
  },
  {
    case: "without a pipeline a Binding that would follow a claim waits",
    documents: [
      ...surroundings.filter((text) => !text.includes("kind: DeploymentPipeline")),
      ...service("cart"),
      binding("dev"),
    ],
    yields: [],
  },
])("$case", async ({ documents, yields }) => {
  const { bindings } = await renderTexts(...documents);
  expect(
    [...bindings.values()]
      .map(
        ({ environment, madeBy, workload, releaseState }) =>
          `${environment} ${madeBy} ${workload.containers["main"]?.image.split("/")[1]} ${releaseState}`,
      )
      .toSorted(),
  ).toEqual(yields);
});

describe("a Release that is there", () => {
  const all = [...surroundings, ...service("cart"), binding("prod")];
  const dev = "data.default.eu/releases/shop/dev/cart.yaml";
  const prod = "data.default.eu/releases/shop/prod/cart.yaml";

  test.for([
    { change: "nothing", documents: all, gone: [] },
    {
      change: "its Binding removed",
      documents: all.slice(0, -1),
      gone: ["data.default.eu/cells/shop/prod.yaml", prod],
    },
    {
      change: "its Binding says Undeploy",
      documents: [...all.slice(0, -1), binding("prod", "  releaseState: Undeploy\n")],
      gone: ["data.default.eu/cells/shop/prod.yaml", prod],
    },
    {
      change: "the path of its environment removed from the pipeline",
      documents: [
        ...pipeline("  promotionPaths:\n    - {sourceEnvironmentRef: prod, targetEnvironmentRefs: []}"),
        ...service("cart"),
        binding("prod"),
      ],
      gone: [],
    },
    {
      change: "auto-deploy switched off",
      documents: [
        ...pipeline(
          "  autoDeploy: false\n  promotionPaths:\n    - {sourceEnvironmentRef: dev, targetEnvironmentRefs: [{name: prod}]}",
        ),
        ...service("cart"),
        binding("prod"),
      ],
      gone: [],
    },
    {
      change: "the claim removed",
      documents: [...surroundings, ...service("cart").slice(0, 2), binding("prod")],
      gone: [],
    },
    {
      change: "the Component removed and its other documents left",
      documents: [...surroundings, ...service("cart").slice(1), binding("prod")],
      gone: [],
    },
    { change: "its project removed", documents: all.filter((text) => !text.includes("kind: Project")), gone: [] },
    { change: "its plane removed", documents: all.filter((text) => !text.includes("kind: DataPlane")), gone: [] },
    { change: "its environment removed", documents: all.filter((text) => !text.includes("name: dev\nspec")), gone: [] },
    {
      change: "its Binding's environment misspelt",
      documents: [...all.slice(0, -1), binding("prod").replace("environment: prod", "environment: prd")],
      gone: [],
    },
    {
      change: "everything of the component removed",
      documents: surroundings,
      gone: ["data.default.eu/cells/shop/dev.yaml", "data.default.eu/cells/shop/prod.yaml", dev, prod],
    },
  ])("$change", async ({ documents, gone }) => {
    const before = treeOf(await renderTexts(...all));
    expect(missingFrom(before, treeOf(await renderTexts(...documents), before))).toEqual(gone);
  });
});

/** Whether the component's Bindings go with it. */
async function isGoneFrom(documents: readonly string[], component: string): Promise<boolean> {
  const specs = await loadFiles(new Map([["specs.yaml", documents.join("---\n")]]));
  const index = new SpecsIndex(specs.documents, specs.spoiled);
  const pipelineOf = (document: PipelineDocument) => readPipeline(document, index);
  const { gone } = deploy(index.ownedBy(component), { index, pipelineOf, memory: new BindingMemory() });
  return gone.length > 0;
}

describe("a Binding that auto-deploy made", () => {
  const made = (environment: string, name = `cart-${environment}`): string =>
    binding(environment).replace(
      `  name: cart-${environment}\n`,
      `  name: ${name}\n  annotations:\n    gitplane.dev/made-by: auto-deploy\n`,
    );
  const all = [...surroundings, ...service("cart"), made("dev")];
  const dev = ["data.default.eu/cells/shop/dev.yaml", "data.default.eu/releases/shop/dev/cart.yaml"];
  const withoutProject = surroundings.filter((text) => !text.includes("kind: Project"));
  const withoutPipeline = surroundings.filter((text) => !text.includes("kind: DeploymentPipeline"));
  const other = [
    doc("Project", "store", "  deploymentPipelineRef: line"),
    ...service("cart").map((text) => text.replaceAll("shop", "store")),
  ];
  const build = doc(
    "Build",
    "cart",
    `${owner("cart")}  repository: {url: "https://git.example/cart", revision: {branch: main}, appPath: .}\n  templateRef: {name: dockerfile}`,
  );

  test.for([
    { left: "its Component", documents: all, gone: [], isGone: false, errors: [] },
    {
      left: "nothing of its component",
      documents: [...surroundings, made("dev")],
      gone: dev,
      isGone: true,
      errors: [],
    },
    {
      left: "nothing of its project",
      documents: [...withoutProject, made("dev")],
      gone: dev,
      isGone: true,
      errors: [],
    },
    {
      left: "a component of that name in another project, while its own project is there",
      documents: [...surroundings, ...other, made("dev")],
      gone: ["data.default.eu/cells/shop/dev.yaml", "data.default.eu/releases/shop/dev/cart.yaml"],
      isGone: true,
      errors: [],
    },
    {
      left: "a component of that name in another project, and no project of its own",
      documents: [...withoutProject, ...other, made("dev")],
      gone: [],
      isGone: false,
      errors: ["unknown-component"],
    },
    {
      left: "its Workload",
      documents: [...surroundings, ...service("cart").slice(1, 2), made("dev")],
      gone: [],
      isGone: false,
      errors: [],
    },
    {
      left: "its claim",
      documents: [...surroundings, ...service("cart").slice(2), made("dev")],
      gone: [],
      isGone: false,
      errors: ["unknown-component", "unknown-workload"],
    },
    { left: "a Build of it", documents: [...surroundings, build, made("dev")], gone: [], isGone: false, errors: [] },
    {
      left: "a person's Binding in a later environment",
      documents: [...surroundings, made("dev"), binding("prod")],
      gone: [],
      isGone: false,
      errors: ["unknown-component"],
    },
    {
      left: "only its copy in a later environment",
      documents: [...surroundings, made("prod")],
      gone: [],
      isGone: false,
      errors: ["unknown-component"],
    },
    {
      left: "nothing, and its name is not its own",
      documents: [...surroundings, made("dev", "cartt-dev")],
      gone: [],
      isGone: false,
      errors: ["unknown-component"],
    },
    {
      left: "nothing, and there is no pipeline",
      documents: [...withoutPipeline, made("dev")],
      gone: [],
      isGone: false,
      errors: ["unknown-pipeline"],
    },
    {
      left: "nothing, and auto-deploy is off",
      documents: [
        ...pipeline(
          "  autoDeploy: false\n  promotionPaths:\n    - {sourceEnvironmentRef: dev, targetEnvironmentRefs: []}",
        ),
        made("dev"),
      ],
      gone: [],
      isGone: false,
      errors: ["unknown-component"],
    },
    {
      left: "a document that may be its Component, misspelt",
      documents: [
        ...surroundings,
        made("dev"),
        (service("cart")[0] ?? "").replace("kind: Component", "kind: Compnent"),
      ],
      gone: [],
      isGone: false,
      errors: ["foreign-document"],
    },
    {
      left: "a document that cannot be used and names it",
      documents: [...surroundings, made("dev"), doc("Project", "cart", "  x: 1")],
      gone: [],
      isGone: false,
      errors: ["schema"],
    },
  ])("with $left left: its Release and it are decided alike", async ({ documents, gone, isGone, errors }) => {
    const before = treeOf(await renderTexts(...all));
    const rendered = await renderTexts(...documents);
    const found = rendered.problems.filter(({ severity }) => severity === "error").map(({ code }) => code);
    expect(missingFrom(before, treeOf(rendered, before)).filter((key) => key.includes("/shop/"))).toEqual(gone);
    expect(await isGoneFrom(documents, "default/shop/cart")).toBe(isGone);
    expect([...new Set(found)].toSorted()).toEqual(errors);
  });
});
