/** `gitplane serve` as a process, for `npm start` and the end-to-end tests. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { type PlaneId, planeKey, planePath } from "../../schemas/layout.ts";
import { poll } from "../clusters/poll.ts";
import { runCommand } from "../clusters/run-command.ts";
import type { Starter } from "./starter.ts";
import { nodeProgram, programEnvironment, sourcePath } from "./node-program.ts";

export type ControlPlane = {
  readonly url: string;
  readonly dataDir: string;
  /** The token of people; for files of mode 0600 only. */
  readonly peopleToken: string;
};

export type StartControlPlane = {
  readonly group: Starter;
  readonly dataDir: string;
  readonly port?: number;
  readonly signal: AbortSignal;
  /** `--machine-commits`; off unless said, so that the specs are moved by their test alone. */
  readonly machineCommits?: "direct" | "branch" | "off";
  /** Added to the program's environment. */
  readonly environment?: Readonly<Record<string, string>>;
};

export const controlProgram = "control-plane";
const readyTimeoutMs = 20_000;
const Address = z.object({ url: z.string(), pid: z.number() });

/** Resolves when it answers. Throws ClusterError `timeout`, or `program-exited` with the end of its log. */
export async function startControlPlane(start: StartControlPlane): Promise<ControlPlane> {
  const { group, dataDir, port = 0, signal, machineCommits = "off", environment = {} } = start;
  await group.start(
    nodeProgram({
      name: controlProgram,
      entry: "control/main.ts",
      arguments: ["serve", "--data", dataDir, "--port", String(port), "--machine-commits", machineCommits],
      environment,
    }),
  );
  return waitForControlPlane(group, dataDir, signal);
}

/** The control plane of this group, whoever started it. */
export async function waitForControlPlane(group: Starter, dataDir: string, signal: AbortSignal): Promise<ControlPlane> {
  const either = AbortSignal.any([signal, group.ended]);
  const url = await poll({
    what: "the control plane",
    timeoutMs: readyTimeoutMs,
    signal: either,
    probe: async () => readUrl(dataDir, group.pids.get(controlProgram)),
  });
  return { url, dataDir, peopleToken: (await readFile(join(dataDir, "credentials", "people"), "utf8")).trim() };
}

/** The address counts only from this very process: an earlier one may have been killed before it could take its file away. */
async function readUrl(dataDir: string, pid: number | undefined): Promise<string | undefined> {
  const text = await readFile(join(dataDir, "address.json"), "utf8").catch(() => "null");
  const address = Address.safeParse(JSON.parse(text));
  return address.success && address.data.pid === pid ? address.data.url : undefined;
}

/** A command of `gitplane` about this control plane, to its end. */
export async function runControl(
  { dataDir }: ControlPlane,
  args: readonly string[],
  signal: AbortSignal,
): ReturnType<typeof runCommand> {
  return runCommand({
    command: process.execPath,
    arguments: [sourcePath("control/main.ts"), ...args, "--data", dataDir],
    environment: programEnvironment(),
    signal,
  });
}

export function planeRepositoryUrl(control: ControlPlane, plane: PlaneId): string {
  return `${control.url}/planes/${planePath(plane)}.git`;
}

/** File with the token of the plane's agent; made once the plane is known to the control plane. */
export async function planeCredentialFile(control: ControlPlane, plane: PlaneId, signal: AbortSignal): Promise<string> {
  const file = join(control.dataDir, "credentials", "planes", planeKey(plane));
  await poll({
    what: `the credential of ${planePath(plane)}`,
    timeoutMs: readyTimeoutMs,
    signal,
    probe: async () => readFile(file, "utf8").catch(() => undefined),
  });
  return file;
}
