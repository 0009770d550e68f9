import { describe, expect, test } from "vitest";
import { approvalPath } from "../../schemas/approval.ts";
import { holdHash } from "../../schemas/hold.ts";
import { writeStateYaml } from "../../schemas/state-yaml.ts";
import { nextPlaneTree } from "../publish/plane-tree.ts";
import { doc, renderFilesOf, surroundings, treeOf } from "../specs-fixture.contract.ts";

const steps = [
  { action: "prune" as const, id: "Namespace/dev", uid: "11" },
  { action: "prune" as const, id: "PersistentVolume/a", uid: "22" },
];
const hash = holdHash(steps);
const plane = { kind: "data", organization: "default", name: "eu" } as const;
const header = { apiVersion: "openchoreo.dev/v1alpha1", kind: "Approval" };
const approval = { ...header, plane: "data/default/eu", steps };
const platform: readonly (readonly [string, string])[] = [["platform.yaml", surroundings.join("---\n")]];

describe("an approval in the specs", () => {
  test("is carried byte for byte to its own plane, and to no other", async () => {
    const text = `# Agreed in the meeting.\n${writeStateYaml(approval)}`;
    const second = ["us.yaml", doc("DataPlane", "us", "")] as const;
    const rendered = await renderFilesOf(new Map([...platform, second, [approvalPath(hash), text]]));
    expect(rendered.problems).toEqual([]);
    const tree = treeOf(rendered);
    const carried = [...tree].filter(([path]) => path.includes("/approvals/"));
    expect(carried).toEqual([[`data.default.eu/approvals/${hash}.yaml`, text]]);
  });

  test("leaves the tree when it leaves the specs, whatever else is wrong with them", async () => {
    const path = `approvals/${hash}.yaml`;
    const rendered = await renderFilesOf(new Map([...platform, ["broken.yaml", "kind: ["]]));
    const tree = nextPlaneTree(plane, ["plane.yaml", path, "releases/shop/dev/cart.yaml"], { rendered });
    expect(tree.removed).toEqual([path]);
    expect([...tree.kept.keys()]).toEqual(["releases/shop/dev/cart.yaml"]);
  });

  test.each([
    {
      what: "steps that are not those of its name",
      path: approvalPath("0".repeat(32)),
      text: writeStateYaml(approval),
    },
    { what: "another ending", path: approvalPath(hash).replace(/yaml$/, "yml"), text: writeStateYaml(approval) },
    { what: "no steps", path: approvalPath(hash), text: writeStateYaml({ ...approval, steps: [] }) },
    { what: "no plane", path: approvalPath(hash), text: writeStateYaml({ ...header, steps }) },
    {
      what: "a plane that is not declared",
      path: approvalPath(hash),
      text: writeStateYaml({ ...approval, plane: "data/default/us" }),
    },
    { what: "a field that nobody knows", path: approvalPath(hash), text: writeStateYaml({ ...approval, all: true }) },
    {
      what: "two documents",
      path: approvalPath(hash),
      text: `${writeStateYaml(approval)}---\n${writeStateYaml(approval)}`,
    },
    { what: "no YAML", path: approvalPath(hash), text: "kind: [" },
    { what: "a link in its place", path: approvalPath(hash), text: { link: "symlink" as const } },
  ])("with $what is a Problem in its file, and is not carried", async ({ path, text }) => {
    const rendered = await renderFilesOf(new Map([...platform, [path, text]]));
    expect(rendered.problems.length).toBeGreaterThan(0);
    expect(rendered.problems.map(({ place: { file } }) => file)).toEqual(rendered.problems.map(() => path));
    expect([...nextPlaneTree(plane, [], { rendered }).files.keys()]).toEqual(["plane.yaml"]);
  });
});
