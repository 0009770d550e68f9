/** An Approval to the specs branch, as a commit of the person who gave it. */
import { GitError, type Oid, type Person, type Repository } from "../../git/repository.ts";
import { findEntry } from "../../git/find-entry.ts";
import { Approval, approvalPath } from "../../schemas/approval.ts";
import { holdHash } from "../../schemas/hold.ts";
import { specsRef } from "../../schemas/layout.ts";
import { apiVersion } from "../../schemas/metadata.ts";
import { readStateYaml, writeStateYaml } from "../../schemas/state-yaml.ts";
import type { FoundHold } from "./find-holds.ts";

export type GivenApproval = {
  readonly found: FoundHold;
  readonly reason: string | undefined;
  readonly author: Person;
  readonly nowSeconds: number;
};

export type Committed =
  | { readonly kind: "committed"; readonly revision: Oid }
  /** Somebody approved these very steps before. */
  | { readonly kind: "known" };

const attempts = 5;

/**
 * Commits on whatever the specs branch stands at: the steps are the same there. Throws GitError `not-allowed` when the server
 * refuses it, and `failed` when the branch keeps moving.
 */
export async function commitApproval(specs: Repository, given: GivenApproval): Promise<Committed> {
  const { found, author, nowSeconds } = given;
  const { hash, steps } = found.hold;
  const path = approvalPath(hash);
  const what = `${steps.length} ${steps.length === 1 ? "step" : "steps"} on ${found.plane}`;
  for (let attempt = 1; attempt <= attempts; attempt += 1) {
    const head = (await specs.fetch([specsRef])).get(specsRef);
    if (head === undefined) throw new GitError("failed", "the specs repository has no commit on main");
    if (await isStanding(specs, { head, path, found })) return { kind: "known" };
    const next = await specs.commit({
      parent: head,
      changes: new Map([[path, Buffer.from(writeStateYaml(approvalOf(given)))]]),
      message: `Approve ${what}\n\n${given.reason ?? found.hold.reason}`,
      author,
      committer: author,
      committedAtSeconds: nowSeconds,
    });
    const pushed = await specs.push(specsRef, { expect: head, next });
    if (pushed.kind === "pushed") return { kind: "committed", revision: next };
    if (pushed.kind === "refused")
      throw new GitError("not-allowed", `the specs repository refused it: ${pushed.reason}`);
  }
  throw new GitError("failed", `the specs branch moved ${attempts} times in a row; approve again`);
}

/** The steps as the agent listed them, in its order, so that two people who approve the same write the same. */
function approvalOf({ found, reason }: GivenApproval): Approval {
  return {
    apiVersion,
    kind: "Approval",
    plane: found.plane,
    ...(reason === undefined ? {} : { reason }),
    steps: found.hold.steps,
  };
}

type Place = { readonly head: Oid; readonly path: string; readonly found: FoundHold };

/** Something else under its name approves nothing, and is written over. */
async function isStanding(specs: Repository, { head, path, found }: Place): Promise<boolean> {
  const standing = await findEntry(specs, (await specs.readCommit(head)).tree, path);
  if (standing.kind !== "found" || standing.entry.kind !== "blob") return false;
  const text = Buffer.from(await specs.readBlob(standing.entry.oid)).toString("utf8");
  const approval = Approval.safeParse(parse(text)).data;
  return approval?.plane === found.plane && holdHash(approval.steps) === found.hold.hash;
}

function parse(text: string): unknown {
  try {
    return readStateYaml(text);
  } catch {
    return undefined; // not YAML of ours: approves nothing
  }
}
