/**
 * The approvals of a plane's tree: steps that a person allowed. Only what says exactly what its name promises, for this very
 * plane, counts; everything else unlocks nothing and is said.
 */
import { GitError, type Oid, type Repository } from "../git/repository.ts";
import { Approval, parseCarriedApproval } from "../schemas/approval.ts";
import { type HeldStep, holdHash } from "../schemas/hold.ts";
import { type PlaneId, planePath } from "../schemas/layout.ts";
import { readStateYaml } from "../schemas/state-yaml.ts";

export type Approvals = {
  readonly steps: ReadonlySet<string>;
  /** Files that count for nothing, each with the reason. */
  readonly ignored: readonly string[];
};

export const noApprovals: Approvals = { steps: new Set(), ignored: [] };

/** A person can write one a second for an hour before this is too few. */
const mostApprovals = 4000;
/** Five hundred steps of the longest names. */
const approvalLimitBytes = 512 * 1024;

/** Approvals as they were read last: a folder that is the same says the same. */
export class KnownApprovals {
  #last: { readonly folder: Oid; readonly approvals: Approvals } | undefined;

  /** Those of a tree. */
  async read(
    repository: Repository,
    { plane, tree }: { readonly plane: PlaneId; readonly tree: Oid },
  ): Promise<Approvals> {
    const folder = (await repository.readTree(tree)).find(({ name }) => name === "approvals");
    if (folder?.kind !== "tree") return noApprovals;
    if (this.#last?.folder !== folder.oid) {
      this.#last = { folder: folder.oid, approvals: await readFolder(repository, folder.oid, plane) };
    }
    return this.#last.approvals;
  }
}

async function readFolder(repository: Repository, folder: Oid, plane: PlaneId): Promise<Approvals> {
  const steps = new Set<string>();
  const ignored: string[] = [];
  const files = await repository.readTree(folder);
  for (const { name, oid } of files.slice(0, mostApprovals)) {
    const read = await readApproval(repository, { path: `approvals/${name}`, oid, plane });
    if (typeof read === "string") ignored.push(`approvals/${name} ${read}`);
    else for (const step of read.steps) steps.add(keyOf(step));
  }
  if (files.length > mostApprovals) ignored.push(`approvals/ holds more than ${mostApprovals} files`);
  return { steps, ignored };
}

/** Whether exactly this was approved: another object under the same name was not. */
export function isApproved({ steps }: Approvals, { action, id, uid }: HeldStep): boolean {
  return steps.has(keyOf({ action, id, uid }));
}

function keyOf({ action, id, uid }: HeldStep): string {
  return JSON.stringify([action, id, uid]);
}

type Place = { readonly path: string; readonly oid: Oid; readonly plane: PlaneId };

async function readApproval(repository: Repository, { path, oid, plane }: Place): Promise<Approval | string> {
  const hash = parseCarriedApproval(path);
  if (hash === undefined) return "is not called as an approval is";
  const text = await readText(repository, oid);
  const parsed = text === undefined ? undefined : Approval.safeParse(text);
  if (parsed?.success !== true) return "cannot be read as an approval";
  if (parsed.data.plane !== planePath(plane)) return "is for another plane";
  return holdHash(parsed.data.steps) === hash ? parsed.data : "does not name the steps that its file name stands for";
}

/** Undefined for what cannot be read: nobody approved by it. */
async function readText(repository: Repository, oid: Oid): Promise<unknown> {
  try {
    const bytes = await repository.readBlob(oid);
    if (bytes.length > approvalLimitBytes) return undefined;
    return readStateYaml(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    if (error instanceof GitError && !unreadableCodes.has(error.code)) throw error;
    return undefined;
  }
}

const unreadableCodes: ReadonlySet<string> = new Set(["missing-object", "not-a-blob", "corrupt", "too-large"]);
