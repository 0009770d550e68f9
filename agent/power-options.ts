/** How much an agent may do, from its own command line: the ceiling, and the user that it acts as. */
import { type Command, InvalidArgumentError, Option } from "commander";
import { load } from "js-yaml";
import { ExitError, exitCodes } from "../process/exit-codes.ts";
import { Ceiling, defaultCeiling } from "../schemas/ceiling.ts";
import type { PlaneId } from "../schemas/layout.ts";
import { readAccessFile } from "./kubernetes/cluster-access.ts";
import { assertUser } from "./kubernetes/impersonation.ts";

export type PowerOptions = {
  readonly ceiling?: string;
  readonly impersonate?: string;
};

export function addPowerOptions(command: Command): Command {
  return command
    .option(
      "--ceiling <file>",
      "YAML of the namespaces and kinds that may be touched at all (default: the organization's own cells, and what Gitplane renders; see docs/agent.md)",
    )
    .addOption(
      new Option(
        "--impersonate <user>",
        "send every request about Releases as this user; {organization} stands for the plane's",
      ).argParser(readUser),
    );
}

function readUser(text: string): string {
  try {
    assertUser(text.replaceAll("{organization}", "x"));
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? error.message : "Give a user's name.");
  }
  return text;
}

/** The user that requests are sent as; undefined for the agent itself. */
export function impersonatedUser({
  impersonate,
  plane,
}: PowerOptions & { readonly plane: PlaneId }): string | undefined {
  return impersonate?.replaceAll("{organization}", plane.organization);
}

/** Throws ExitError `usage` naming file and field. */
export async function readCeiling({
  ceiling: path,
  plane,
}: PowerOptions & { readonly plane: PlaneId }): Promise<Ceiling> {
  if (path === undefined) return defaultCeiling(plane);
  let value: unknown;
  try {
    value = load((await readAccessFile(path)).toString("utf8"));
  } catch (error) {
    throw new ExitError(
      exitCodes.usage,
      `cannot read the ceiling ${path}: ${error instanceof Error ? error.message : "it is malformed"}`,
    );
  }
  const result = Ceiling.safeParse(value);
  if (result.success) return result.data;
  const issues = result.error.issues.map((issue) => `${path}: ${issue.path.join(".")}: ${issue.message}`);
  throw new ExitError(exitCodes.usage, issues.slice(0, 20).join("\n"));
}
