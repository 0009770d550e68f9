/** `gitplane describe component|release|environment|plane NAME`. */
import { exitCodes, ExitError, type ExitCode } from "../../process/exit-codes.ts";
import { formatValue, printText } from "../../process/output.ts";
import type { OutputFormat } from "../../process/output-formats.ts";
import { isColoured } from "../../process/table.ts";
import type { DescribedKind } from "../fleet/describe.ts";
import type { AccessOptions } from "./access.ts";
import { describedText } from "./described-text.ts";
import { openFleet } from "./fleet-access.ts";
import { noSpecs } from "./fleet-columns.ts";
import { Waiting } from "./waiting.ts";

type DescribeOptions = AccessOptions & { readonly output: OutputFormat };

/** Throws ExitError `usage` for a name that nothing has, or several things. */
export async function describe(kind: DescribedKind, wanted: string, options: DescribeOptions): Promise<ExitCode> {
  using waiting = new Waiting(process.stderr);
  await using reader = await openFleet({ ...options, onProgress: waiting.say });
  const fleet = await reader.read();
  if (fleet.specs === undefined)
    throw new ExitError(exitCodes.usage, `there is no ${kind} ${wanted}. ${noSpecs.trimEnd()}`);
  const described = await reader.recall(["describe", kind, wanted], async ({ state }) => {
    const { describe: describeSubject } = await import("../fleet/describe.ts");
    return await describeSubject({ kind, wanted }, fleet, state);
  });
  waiting.end();
  const { output } = options;
  const text =
    output === "table"
      ? describedText(described, { coloured: isColoured(process.stdout, process.env) })
      : formatValue(described, output);
  await printText(text, process.stdout);
  return exitCodes.done;
}
