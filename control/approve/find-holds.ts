/** The Hold that a person means by the first digits of its hash, from what the planes' agents reported last. */
import { GitError, type Oid, type Repository } from "../../git/repository.ts";
import { exitCodes, ExitError } from "../../process/exit-codes.ts";
import type { Hold } from "../../schemas/hold.ts";
import { type PlaneId, planePath, receiptsRef } from "../../schemas/layout.ts";
import type { PlaneReceipt } from "../../schemas/receipt.ts";
import { readAgent } from "../recover/read-agent.ts";

export type FoundHold = { readonly plane: string; readonly hold: Hold };

/** Every Hold of these planes. Throws GitError when their receipts cannot be read: what is not known is not called none. */
export async function findHolds(state: Repository, planes: readonly PlaneId[]): Promise<readonly FoundHold[]> {
  const refs = await state.fetch(planes.map(receiptsRef));
  const found: FoundHold[] = [];
  for (const plane of planes) {
    const { holds = [] } = (await readReported(state, refs.get(receiptsRef(plane)), plane)) ?? {};
    found.push(...holds.map((hold) => ({ plane: planePath(plane), hold })));
  }
  return found;
}

async function readReported(
  state: Repository,
  receipts: Oid | undefined,
  plane: PlaneId,
): Promise<PlaneReceipt | undefined> {
  try {
    return await readAgent(state, receipts);
  } catch (error) {
    if (!(error instanceof GitError) || error.code !== "corrupt") throw error;
    throw new GitError("corrupt", `${planePath(plane)}: ${error.message}`, { cause: error });
  }
}

const fewestDigits = 6;

/** Throws ExitError `usage` when it is none of them, or several. */
export function chooseHold(wanted: string, holds: readonly FoundHold[]): FoundHold {
  if (!/^[0-9a-f]+$/.test(wanted) || wanted.length < fewestDigits) {
    throw new ExitError(
      exitCodes.usage,
      `give at least ${fewestDigits} digits of the Hold's hash, as ${list} shows it`,
    );
  }
  const [first, ...others] = holds.filter(({ hold }) => hold.hash.startsWith(wanted));
  if (first === undefined) {
    throw new ExitError(exitCodes.usage, `no plane has a Hold ${wanted} now; ${list} shows what waits for approval`);
  }
  if (others.length > 0) {
    const hashes = [first, ...others].map(({ plane, hold }) => `${hold.hash} of ${plane}`).join(", ");
    throw new ExitError(exitCodes.usage, `several Holds begin with ${wanted}: ${hashes}`);
  }
  return first;
}

const list = "`gitplane get holds`";
