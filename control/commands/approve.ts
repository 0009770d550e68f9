/** `gitplane approve HASH`: shows what an agent refuses to do, and commits a person's word that it may. */
import { exitCodes, type ExitCode, ExitError } from "../../process/exit-codes.ts";
import { printText } from "../../process/output.ts";
import { sanitize } from "../../process/sanitize.ts";
import { specsRef } from "../../schemas/layout.ts";
import { commitApproval } from "../approve/commit-approval.ts";
import { chooseHold, findHolds, type FoundHold } from "../approve/find-holds.ts";
import { LiveSpecs } from "../engine/live-specs.ts";
import type { AccessOptions } from "./access.ts";
import { type Clones, openFleet } from "./fleet-access.ts";
import { findPerson, isWanted } from "./person.ts";

export type ApproveOptions = AccessOptions & {
  readonly reason?: string;
  readonly yes?: boolean;
  readonly author?: string;
};

const longestReason = 1000;

export async function approve(wanted: string, options: ApproveOptions, signal: AbortSignal): Promise<ExitCode> {
  const { reason } = options;
  if (reason !== undefined && reason.length > longestReason) {
    throw new ExitError(exitCodes.usage, `a reason has at most ${longestReason} characters`);
  }
  await using fleet = await openFleet(options);
  const found = chooseHold(wanted, await fleet.ask(readHolds));
  await printText(describeHold(found), process.stdout);
  const author = await findPerson(options.author);
  const question = `Approve exactly this, by a commit of ${sanitize(author.name)} to the specs repository?`;
  if (!(await isWanted(options, { question, wanted: "approve", signal }))) {
    await printText("Nothing was changed.\n", process.stderr);
    return exitCodes.held;
  }
  const given = { found, reason, author, nowSeconds: Math.floor(Date.now() / 1000) };
  const committed = await fleet.ask(({ specs }) => commitApproval(specs, given));
  const next = "The control plane carries it to the plane at its next look; `gitplane status --watch` shows it.";
  const done =
    committed.kind === "known"
      ? "This is approved already."
      : `Committed ${committed.revision} as ${sanitize(author.name)}.`;
  await printText(`${done} ${next}\n`, process.stdout);
  return exitCodes.done;
}

/** Of the planes that the specs declare. */
async function readHolds({ specs, state }: Clones): Promise<readonly FoundHold[]> {
  const head = (await specs.fetch([specsRef])).get(specsRef);
  if (head === undefined) return [];
  const { planes } = await new LiveSpecs(specs).move(head);
  return await findHolds(state, planes);
}

function describeHold({ plane, hold }: FoundHold): string {
  const lines = [
    `The agent of ${plane} holds this until it is approved (${hold.hash}):`,
    `  ${hold.reason}`,
    "",
    ...hold.steps.map(({ action, id, uid }) => `  ${action}  ${id}  (uid ${uid})`),
    "",
  ];
  return lines.map((line) => `${sanitize(line)}\n`).join("");
}
