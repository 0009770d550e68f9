/**
 * What a process does that may not write yet: it looks at the receipts branch until the plane is its own to hold, and asks
 * there whether the holder lives. Nothing else is read or written meanwhile, neither here nor in the target.
 */
import { GitError, type Repository } from "../git/repository.ts";
import type { Log } from "../process/log.ts";
import { Bell } from "../process/bell.ts";
import { planeFile, type PlaneId, receiptsRef } from "../schemas/layout.ts";
import { writeStateYaml } from "../schemas/state-yaml.ts";
import { agentPerson } from "./receipts.ts";
import type { Head, ReceiptsHead } from "./receipts-head.ts";
import type { Tenure } from "./tenure.ts";

export type StandBy = {
  readonly repository: Repository;
  readonly plane: PlaneId;
  readonly receiptsHead: ReceiptsHead;
  readonly tenure: Tenure;
  readonly log: Log;
  readonly now: () => Date;
  /** Told of the process that holds the plane. */
  readonly onRival: (instance: string) => void;
  /** Brings the branch up to date; false when the remote cannot be asked. */
  readonly look: () => Promise<boolean>;
  /** Between two looks. */
  readonly pauseMs: () => number;
  readonly signal: AbortSignal;
};

/** Resolves once the plane may be written, or when aborted. */
export async function standBy(options: StandBy): Promise<void> {
  const { log, look, onRival, pauseMs, receiptsHead, signal, tenure } = options;
  const bell = new Bell();
  for (let told: string | undefined, isFirst = true; !signal.aborted; isFirst = false) {
    const isReached = await look();
    if (isFirst && !isReached && !signal.aborted)
      log.warn("the repository is not reachable; going on from the local clone");
    const head = await receiptsHead.read();
    const verdict = tenure.judge(head?.plane);
    if (verdict === "holds") return;
    if (verdict === "ask" && isReached) await ask(options, head);
    if (tenure.rival !== undefined && tenure.rival !== told) {
      told = tenure.rival;
      log.error(
        { instance: told },
        "another agent holds this plane: two run with one identity; this one writes nothing",
      );
      onRival(told);
    }
    await bell.wait(pauseMs(), signal);
  }
}

/** The holder's own words with our question below them. What is not pushed is asked again with the next look. */
async function ask({ log, now, plane, repository, signal, tenure }: StandBy, head: Head | undefined): Promise<void> {
  if (head === undefined) return;
  const { instance: rival } = head.plane;
  const agent = agentPerson(plane);
  const words = Buffer.from(writeStateYaml({ ...head.plane, asks: tenure.instance }));
  try {
    const next = await repository.commit({
      parent: head.tip,
      changes: new Map([[planeFile, words]]),
      message: "Ask whether the agent that holds this plane lives",
      author: agent,
      committer: agent,
      committedAtSeconds: Math.floor(now().getTime() / 1000),
    });
    const result = await repository.push(receiptsRef(plane), { expect: head.tip, next }, { signal });
    if (result.kind !== "pushed") return;
    tenure.noteAsked(rival);
    log.info({ instance: rival }, "asked whether the agent that held this plane lives");
  } catch (error) {
    if (signal.aborted || !(error instanceof GitError)) throw error;
    log.warn({ code: error.code }, "cannot ask whether the agent that held this plane lives");
  }
}
