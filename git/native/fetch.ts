/**
 * Named refs from the remote, by two questions: where do they stand, and, only for those that moved, what is new. A fetch
 * that finds nothing new is one `ls-remote`. Objects are fetched by id into a quarantine, checked (`transfer.fsckObjects`,
 * connectivity), moved into the repository, and then the local refs follow by compare-and-swap, so no ref ever names an
 * object that is not there and two processes that fetch at once never turn a ref back.
 */

import { type FetchOptions, GitError, type Oid, type Ref } from "../repository.ts";
import { askHttpRefs } from "../http-refs.ts";
import { remoteEnvironment } from "./environment.ts";
import { pause } from "./pause.ts";
import { runGit, type GitFolder } from "./program.ts";
import { Quarantine } from "./quarantine.ts";
import { parseRefs, type RefStore } from "./refs.ts";
import { remoteFailure } from "./remote-failure.ts";
import type { ObjectStore } from "./object-store.ts";
import type { Remote } from "./remote-url.ts";
import { fetchSmall } from "./small-fetch.ts";
import { removeStaleLocks } from "./stale-locks.ts";

const MOST_TRIES = 10;
const LONGEST_PAUSE_MS = 100;

type Moved = { readonly ref: Ref; readonly from: Oid | undefined; readonly to: Oid };

export type Clone = { readonly refs: RefStore; readonly objects: ObjectStore };

/** The refs' values on the remote, now also the local ones; undefined for a ref that the remote lacks. */
export async function fetchRefs(
  clone: Clone,
  remote: Remote,
  request: FetchOptions & { readonly refs: readonly Ref[] },
): Promise<ReadonlyMap<Ref, Oid | undefined>> {
  const { refs } = clone;
  const { folder } = refs;
  const { isAnew = false, signal } = request;
  for (let tries = 1; ; tries++) {
    const theirs = await readRemoteRefs(folder, remote, request);
    const ours = await refs.readAll(request.refs);
    const moved = request.refs.flatMap((ref): Moved[] => {
      const to = theirs.get(ref);
      return to === undefined || (to === ours.get(ref) && !isAnew) ? [] : [{ ref, from: ours.get(ref), to }];
    });
    const failure = moved.length === 0 ? undefined : await follow(clone, remote, { moved, signal, isAnew });
    if (failure === undefined) return new Map(request.refs.map((ref) => [ref, theirs.get(ref)]));
    if (tries >= MOST_TRIES) throw failure;
    await pause(folder, LONGEST_PAUSE_MS * tries, request.signal);
  }
}

/** Where the remote's refs stand now; those it lacks are absent. Throws when the remote cannot be asked. */
export async function readRemoteRefs(
  folder: GitFolder,
  remote: Remote,
  request: { readonly refs: readonly Ref[]; readonly signal?: AbortSignal | undefined },
): Promise<ReadonlyMap<Ref, Oid>> {
  const told = await askHttpRefs(remote, request.refs, request.signal);
  if (told !== undefined) return told;
  const outcome = await runGit(folder, ["ls-remote", "--refs", "--end-of-options", remote.url, ...request.refs], {
    environment: remoteEnvironment(folder.path, remote),
    timeoutMs: folder.limits.remoteTimeoutMs,
    signal: request.signal,
  });
  if (outcome.exitCode !== 0) throw remoteFailure(`asking the remote of ${folder.path} for its refs`, remote, outcome);
  // ls-remote matches the end of a name too: refs/heads/main also finds refs/x/refs/heads/main.
  const found = parseRefs(outcome.stdout.toString("utf8"), "\t");
  return new Map([...found].filter(([ref]) => request.refs.includes(ref)));
}

/** Brings the objects and moves the refs. A failure that a second look may cure (something moved meanwhile) is answered. */
async function follow(
  { refs, objects }: Clone,
  remote: Remote,
  { moved, ...options }: FetchOptions & { readonly moved: readonly Moved[] },
): Promise<GitError | undefined> {
  const { folder } = refs;
  const { signal, isAnew = false } = options;
  if (isAnew || !(await areFew(objects, remote, { moved, signal }))) {
    const failure = await fetchObjects(folder, remote, { ...options, oids: moved.map(({ to }) => to) });
    if (failure !== undefined) return failure;
  }
  const outcome = await refs.follow(moved, signal);
  if (outcome.kind === "moved") return undefined;
  for (const { ref } of moved) await removeStaleLocks(folder, ref);
  return new GitError("failed", `moving fetched refs in ${folder.path}: ${outcome.words}`);
}

/** Whether one ref moved by so little that its objects are here already. */
async function areFew(
  objects: ObjectStore,
  remote: Remote,
  { moved: [first, ...others], signal }: { readonly moved: readonly Moved[]; readonly signal: AbortSignal | undefined },
): Promise<boolean> {
  if (first?.from === undefined || others.length > 0) return false;
  return fetchSmall(objects, remote, { from: first.from, to: first.to, signal });
}

async function fetchObjects(
  folder: GitFolder,
  remote: Remote,
  { oids, signal, isAnew = false }: FetchOptions & { readonly oids: readonly Oid[] },
): Promise<GitError | undefined> {
  await using quarantine = await Quarantine.open(folder);
  const { fetchBytes, remoteTimeoutMs } = folder.limits;
  const flags = ["--quiet", "--no-write-fetch-head", "--no-tags", "--no-recurse-submodules", "--no-auto-maintenance"];
  const outcome = await runGit(
    isAnew ? await quarantine.standAlone() : folder,
    ["fetch", ...flags, "--refmap=", "--end-of-options", remote.url, ...new Set(oids)],
    {
      environment: {
        ...remoteEnvironment(folder.path, remote),
        ...(isAnew ? quarantine.bareEnvironment() : quarantine.environment()),
      },
      timeoutMs: remoteTimeoutMs,
      signal,
      largestFileBytes: fetchBytes,
    },
  );
  if (outcome.exitCode === 0) {
    await quarantine.release();
    return undefined;
  }
  if ((await quarantine.largestFileBytes()) >= fetchBytes) {
    throw new GitError("too-large", `the remote of ${folder.path} sent more than ${fetchBytes} bytes`);
  }
  const failure = remoteFailure(`fetching into ${folder.path}`, remote, outcome);
  if (/not our ref|unadvertised object/u.test(outcome.stderr)) return failure;
  throw failure;
}
