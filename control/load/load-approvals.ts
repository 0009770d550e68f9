/**
 * The approvals of one tree of specs. One that is wrong allows nothing and holds nothing back: it is a Problem, and is not
 * carried to its plane.
 */
import { Approval, approvalPath, isPlacedApproval } from "../../schemas/approval.ts";
import { holdHash } from "../../schemas/hold.ts";
import type { Problem } from "../../schemas/problem.ts";
import type { SpecsFile } from "./load.ts";
import { decisionProblem, loadDecision } from "./load-decision.ts";

export type FoundApproval = {
  readonly approval: Approval;
  readonly hash: string;
  /** As Problems call the file. */
  readonly shown: string;
  /** The file as it stands. */
  readonly text: string;
};

/** A file that should be one. `id` is of its content. */
export type ApprovalFile = {
  readonly id: string;
  readonly found: FoundApproval | undefined;
  readonly problems: readonly Problem[];
};

/** By path. Files that are known by the same id are not read again. */
export type ApprovalFiles = ReadonlyMap<string, ApprovalFile>;

export async function loadApprovals(
  files: readonly SpecsFile[],
  known: ApprovalFiles = new Map(),
): Promise<ApprovalFiles> {
  const loaded = new Map<string, ApprovalFile>();
  for (const file of files.filter(({ path }) => isPlacedApproval(path))) {
    const before = known.get(file.path);
    loaded.set(file.path, before?.id === file.id ? before : await loadFile(file));
  }
  return loaded;
}

const remedy = "write it with `gitplane approve`, or remove it";
const kind = { schema: Approval, name: "Approval", remedy };

async function loadFile(file: SpecsFile): Promise<ApprovalFile> {
  const refuse = (problems: readonly Problem[]): ApprovalFile => ({ id: file.id, found: undefined, problems });
  const read = await loadDecision(file, kind);
  if (read.kind === "wrong") return refuse(read.problems);
  const hash = holdHash(read.data.steps);
  if (file.path !== approvalPath(hash)) {
    return refuse([decisionProblem(file, `the steps that it names make a file called ${hash}.yaml`, remedy)]);
  }
  const text = Buffer.from(read.bytes).toString("utf8");
  return { id: file.id, found: { approval: read.data, hash, shown: file.shown, text }, problems: [] };
}
