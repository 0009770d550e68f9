import { expect, test } from "vitest";
import { defaultPruneBudget } from "../../schemas/plane-settings.ts";
import { renderTexts, surroundings } from "../specs-fixture.contract.ts";
import { planeSettings } from "./plane-settings.ts";

const plane = { kind: "data", organization: "default", name: "eu" } as const;
const plain = { format: 1, plane, policy: "data", drift: "heal", pruneBudget: defaultPruneBudget };

function annotate(name: string, annotation: string, value: string): readonly string[] {
  return surroundings.map((text) =>
    text.replace(`  name: ${name}\n`, `  name: ${name}\n  annotations:\n    gitplane.dev/${annotation}: "${value}"\n`),
  );
}

test.each([
  { what: "says nothing", specs: surroundings, settings: {} },
  { what: "reports drift", specs: annotate("eu", "drift", "report"), settings: { drift: "report" } },
  {
    what: "has an environment that reports drift",
    specs: annotate("prod", "drift", "report"),
    settings: { environments: { prod: { drift: "report" } } },
  },
  { what: "has an environment that says the same", specs: annotate("prod", "drift", "heal"), settings: {} },
  {
    what: "asks for encryption between its nodes",
    specs: surroundings.map((text) =>
      text.includes("kind: DataPlane\n") ? `${text}  transportEncryption: WireGuard\n` : text,
    ),
    settings: { transportEncryption: "WireGuard" },
  },
  { what: "has a tombstone", specs: annotate("eu", "decommission", "true"), settings: { decommissioned: true } },
])("a plane that $what", async ({ specs, settings }) => {
  const rendered = await renderTexts(...specs);
  expect(rendered.problems).toEqual([]);
  expect(planeSettings(plane, rendered)).toEqual({ ...plain, ...settings });
});

test.each([
  { name: "eu", annotation: "drift", value: "mend" },
  { name: "prod", annotation: "drift", value: "" },
  { name: "eu", annotation: "decommission", value: "yes" },
])("$annotation: $value on $name is a Problem, and counts for nothing", async ({ name, annotation, value }) => {
  const rendered = await renderTexts(...annotate(name, annotation, value));
  expect(rendered.problems).toMatchObject([{ code: "unsupported-value", severity: "error" }]);
  expect(planeSettings(plane, rendered)).toEqual(plain);
});
