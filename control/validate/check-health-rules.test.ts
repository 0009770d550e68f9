import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { trace, type Traced } from "../load/traced.ts";
import { renderTexts, repositoryRoot, surroundings } from "../specs-fixture.contract.ts";
import { checkHealthRules } from "./check-health-rules.ts";

function rules(...items: readonly object[]): Traced {
  const origin = { kind: "field", file: "class.yaml", line: 7, column: 5 } as const;
  return trace(items, origin);
}

const place = { file: "class.yaml", line: 7, column: 5 };

test("rules that can be used have no Problem", () => {
  const healthy = "object.status.?readyReplicas.orValue(0) >= 1";
  expect(
    checkHealthRules(rules({ kind: "Deployment", healthy, reason: "'waits'" }, { kind: "Service", healthy }), "f"),
  ).toEqual([]);
  expect(checkHealthRules(undefined, "f")).toEqual([]);
});

test.each([
  {
    what: "a slip in an expression",
    items: [{ kind: "Deployment", healthy: "object.status.x = 1" }],
    message: "healthy cannot be used: Unexpected character: =, at character 17",
  },
  {
    what: "an expression of another type",
    items: [{ kind: "Deployment", healthy: "true", reason: "1" }],
    message: "reason cannot be used: must give a string and gives a int",
  },
  {
    what: "C34 a regular expression",
    items: [{ kind: "Deployment", degraded: "object.metadata.name.matches('(a+)+$')" }],
    message: "degraded cannot be used: matches cannot be used in a health rule, at character 22",
  },
  {
    what: "no expression that decides",
    items: [{ kind: "Service", reason: "'x'" }],
    message: "a health rule needs an expression that decides",
  },
  {
    what: "one kind twice, in both spellings",
    items: [
      { kind: "Deployment", healthy: "true" },
      { kind: "apps/Deployment", healthy: "true" },
    ],
    message: "Deployment has two health rules",
  },
])("$what is a Problem at its line", ({ items, message }) => {
  expect(checkHealthRules(rules(...items), "f")).toMatchObject([
    { code: "invalid-health-rule", severity: "error", message, place },
  ]);
});

test("the rules that the guide shows can be used as they stand", async () => {
  const guide = await readFile(join(repositoryRoot, "docs/health.md"), "utf8");
  const shown = /```yaml\n([\s\S]*?)```/u.exec(guide)?.[1] ?? "";
  const { problems } = await renderTexts(
    shown.replace("namespace: acme", "namespace: default"),
    ...surroundings.slice(0, 1),
  );
  expect(problems.filter(({ code }) => code !== "unknown-organization")).toEqual([]);
  expect(shown).toContain("healthy:");
});
