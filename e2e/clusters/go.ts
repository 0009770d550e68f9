/** The Go command: whether there is one that will do, and modules and builds by it. GOFLAGS, GOPROXY and the rest are the user's. */

import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";

import { ClusterError } from "./cluster-error.ts";
import { runCommand } from "./run-command.ts";

export type GoCommand = {
  readonly environment: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
};

export type FoundGo =
  | { readonly kind: "found"; readonly version: string }
  | { readonly kind: "too-old"; readonly version: string }
  | { readonly kind: "missing" };

/** As the `go` lines of e2e's modules say. */
const requiredGo = { major: 1, minor: 26 } as const;

/** Where the Go modules of the test parts are. */
export const modulesFolder = join(import.meta.dirname, "..");

/**
 * Asks in a module's folder, because there an older Go may fetch a newer one (GOTOOLCHAIN) and then will do; and once more
 * outside, to name the version of one that may not.
 */
export async function findGo(go: GoCommand): Promise<FoundGo> {
  const inside = await runCommand({ ...go, command: "go", arguments: ["env", "GOVERSION"], folder: kubeFolder });
  if (inside.kind === "missing") {
    return { kind: "missing" };
  }
  if (inside.exitCode === 0 && isRecent(inside.stdout)) {
    return { kind: "found", version: inside.stdout.trim() };
  }
  const environment = { ...go.environment, GOTOOLCHAIN: "local" };
  const outside = await runCommand({
    ...go,
    environment,
    command: "go",
    arguments: ["env", "GOVERSION"],
    folder: tmpdir(),
  });
  return { kind: "too-old", version: outside.kind === "exited" ? outside.stdout.trim() : "unknown" };
}

export const kubeFolder = join(modulesFolder, "kube");

/** What the command printed. Throws `go-missing`, or what `failure` makes of the end of its complaints. */
export async function runGo(
  go: GoCommand & { readonly folder: string; readonly arguments: readonly string[] },
  failure: (complaints: string) => ClusterError,
): Promise<string> {
  // A workspace file somewhere above the checkout would not know our modules.
  const environment = { ...go.environment, GOWORK: "off" };
  const result = await runCommand({ ...go, environment, command: "go" });
  if (result.kind === "missing") {
    throw new ClusterError(
      "go-missing",
      `there is no go command on the PATH; install Go ${requiredVersion()} or newer`,
    );
  }
  if (result.exitCode !== 0) {
    throw failure(lastLines(result.stderr));
  }
  return result.stdout;
}

/** The folder of a module that the go.mod of the given folder requires, downloaded if need be and checked against go.sum. */
export async function downloadModule(go: GoCommand & { readonly folder: string }, module: string): Promise<string> {
  const output = await runGo({ ...go, arguments: ["mod", "download", "-json", module] }, (complaints) =>
    modulesUnreachable(go.environment, complaints),
  );
  return z.object({ Dir: z.string() }).parse(JSON.parse(output)).Dir;
}

export function modulesUnreachable(environment: NodeJS.ProcessEnv, complaints: string): ClusterError {
  // A private proxy's address may hold a password.
  const proxy = (environment["GOPROXY"] ?? "Go's default").replaceAll(/\/\/[^/@,|]*@/gu, "//");
  return new ClusterError(
    "modules-unreachable",
    `Go could not get the modules the test clusters are built from (GOPROXY: ${proxy}). ` +
      `They are needed once; is there a network? Go says:\n${complaints}`,
  );
}

export function requiredVersion(): string {
  return `${requiredGo.major}.${requiredGo.minor}`;
}

function isRecent(version: string): boolean {
  const [, major = "0", minor = "0"] = /go(\d+)\.(\d+)/u.exec(version) ?? [];
  const [foundMajor, foundMinor] = [Number(major), Number(minor)];
  return foundMajor > requiredGo.major || (foundMajor === requiredGo.major && foundMinor >= requiredGo.minor);
}

function lastLines(text: string): string {
  return text.trimEnd().split("\n").slice(-15).join("\n");
}
