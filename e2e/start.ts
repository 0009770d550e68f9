/**
 * `npm start`: a whole platform on this machine. Git host and control plane, three clusters with an agent each, the sample
 * shop deployed to development; then it stays, and shows what follows from what is pushed. Everything it starts ends with it.
 */
import { parseArgs } from "node:util";
import { exitCodes, ExitError } from "../process/exit-codes.ts";
import { runProgram } from "../process/run-program.ts";
import { findClusterSource } from "./clusters/cluster-source.ts";
import { environments, openDemo } from "./platform/demo.ts";
import { Narrator } from "./platform/narrator.ts";

const usage = `npm start [-- --kubeconfig <file> ...]

Boots a platform on this machine and keeps it running until Ctrl-C.

  --kubeconfig <file>  use a cluster of yours; give it three times, for development, staging and production
  --fresh              forget what earlier runs left behind
`;

await runProgram(async ({ signal }) => {
  const options = readOptions();
  if (options.help) {
    process.stdout.write(usage);
    return exitCodes.done;
  }
  const given = options.kubeconfigs.length;
  if (given !== 0 && given !== environments.length) {
    throw new ExitError(
      exitCodes.usage,
      `give --kubeconfig ${environments.length} times, for ${environments.join(", ")}; it was given ${given === 1 ? "once" : `${given} times`}`,
    );
  }
  const narrator = new Narrator(process.stderr);
  narrator.say("Gitplane: a platform on this machine. Ctrl-C ends everything that it starts.");
  const source = await findClusterSource({ kubeconfigs: options.kubeconfigs, signal });
  await using demo = await openDemo({ source, narrator, signal, fresh: options.fresh });
  await demo.settle();
  await demo.stay();
  narrator.say("Stopping …");
  return exitCodes.done;
});

function readOptions(): { readonly help: boolean; readonly fresh: boolean; readonly kubeconfigs: readonly string[] } {
  try {
    const { values } = parseArgs({
      options: {
        help: { type: "boolean", short: "h" },
        fresh: { type: "boolean" },
        kubeconfig: { type: "string", multiple: true },
      },
    });
    return { help: values.help === true, fresh: values.fresh === true, kubeconfigs: values.kubeconfig ?? [] };
  } catch (error) {
    throw new ExitError(exitCodes.usage, `${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
  }
}
