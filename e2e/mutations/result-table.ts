/** What a mutation run found, as a Markdown table. */
import type { Guard } from "./guard.ts";

export type Result = {
  readonly guard: Guard;
  /** Full names of the tests that failed without the guard. */
  readonly failed: readonly string[];
  /** Cases that should have failed and did not. */
  readonly missed: readonly string[];
};

export function resultTable(results: readonly Result[]): string {
  const rows = results.map(({ guard, failed, missed }) => {
    const verdict = missed.length === 0 ? `noticed by ${failed.length}` : `NOT NOTICED by ${missed.length}`;
    return `| ${guard.name} | ${guard.protects} | \`${guard.file}\` | ${guard.cases.map(escapeCell).join("<br>")} | ${verdict} |`;
  });
  const noticed = results.filter(({ missed }) => missed.length === 0).length;
  return [
    "| without this guard | what it protects | in | these cases fail | result |",
    "|---|---|---|---|---|",
    ...rows,
    "",
    `${noticed} of ${results.length} guards are noticed when they are gone.`,
    "",
  ].join("\n");
}

function escapeCell(text: string): string {
  return text.replaceAll("|", "\\|");
}
