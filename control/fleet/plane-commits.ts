/** The newest commits of a plane's branch, with whose specs they were rendered from. */
import type { Oid, Repository } from "../../git/repository.ts";
import { readTrailers } from "../../schemas/trailers.ts";
import { causeOf, type LogEntry, timeOf } from "./release-log.ts";

export type PlaneCommit = Pick<LogEntry, "at" | "revision" | "specs" | "authors" | "subject"> & {
  /** Absent in what no control plane wrote. */
  readonly sequence?: number;
};

/** Oldest first. */
export async function readCommits(
  tip: Oid | undefined,
  limit: number,
  state: Repository,
): Promise<readonly PlaneCommit[]> {
  const commits = tip === undefined ? [] : await state.log({ to: tip, limit });
  return commits.toReversed().map((commit) => {
    const sequence = readTrailers(commit.trailers)?.sequence;
    const number = sequence === undefined ? {} : { sequence };
    return { at: timeOf(commit), revision: commit.oid, ...number, ...causeOf(commit) };
  });
}
