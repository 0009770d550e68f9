/** The published package: built, packed, installed in an empty folder, started under this Node and refused under an older. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { poll } from "./clusters/poll.ts";
import { type CommandResult, runCommand } from "./clusters/run-command.ts";
import { programEnvironment, sourcePath } from "./platform/node-program.ts";

const Packed = z.array(z.object({ filename: z.string(), files: z.array(z.object({ path: z.string() })) }));
const programs = ["gitplane", "gitplane-agent"] as const;

describe("the package", () => {
  let folder: string;
  let files: readonly string[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "gitplane-package-"));
    const packed = await run("npm", ["pack", "--json", "--pack-destination", folder], sourcePath("."));
    const [archive] = Packed.parse(JSON.parse(packed.stdout));
    files = archive?.files.map(({ path }) => path) ?? [];
    await mkdir(join(folder, "empty"));
    await writeFile(join(folder, "empty", "package.json"), "{}");
    await run(
      "npm",
      ["install", "--prefer-offline", "--no-audit", "--no-fund", join(folder, archive?.filename ?? "")],
      join(folder, "empty"),
    );
  });
  afterAll(async () => rm(folder, { recursive: true, force: true }));

  test("carries the built programs and neither tests nor sources", () => {
    expect(files).toContain("dist/control/main.js");
    expect(files).toContain("dist/agent/main.js");
    expect(files.filter((path) => /\.ts$|\.test\.|\.contract\.|^e2e|^fixtures|^docs/.test(path))).toEqual([]);
  });

  test.for(programs)("%s starts", async (program) => {
    const shown = await run(join(folder, "empty", "node_modules", ".bin", program), ["--version"], folder);
    expect(shown.stdout.trim()).toMatch(/^\d+\.\d+\.\d+$/);
  });

  test("renders from the installed package", async () => {
    const shown = await run(
      join(folder, "empty", "node_modules", ".bin", "gitplane"),
      ["validate", sourcePath("fixtures/platform")],
      folder,
    );
    expect(shown.stderr).toContain("0 errors");
  });

  test("serves from the installed package, with its reconcile process", async () => {
    const program = join(folder, "empty", "node_modules", "gitplane", "bin", "gitplane.cjs");
    const data = join(folder, "served");
    const serving = spawn(process.execPath, [program, "serve", "--data", data, "--port", "0"], {
      env: environment(),
      stdio: ["ignore", "ignore", "pipe"],
    });
    const exited = once(serving, "exit");
    let text = "";
    serving.stderr.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
    const token = async (): Promise<string> => (await readFile(join(data, "credentials", "people"), "utf8")).trim();
    const metrics = await poll({
      what: "the first round",
      timeoutMs: 30_000,
      signal: AbortSignal.timeout(30_000),
      probe: async () => {
        const url = /"url":"([^"]+)"/u.exec(text)?.[1];
        if (url === undefined) return undefined;
        const response = await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${await token()}` } });
        const shown = await response.text();
        return shown.includes('gitplane_rounds_total{result="idle"} 1') ? shown : undefined;
      },
    });
    serving.kill("SIGTERM");
    expect(await exited).toEqual([0, null]);
    expect(metrics).toContain('process_cpu_seconds_total{process="host"}');
    expect(metrics).toContain('process_cpu_seconds_total{process="reconcile"}');
    expect(text).not.toContain("died");
  });

  test("explains and prints schemas from the installed package", async () => {
    const program = join(folder, "empty", "node_modules", ".bin", "gitplane");
    const explained = await run(program, ["explain", "ServiceClass.spec.deploymentTemplate.template.spec"], folder);
    expect(explained.stdout).toContain("KUBERNETES:  the type PodSpec\n");
    await run(program, ["schema", "json", "-o", join(folder, "schemas")], folder);
    const schema = await readFile(join(folder, "schemas", "gitplane.json"), "utf8");
    expect(schema).toBe(await readFile(sourcePath("docs/schemas/gitplane.json"), "utf8"));
    await run(program, ["schema", "crds", "-o", join(folder, "crds")], folder);
    const crd = await readFile(join(folder, "crds", "service-class.yaml"), "utf8");
    expect(crd).toBe(await readFile(sourcePath("docs/crds/service-class.yaml"), "utf8"));
  });

  test.for(programs)("%s says in one line that an older Node is too old", async (program) => {
    const launcher = join(folder, "empty", "node_modules", "gitplane", "bin", `${program}.cjs`);
    const older = `Object.defineProperty(process.versions, "node", { value: "20.20.2" }); require(${JSON.stringify(launcher)});`;
    const shown = await runCommand({
      command: process.execPath,
      arguments: ["-e", older],
      folder,
      environment: environment(),
      signal: AbortSignal.timeout(10_000),
    });
    expect(shown).toMatchObject({
      kind: "exited",
      exitCode: 2,
      stdout: "",
      stderr:
        "gitplane needs Node.js 24 or newer; this is 20.20.2. Install a newer one (https://nodejs.org), or put it first on PATH; in a checkout, `npm ci` brings one along.\n",
    });
  });
});

/** As on a machine whose only Node is the one that runs this test. npm finds its registry as the caller's npm does. */
function environment(): NodeJS.ProcessEnv {
  const npm = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => /^npm_config_(registry|cache|userconfig|globalconfig)$/i.test(name)),
  );
  const path = `${dirname(process.execPath)}:${programEnvironment()["PATH"] ?? ""}`;
  return { ...programEnvironment(), ...npm, PATH: path };
}

async function run(
  command: string,
  args: readonly string[],
  folder: string,
): Promise<Extract<CommandResult, { kind: "exited" }>> {
  const result = await runCommand({
    command,
    arguments: args,
    folder,
    environment: environment(),
    signal: AbortSignal.timeout(240_000),
  });
  if (result.kind === "missing" || result.exitCode !== 0)
    throw new Error(
      `${command} ${args.join(" ")} failed: ${result.kind === "missing" ? "missing" : result.stdout + result.stderr}`,
    );
  return result;
}
