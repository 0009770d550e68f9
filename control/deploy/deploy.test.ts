import { describe, expect, test } from "vitest";
import { doc, missingFrom, owner, renderTexts, service, surroundings, treeOf } from "../specs-fixture.contract.ts";

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
