/**
 * The next tree of a plane's branch, from its present one and what was rendered: which files to write and which to take
 * away. Pure. A Release disappears only when its Binding is absent and nothing spoiled could hold an input of it
 * (invariant 3); one that cannot be decided or rendered stays (invariant 2).
 */
import { carriedApprovalPath, parseCarriedApproval } from "../../schemas/approval.ts";
import { compareText } from "../../schemas/compare.ts";
import { parseStatePath, type PlaneId, planeFile, planePath } from "../../schemas/layout.ts";
import { writeStateYaml } from "../../schemas/state-yaml.ts";
import { cellPath } from "../render/render.ts";
import type { Rendered } from "../render-specs.ts";
import { planeSettings } from "./plane-settings.ts";

export type PlaneTree = {
  /** Every file to stand in the tree that this step knows the content of. */
  readonly files: ReadonlyMap<string, string>;
  /** Paths of the present tree that go. */
  readonly removed: readonly string[];
  /** Paths that stay although nothing was rendered for them, with the reason. */
  readonly kept: ReadonlyMap<string, string>;
};

export function nextPlaneTree(plane: PlaneId, present: readonly string[], rendered: Rendered): PlaneTree {
  const settings = writeStateYaml(planeSettings(plane, rendered));
  const files = new Map<string, string>([[planeFile, settings], ...carriedApprovals(plane, rendered)]);
  for (const [path, release] of rendered.releasesOf(plane)) files.set(path, release.text());
  return { files, ...decideAbsent(plane, present, rendered) };
}

/** Of the present paths that nothing is rendered for: which go, and which stay and why. */
export function decideAbsent(
  plane: PlaneId,
  present: readonly string[],
  rendered: Rendered,
): Pick<PlaneTree, "removed" | "kept"> {
  const written = rendered.releasesOf(plane);
  const absent = present.filter((path) => path !== planeFile && !written.has(path) && !isApproval(path));
  const carried = carriedApprovals(plane, rendered);
  const withdrawn = present.filter((path) => isApproval(path) && !carried.has(path));
  const kept = new Map<string, string>();
  for (const path of absent) {
    const reason = keepReason(plane, path, rendered);
    if (reason !== undefined) kept.set(path, reason);
  }
  keepCells(absent, kept);
  return { removed: [...withdrawn, ...absent.filter((path) => !kept.has(path))].toSorted(compareText), kept };
}

/**
 * The approvals that stand in the plane's tree, byte for byte as people committed them. They go when they go from the specs:
 * the tree follows from the specs alone, and a person can take back what was not done yet.
 */
export function carriedApprovals(
  plane: PlaneId,
  { approvals }: Pick<Rendered, "approvals">,
): ReadonlyMap<string, string> {
  const own = approvals.filter(({ approval }) => approval.plane === planePath(plane));
  return new Map(own.map(({ hash, text }) => [carriedApprovalPath(hash), text]));
}

export function isApproval(path: string): boolean {
  return parseCarriedApproval(path) !== undefined;
}

function keepReason(plane: PlaneId, path: string, { undecided, spoils }: Rendered): string | undefined {
  const parsed = parseStatePath(path);
  if (parsed === undefined || parsed.kind === "platform" || parsed.kind === "build")
    return "not rendered by this version";
  const name = parsed.kind === "cell" ? parsed.project : parsed.component;
  const reason =
    parsed.kind === "cell" ? undefined : undecided.reasonFor({ organization: plane.organization, ...parsed });
  const holder = reason === undefined ? spoils.holderOf(plane.organization, name) : undefined;
  return reason ?? (holder === undefined ? undefined : `${holder} cannot be used and may hold an input of it`);
}

/** A Cell stays as long as any Release in it does. */
function keepCells(absent: readonly string[], kept: Map<string, string>): void {
  const inhabited = new Set(
    [...kept.keys()].flatMap((path) => {
      const parsed = parseStatePath(path);
      return parsed?.kind === "release" ? [cellPath(parsed)] : [];
    }),
  );
  for (const path of absent) if (inhabited.has(path)) kept.set(path, kept.get(path) ?? "a Release of the Cell stays");
}
