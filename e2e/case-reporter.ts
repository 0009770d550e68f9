/**
 * Prints, after a run, each case that tests are named after (`C56 …`) with what came of it. A case with a failed test has
 * failed; one of which every test was skipped was not tried.
 */
import type { Reporter, TestModule } from "vitest/node";

type Tally = { passed: number; failed: number; skipped: number };

export class CaseReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const cases = new Map<string, Tally>();
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === "pending") continue;
        for (const name of caseNumbers(test.fullName)) {
          const tally = cases.get(name) ?? { passed: 0, failed: 0, skipped: 0 };
          tally[state] += 1;
          cases.set(name, tally);
        }
      }
    }
    if (cases.size === 0) return;
    const lines = [...cases]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, tally]) => `  ${name} → ${describe(tally)}`);
    process.stdout.write(`\nAdversarial cases:\n${lines.join("\n")}\n`);
  }
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
