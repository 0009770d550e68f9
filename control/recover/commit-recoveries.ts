/** Recoveries to the specs branch, as a commit of the person who decided. */
import { createHash } from "node:crypto";
import { GitError, type Oid, type Person, type Repository } from "../../git/repository.ts";
import { compareText } from "../../schemas/compare.ts";
import { specsRef } from "../../schemas/layout.ts";
import { type Recovery, recoveryPath } from "../../schemas/recovery.ts";
import { writeStateYaml } from "../../schemas/state-yaml.ts";

export type Decision = {
  readonly recoveries: readonly Recovery[];
  /** The head that the person was shown. */
  readonly head: Oid;
  readonly author: Person;
  readonly nowSeconds: number;
};

/**
 * The commit, now head of the specs branch; undefined when somebody else was first, and what was decided may not be true any
 * more. Throws GitError `not-allowed` when the server refuses it.
 */
export async function commitRecoveries(specs: Repository, decision: Decision): Promise<Oid | undefined> {
  const { recoveries, head, author, nowSeconds } = decision;
  const next = await specs.commit({
    parent: head,
    changes: filesOf(recoveries),
    message: `Recover from lost history\n\n${lines(recoveries).join("\n")}`,
    author,
    committer: author,
    committedAtSeconds: nowSeconds,
  });
  const pushed = await specs.push(specsRef, { expect: head, next });
  if (pushed.kind === "pushed") return next;
  if (pushed.kind === "refused") throw new GitError("not-allowed", `the specs repository refused it: ${pushed.reason}`);
  return undefined;
}

/** One file for each thing to recover, called by what it says, however many planes need it. */
function filesOf(recoveries: readonly Recovery[]): ReadonlyMap<string, Uint8Array> {
  return new Map(
    recoveries.map((recovery) => {
      const text = writeStateYaml(recovery);
      const hash = createHash("sha256").update(text).digest("hex").slice(0, 32);
      return [recoveryPath(hash), Buffer.from(text)] as const;
    }),
  );
}

function lines(recoveries: readonly Recovery[]): readonly string[] {
  const said = recoveries.map((recovery) =>
    recovery.from === "rewritten-specs"
      ? `Publishing goes on from lost specs ${recovery.specsCommit}.`
      : `${recovery.plane} goes on from lost revision ${recovery.appliedRevision}.`,
  );
  return [...new Set(said)].toSorted(compareText);
}
