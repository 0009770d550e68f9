/**
 * Prints, after a run, each case that tests are named after (`C56 …`) with what came of it. A case with a failed test has
 * failed; one of which every test was skipped was not tried. And each stand-in, with the files whose tests passed with it.
 */
import type { Reporter, TestCase, TestModule } from "vitest/node";
import { type StandIn, standIns } from "./stand-ins/played.ts";

type Tally = { passed: number; failed: number; skipped: number };

export class CaseReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    write("Adversarial cases", describeCases(tests));
    write("Stand-ins, for what cannot run here", describeStandIns(tests));
  }
}

function write(title: string, lines: readonly string[]): void {
  if (lines.length > 0) process.stdout.write(`\n${title}:\n${lines.map((line) => `  ${line}\n`).join("")}`);
}

function describeCases(tests: readonly TestCase[]): readonly string[] {
  const cases = new Map<string, Tally>();
  for (const test of tests) {
    const { state } = test.result();
    if (state === "pending") continue;
    for (const name of caseNumbers(test.fullName)) {
      const tally = cases.get(name) ?? { passed: 0, failed: 0, skipped: 0 };
      tally[state] += 1;
      cases.set(name, tally);
    }
  }
  return [...cases].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, tally]) => `${name} → ${describe(tally)}`);
}

/** As `C12`, each once. */
function caseNumbers(name: string): ReadonlySet<string> {
  return new Set(name.match(/\bC\d{2}\b/gu));
}

function describe({ passed, failed, skipped }: Tally): string {
  const parts = [
    `${passed} passed`,
    ...(failed === 0 ? [] : [`${failed} failed`]),
    ...(skipped === 0 ? [] : [`${skipped} skipped`]),
  ];
  if (failed > 0) return `FAILED (${parts.join(", ")})`;
  return passed === 0 ? `not tried (${parts.join(", ")})` : `held (${parts.join(", ")})`;
}

function describeStandIns(tests: readonly TestCase[]): readonly string[] {
  const files = new Map<StandIn, Map<string, number>>();
  for (const test of tests) {
    if (test.result().state !== "passed") continue;
    for (const name of test.meta().standIns ?? []) {
      const counts = files.get(name) ?? new Map<string, number>();
      const path = test.module.relativeModuleId;
      files.set(name, counts.set(path, (counts.get(path) ?? 0) + 1));
    }
  }
  return [...files].map(([name, counts]) => {
    const where = [...counts].map(([path, count]) => `${count} passed in ${path}`);
    return `${name}: ${standIns[name]} → ${where.join(", ")}`;
  });
}
