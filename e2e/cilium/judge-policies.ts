/**
 * Cilium's policy engine, asked by a program of its own that is built once from e2e/cilium into the user's cache: which
 * flows a set of policies lets through. Cold it costs about 200 CPU-seconds.
 */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { z } from "zod";

import type { KubernetesObject } from "../../schemas/object-id.ts";
import { type Build, buildFlags, buildProgram } from "../clusters/build-program.ts";
import { cachePath, ensureCachedFolder, hashSources } from "../clusters/cached-folder.ts";

/** Pods by their labels; what Cilium reserves a name for; addresses outside; a host outside, by its name and its block. */
export type Endpoint = { readonly name: string } & (
  | { readonly namespace: string; readonly labels: Readonly<Record<string, string>> }
  | { readonly reserved: "world-ipv4" | "world-ipv6" }
  | { readonly cidr: string }
  | { readonly host: string; readonly cidr?: string }
);

export type Flow = {
  readonly from: string;
  readonly to: string;
  readonly protocol: "TCP" | "UDP";
  readonly port: number;
};

export type Question = {
  readonly endpoints: readonly Endpoint[];
  readonly policies: readonly KubernetesObject[];
  readonly flows: readonly Flow[];
};

/** Whether a flow may leave the one and enter the other; it passes where both are true. */
export type Verdict = { readonly egress: boolean; readonly ingress: boolean };

const Verdicts = z.array(z.strictObject({ egress: z.boolean(), ingress: z.boolean() }));
const coldCpuSeconds = 203;

/** Path of the program, built if need be. Throws ClusterError as `buildProgram` does. */
export async function buildJudge(build: Build): Promise<string> {
  const folder = import.meta.dirname;
  const sources = ["go.mod", "go.sum", "main.go"].map((name) => join(folder, name));
  const hash = await hashSources(sources, [process.platform, process.arch, ...buildFlags]);
  const path = cachePath("cilium", hash, build.environment);
  const fill = async (target: string) =>
    buildProgram(build, { folder, output: join(target, "judge"), what: "Cilium's policy engine", coldCpuSeconds });
  return join(await ensureCachedFolder({ path, fill }), "judge");
}

/** A verdict for each flow, in their order. Throws Error with what the program says of a policy that Cilium would refuse. */
export async function judgePolicies(
  judge: string,
  question: Question,
  signal: AbortSignal,
): Promise<readonly Verdict[]> {
  const child = spawn(judge, { stdio: ["pipe", "pipe", "pipe"], signal });
  child.stdin.end(JSON.stringify(question));
  const [answer, complaint] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
  if (child.exitCode !== 0) throw new Error(`the judge of policies failed: ${complaint}`);
  return Verdicts.parse(JSON.parse(answer));
}
