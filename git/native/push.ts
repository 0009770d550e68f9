/**
 * One ref forward, here or on the remote, by compare-and-swap. A lease is no protection against a rewind: given the right
 * old value `--force-with-lease` moves a branch backwards, so ancestry is checked before (repository's `isAncestor`).
 */

import type { Oid, PushResult, Ref } from "../repository.ts";
import { remoteEnvironment } from "./environment.ts";
import { type Clone, readRemoteRefs } from "./fetch.ts";
import { pause } from "./pause.ts";
import { runGit, type GitFolder, type GitOutcome } from "./program.ts";
import type { RefStore } from "./refs.ts";
import { remoteFailure, withoutCredential } from "./remote-failure.ts";
import type { Remote } from "./remote-url.ts";
import { pushSmall } from "./small-push.ts";

export type Push = {
  readonly ref: Ref;
  readonly expect: Oid | undefined;
  readonly next: Oid;
  readonly signal: AbortSignal | undefined;
};

/** How git and the forges say that somebody else was first, or is at it right now. */
const RACE_WORDS =
  /stale info|fetch first|non-fast-forward|failed to (update|lock)|cannot lock ref|incorrect old value|already exists|needs force/u;
const MOST_TRIES = 4;
const LONGEST_PAUSE_MS = 300;
const LONGEST_REASON = 4000;

/** To this repository's own ref. */
export async function pushHere(refs: RefStore, { ref, expect, next, signal }: Push): Promise<PushResult> {
  const moved = await refs.move({ ref, from: expect, to: next }, signal);
  switch (moved.kind) {
    case "moved":
      return { kind: "pushed" };
    case "elsewhere":
      return { kind: "conflict", actual: moved.actual };
    case "stuck":
      return { kind: "refused", reason: moved.reason };
  }
}

/** To the remote's ref; the local one follows. Throws GitError `unreachable`, `not-allowed`, `timeout`. */
export async function pushThere({ refs, objects }: Clone, remote: Remote, push: Push): Promise<PushResult> {
  const { folder } = refs;
  const here = await refs.read(push.ref);
  const { expect } = push;
  if (expect !== undefined && (await pushSmall(objects, remote, { ...push, expect }))) {
    const move = { ref: push.ref, from: here, to: push.next };
    const isFollowed = here === push.next || (await refs.follow([move], push.signal)).kind === "moved";
    if (!isFollowed) await refs.move(move, push.signal);
    return { kind: "pushed" };
  }
  for (let tries = 1; ; tries++) {
    const result = await tryPush(folder, remote, push);
    if (result.kind === "pushed" && here !== push.next) {
      await refs.move({ ref: push.ref, from: here, to: push.next }, push.signal);
    }
    if (result.kind !== "busy") return result;
    if (tries >= MOST_TRIES) return { kind: "refused", reason: result.reason };
    await pause(folder, LONGEST_PAUSE_MS * tries, push.signal);
  }
}

type Tried = PushResult | { readonly kind: "busy"; readonly reason: string };

async function tryPush(folder: GitFolder, remote: Remote, { ref, expect, next, signal }: Push): Promise<Tried> {
  const flags = ["--porcelain", "--no-progress", "--no-verify", "--no-follow-tags", "--no-signed"];
  const lease = `--force-with-lease=${ref}:${expect ?? ""}`;
  const outcome = await runGit(
    folder,
    ["push", ...flags, "--recurse-submodules=no", lease, "--end-of-options", remote.url, `${next}:${ref}`],
    { environment: remoteEnvironment(folder.path, remote), timeoutMs: folder.limits.remoteTimeoutMs, signal },
  );
  const status = readStatus(outcome.stdout.toString("utf8"), ref);
  if (status === undefined) throw remoteFailure(`pushing ${ref} from ${folder.path}`, remote, outcome);
  if (status.flag !== "!") return { kind: "pushed" };
  const reason = describeRefusal(status.summary, remote, outcome);
  if (!RACE_WORDS.test(status.summary)) return { kind: "refused", reason };
  const actual = (await readRemoteRefs(folder, remote, { refs: [ref], signal })).get(ref);
  if (actual === next) return { kind: "pushed" };
  return actual === expect ? { kind: "busy", reason } : { kind: "conflict", actual };
}

/** The line about the ref: `<flag> \t <from>:<to> \t <summary> (<reason>)`. */
function readStatus(porcelain: string, ref: Ref): { flag: string; summary: string } | undefined {
  for (const line of porcelain.split("\n")) {
    const [flag = "", refs = "", summary = ""] = line.split("\t");
    if (refs.endsWith(`:${ref}`)) return { flag: flag.trim(), summary };
  }
  return undefined;
}

/** git's summary and whatever the other side's hooks printed. */
function describeRefusal(summary: string, remote: Remote, outcome: GitOutcome): string {
  const words = outcome.stderr.split("\n").filter((line) => line.startsWith("remote:"));
  const lines = [summary, ...words.map((line) => line.slice("remote:".length))].map((line) => line.trim());
  return withoutCredential(lines.filter((line) => line !== "").join("\n"), remote).slice(0, LONGEST_REASON);
}
