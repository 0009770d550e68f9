/**
 * What the engine did with Releases, from the history of a plane's branch (what was rendered) and of its receipts branch
 * (what came of it). Every commit there is somebody's doing, so nothing is kept beside Git. Only commits that touched the
 * path are looked at, and of each only the folder of the path.
 */
import type { Commit, Oid, Repository, TreeChange } from "../../git/repository.ts";
import { compareText } from "../../schemas/compare.ts";
import type { Health } from "../../schemas/health.ts";
import { parseStatePath, type StatePath } from "../../schemas/layout.ts";
import { readTrailers } from "../../schemas/trailers.ts";
import { readReceipt } from "./facts.ts";
import { objectAt } from "./file-at.ts";
import { type ReceiptFacts, receiptFacts } from "./receipt-facts.ts";
import type { OfComponent, OfPlatform } from "./release-status.ts";

/** `gone`: the agent answers for nothing of it any more. A health by its name is news of an unchanged Release. */
export type ReleaseEvent = "rendered" | "applied" | "failed" | "held" | "gone" | Lowercase<Health>;

export type LogEntry = (OfComponent | OfPlatform) & {
  /** RFC 3339, UTC, to the second, as the commit says. */
  readonly at: string;
  readonly plane: string;
  readonly event: ReleaseEvent;
  /** The commit of the plane's or the receipts branch. */
  readonly revision: Oid;
  /** Of what was rendered. */
  readonly change?: "created" | "changed" | "removed";
  readonly specs?: Oid;
  readonly authors?: readonly string[];
  readonly subject?: string;
  /** Of what an agent reported. */
  readonly result?: string;
  readonly health?: Health;
  readonly reason?: string;
};

export type LogSource = {
  readonly plane: string;
  readonly branch: "releases" | "receipts";
  readonly to: Oid;
  /** What came up to there is known. */
  readonly from?: Oid | undefined;
  /** `releases`, or a folder or file below it. */
  readonly path: string;
};

/** At most `limit` entries, the newest, oldest first. */
export async function readLog(
  sources: readonly LogSource[],
  limit: number,
  state: Repository,
): Promise<readonly LogEntry[]> {
  const read = await Promise.all(sources.map((source) => readSource(source, limit, state)));
  return read
    .flat()
    .toSorted((a, b) => compareText(a.at, b.at) || rank(a) - rank(b))
    .slice(-limit);
}

/** Of one second: what was rendered comes before what came of it. */
function rank({ event }: LogEntry): number {
  return event === "rendered" ? 0 : 1;
}

async function readSource(source: LogSource, limit: number, state: Repository): Promise<readonly LogEntry[]> {
  const { to, from, path } = source;
  const commits = await state.log({ to, from, path, limit });
  const entries: (readonly LogEntry[])[] = [];
  let count = 0;
  for (const commit of commits) {
    const found = await entriesOf(commit, { source, limit: limit - count }, state);
    entries.push(found);
    count += found.length;
    if (count >= limit) break;
  }
  return entries.toReversed().flat();
}

async function entriesOf(
  commit: Commit,
  { source, limit }: { readonly source: LogSource; readonly limit: number },
  state: Repository,
): Promise<readonly LogEntry[]> {
  const changes = (await changesOf(commit, source.path, state)).slice(0, limit);
  const read = await Promise.all(
    changes.map(async (change): Promise<LogEntry | undefined> => {
      const path = parseStatePath(change.path);
      const owner = path && ownerOf(path);
      if (owner === undefined) return undefined;
      const what = source.branch === "releases" ? renderedOf(change, commit) : await reportedOf(change, state);
      if (what === undefined) return undefined;
      return {
        at: timeOf(commit),
        plane: source.plane,
        ...owner,
        revision: commit.oid,
        ...what,
      };
    }),
  );
  return read.filter((entry) => entry !== undefined);
}

/** A Cell is told by what runs in it. */
function ownerOf(path: StatePath): OfComponent | OfPlatform | undefined {
  if (path.kind === "platform") return { platform: path.name };
  if (path.kind !== "release") return undefined;
  const { project, environment, component } = path;
  return { project, environment, component };
}

/** What a commit changed at or below a path, in path order. */
async function changesOf(commit: Commit, path: string, state: Repository): Promise<readonly TreeChange[]> {
  const folder = path.endsWith(".yaml") ? path.slice(0, path.lastIndexOf("/")) : path;
  const [parent] = commit.parents;
  const [before, after] = await Promise.all([
    parent === undefined ? undefined : objectAt(state, parent, folder),
    objectAt(state, commit.oid, folder),
  ]);
  const changes = (await state.diffTrees(before, after)).map((change) => ({
    ...change,
    path: `${folder}/${change.path}`,
  }));
  return path === folder ? changes : changes.filter((change) => change.path === path);
}

type What = Omit<LogEntry, "at" | "plane" | "revision" | keyof OfComponent>;

const changeWords = { added: "created", modified: "changed", removed: "removed" } as const;

function renderedOf({ action }: TreeChange, commit: Commit): What {
  return { event: "rendered", change: changeWords[action], ...causeOf(commit) };
}

/** Whose specs a state commit was rendered from, as its trailers say. */
export function causeOf({ trailers, subject }: Commit): Pick<LogEntry, "specs" | "authors" | "subject"> {
  const read = readTrailers(trailers);
  return read === undefined
    ? { subject }
    : { specs: read.specsCommit, authors: read.specsAuthors, subject: read.reason };
}

/** Undefined when nothing of it is news: other objects, other uids. */
async function reportedOf(change: TreeChange, state: Repository): Promise<What | undefined> {
  const before = change.action === "added" ? undefined : await factsOf(change.previousOid, state);
  const after = change.action === "removed" ? undefined : await factsOf(change.oid, state);
  if (after === undefined) return before === undefined ? undefined : { event: "gone" };
  const event = eventOf(before, after);
  if (event === undefined) return undefined;
  const { result, health, cause } = after;
  return { event, result, health, ...(cause === undefined ? {} : { reason: cause }) };
}

async function factsOf(oid: Oid, state: Repository): Promise<ReceiptFacts | undefined> {
  const receipt = await readReceipt(oid, state);
  return receipt && receiptFacts(receipt);
}

export function eventOf(before: ReceiptFacts | undefined, after: ReceiptFacts): ReleaseEvent | undefined {
  const isSameResult = before?.release === after.release && before.result === after.result;
  const isSame = isSameResult && before.health === after.health && before.cause === after.cause;
  if (isSame) return undefined;
  if (after.result === "failed" || after.result === "held") return after.result;
  return isSameResult ? healthEvents[after.health] : "applied";
}

const healthEvents: Readonly<Record<Health, Lowercase<Health>>> = {
  Healthy: "healthy",
  Progressing: "progressing",
  Degraded: "degraded",
  Suspended: "suspended",
  Missing: "missing",
  Unknown: "unknown",
};

/** RFC 3339, UTC, to the second. */
export function timeOf({ committedAtSeconds }: Commit): string {
  return new Date(committedAtSeconds * 1000).toISOString().replace(/\.\d+Z$/, "Z");
}
