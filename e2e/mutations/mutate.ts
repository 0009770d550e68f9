/**
 * `npm run mutate [NAME…]`: disables one guard at a time in a copy of the checkout and runs the tests that must then fail. A
 * guard that can go without a test noticing ends it with exit code 1. `--write` renews docs/mutations.md.
 */
import { execFile } from "node:child_process";
import { copyFile, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { z } from "zod";
import { bootClusters, disposeClusters } from "../clusters/clusters.ts";
import { findTestSource } from "../clusters/test-source.ts";
import type { Guard } from "./guard.ts";
import { guards } from "./guards.ts";
import { type Result, resultTable } from "./result-table.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const run = promisify(execFile);
const testLimitMs = 300_000;

const Report = z.object({
  numTotalTests: z.number(),
  testResults: z.array(z.object({ assertionResults: z.array(z.object({ fullName: z.string(), status: z.string() })) })),
});

async function main(given: readonly string[]): Promise<number> {
  const names = given.filter((argument) => !argument.startsWith("--"));
  const unknown = names.filter((name) => !guards.some((guard) => guard.name === name));
  if (unknown.length > 0) {
    process.stderr.write(
      `there is no guard ${unknown.join(", ")}; there are:\n${guards.map(({ name }) => `  ${name}`).join("\n")}\n`,
    );
    return 2;
  }
  const chosen = names.length === 0 ? guards : guards.filter(({ name }) => names.includes(name));
  const folder = await mkdtemp(join(tmpdir(), "gitplane-mutate-"));
  try {
    await copyCheckout(folder);
    // All of them before the first run, which takes a while to come to the last.
    for (const guard of chosen) disable(guard, await readFile(join(folder, guard.file), "utf8"));
    const results = await withCluster(folder, async (environment) => await mutateAll({ chosen, folder, environment }));
    process.stdout.write(resultTable(results));
    if (given.includes("--write")) await writeFile(join(root, "docs", "mutations.md"), page(results));
    return results.every(({ missed }) => missed.length === 0) ? 0 : 1;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What is tracked or would be, as it stands now; never the checkout itself, which somebody may be editing. */
async function copyCheckout(folder: string): Promise<void> {
  const { stdout } = await run("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
    cwd: root,
    maxBuffer: 1 << 26,
  });
  for (const path of stdout.split("\0").filter((each) => each !== "")) {
    await mkdir(join(folder, dirname(path)), { recursive: true });
    await copyFile(join(root, path), join(folder, path)).catch((error: unknown) => {
      // A file that is tracked and deleted since.
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    });
  }
  await symlink(join(root, "node_modules"), join(folder, "node_modules"));
}

/** One cluster for all runs, where there can be one; without it the cases that need it are skipped, and so missed. */
async function withCluster<T>(folder: string, work: (environment: NodeJS.ProcessEnv) => Promise<T>): Promise<T> {
  const source = await findTestSource("guards that a real API server is part of");
  if (source.kind === "none") return await work(process.env);
  const clusters = await bootClusters({
    names: ["mutate"],
    dataDir: join(folder, ".clusters"),
    data: "wipe",
    source,
    audit: true,
    onProgress: (line) => process.stderr.write(`${line}\n`),
    signal: AbortSignal.timeout(1_500_000),
  });
  try {
    return await work({ ...process.env, GITPLANE_TEST_KUBECONFIGS: clusters[0]?.kubeconfigPath ?? "" });
  } finally {
    await disposeClusters(clusters);
  }
}

type Mutating = { readonly chosen: readonly Guard[]; readonly folder: string; readonly environment: NodeJS.ProcessEnv };

async function mutateAll({ chosen, folder, environment }: Mutating): Promise<readonly Result[]> {
  const results: Result[] = [];
  for (const [index, guard] of chosen.entries()) {
    process.stderr.write(`${index + 1}/${chosen.length} without: ${guard.name}\n`);
    const path = join(folder, guard.file);
    const text = await readFile(path, "utf8");
    await writeFile(path, disable(guard, text));
    try {
      const failed = await failingTests(guard, { folder, environment });
      const missed = guard.cases.filter((name) => !failed.some((each) => each.includes(name)));
      results.push({ guard, failed, missed });
      if (missed.length > 0) process.stderr.write(`  NOT NOTICED by: ${missed.join(" · ")}\n`);
    } finally {
      await writeFile(path, text);
    }
  }
  return results;
}

function disable({ name, file, find, replace, also }: Guard, text: string): string {
  const edits = [{ find, replace }, ...(also === undefined ? [] : [also])];
  return edits.reduce((mutated, edit) => {
    if (mutated.split(edit.find).length !== 2) {
      throw new Error(`${name}: its text does not stand exactly once in ${file}: ${edit.find}`);
    }
    return mutated.replace(edit.find, () => edit.replace);
  }, text);
}

async function failingTests(
  { project, tests, cases }: Guard,
  { folder, environment }: Pick<Mutating, "folder" | "environment">,
): Promise<readonly string[]> {
  const output = join(folder, ".mutation-report.json");
  await rm(output, { force: true });
  const pattern = cases.map((name) => name.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("|");
  const arguments_ = ["run", "--project", project, "--reporter", "json", "--outputFile", output, "-t", pattern];
  const program = join(folder, "node_modules", ".bin", "vitest");
  await run(program, [...arguments_, "--testTimeout", "60000", ...tests], {
    cwd: folder,
    env: environment,
    timeout: testLimitMs,
    maxBuffer: 1 << 26,
  }).catch((error: unknown) => {
    // Failing tests are what is wanted; what they are, the report says.
    if (typeof (error as { code?: unknown }).code !== "number") throw error;
  });
  const report = Report.parse(JSON.parse(await readFile(output, "utf8")));
  return report.testResults.flatMap(({ assertionResults }) =>
    assertionResults.filter(({ status }) => status === "failed").map(({ fullName }) => fullName),
  );
}

function page(results: readonly Result[]): string {
  return `# Guards and the tests that notice when one is gone

\`npm run mutate\` takes one guard away at a time, in a copy of the checkout, and runs the tests below, which must fail then. This page is written by \`npm run mutate -- --write\`.

${resultTable(results)}`;
}

process.exitCode = await main(process.argv.slice(2));
