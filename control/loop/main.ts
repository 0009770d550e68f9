/**
 * The reconcile loop as a process of its own, started by reconcile-process.ts and spoken to over its channel: rendering a
 * large platform takes memory and seconds, and the Git host must stay small (what it starts costs a fork) and answer
 * meanwhile. It ends when told, after the round under way, and at once when its parent is gone.
 */
import { programId } from "../../process/program-id.ts";
import { exitCodes } from "../../process/exit-codes.ts";
import { openLog } from "../../process/log.ts";
import { runMain } from "../../process/run-program.ts";
import { MemoryFile } from "../engine/memory-file.ts";
import { openHostForge } from "../forge.ts";
import { openControlMetrics } from "../metrics.ts";
import { runReconcileLoop } from "../reconcile-loop.ts";
import { type FromLoop, ToLoop } from "./messages.ts";
import { Questions } from "./questions.ts";

const stop = new AbortController();
process.on("SIGTERM", () => stop.abort());
// A terminal interrupts all of a group; the end is the parent's to say.
process.on("SIGINT", () => undefined);
process.on("disconnect", endWithoutParent);
if (!process.connected) endWithoutParent();

const paths = new Questions<string>();
const metrics = openControlMetrics("reconcile");
let wake = (): void => {};
const begun = Promise.withResolvers<Extract<ToLoop, { kind: "begin" }>>();
process.on("message", (message) => void hear(ToLoop.parse(message)));
process.exit(
  await runMain(
    async ({ signal }) => reconcileUntil(signal),
    stop.signal,
    (text) => process.stderr.write(text),
  ),
);

async function reconcileUntil(signal: AbortSignal): Promise<void> {
  const { specsPath, memoryPath, pollMs, machineCommits } = await begun.promise;
  await using forge = await openHostForge({
    specs: { path: specsPath },
    ensurePlaneRepository: async (plane) => ({ path: await paths.ask((id) => say({ kind: "ensure", id, plane })) }),
    announce: (_ref, revision, audience) => {
      if (audience.kind === "agent") say({ kind: "announce", plane: audience.plane, revision });
    },
  });
  await runReconcileLoop({
    forge,
    log: openLog(),
    signal,
    pollMs,
    machineCommits,
    memoryFile: new MemoryFile(memoryPath, programId()),
    onWake: (callback) => (wake = callback),
    onRound: async (round) => {
      await metrics.observe(round, forge.specs);
      say({ kind: "settled" });
    },
  });
}

async function hear(message: ToLoop): Promise<void> {
  switch (message.kind) {
    case "begin":
      begun.resolve(message);
      break;
    case "wake":
      wake();
      break;
    case "ensured":
      paths.answer(message.id, message.path);
      break;
    case "refused":
      paths.refuse(message.id, new Error(message.reason));
      break;
    case "measure":
      say({ kind: "measured", id: message.id, metrics: await metrics.text() });
      break;
  }
}

/** What cannot be sent has nobody to hear it: the channel closes only with the parent. */
function say(message: FromLoop): void {
  process.send?.(message, undefined, undefined, () => undefined);
}

function endWithoutParent(): never {
  process.exit(exitCodes.interrupted);
}
