import { load } from "js-yaml";
import { expect, test } from "vitest";

import { narrowStage } from "./stages.ts";

const selector = { matchExpressions: [{ key: ".status.phase", operator: "In", values: ["Pending"] }] };
const next = { statusTemplate: "{{ $now := Now }}\nphase: Running\n" };

test("a stage that makes pods ready passes over pods that are not KWOK's to play, and changes in nothing else", () => {
  const stage = { kind: "Stage", metadata: { name: "pod-ready" }, spec: { selector, next } };
  expect(load(narrowStage(JSON.stringify(stage)))).toEqual({
    ...stage,
    spec: {
      selector: {
        matchExpressions: [
          ...selector.matchExpressions,
          { key: '.metadata.labels["gitplane.dev/played-by-test"]', operator: "DoesNotExist" },
          { key: '.metadata.labels["workflows.argoproj.io/workflow"]', operator: "DoesNotExist" },
        ],
      },
      next,
    },
  });
});

test("every other stage stays as it is", () => {
  const text = JSON.stringify({ kind: "Stage", metadata: { name: "pod-delete" }, spec: { selector, next } });
  expect(narrowStage(text)).toBe(text);
});
