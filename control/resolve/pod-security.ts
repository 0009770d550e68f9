/**
 * The Pod Security Standard of a cell: the strictest of what its DataPlane, its Environment and its Project ask for, so that
 * nobody takes back what another said, and `baseline` where none of them says anything. That is the platform's word too, so a
 * Project alone does not loosen it. Of the cluster that an organization
 * is a guest in, `privileged` is the owner's to say, who has no word for it in the guest's specs: it is refused.
 */
import { organizationOf } from "../../schemas/kinds.ts";
import type { Problem } from "../../schemas/problem.ts";
import type { Binding } from "../deploy/binding.ts";
import { at, scalarOf, type Traced } from "../load/traced.ts";
import { placeOf } from "../load/tree-reader.ts";
import type { Lookup } from "../validate/lookup.ts";
import type { Cell } from "./cell.ts";
import type { DataPlaneDocument } from "./gateways.ts";

/** From the loosest. */
const levels: readonly unknown[] = ["privileged", "baseline", "restricted"];

type Settings = readonly (Traced | undefined)[];

/** Of the project's the first that says a level counts; undefined where it is what the engine says. */
export function strictestLevel({
  platform,
  project,
}: {
  readonly platform: Settings;
  readonly project: Settings;
}): Traced | undefined {
  const byPlatform = platform.flatMap((one) => levelIn([one]) ?? []);
  const byProject = levelIn(project);
  if (byPlatform.length === 0 && scalarOf(byProject) === "privileged") return undefined;
  return [...byPlatform, ...(byProject === undefined ? [] : [byProject])].toSorted(
    (a, b) => levels.indexOf(scalarOf(b)) - levels.indexOf(scalarOf(a)),
  )[0];
}

function levelIn(settings: Settings): Traced | undefined {
  return settings.map((one) => at(one, "podSecurity")).find((level) => isLevel(level));
}

/** A Project's word that does not count, at its line. */
export function checkProjectLevel(cell: Cell, { index, file }: { index: Lookup; file: string }): readonly Problem[] {
  const project = index.find("Project", cell.organization, cell.project);
  const spec = at(project?.tree, "spec");
  const level = levelIn([at(spec, "environments", cell.environment), at(spec, "cell")]);
  if (level === undefined || scalarOf(level) !== "privileged" || isPrivileged(cell) || cell.isAdopted) return [];
  const counts = String(scalarOf(at(cell.settings, "podSecurity")) ?? "baseline");
  return [
    {
      code: "unused-field",
      severity: "warning",
      message: `privileged is the platform's to say, so pods of ${cell.project} in ${cell.environment} are ${counts}`,
      place: placeOf(level.origin, file),
      remedy: "remove it, or have the DataPlane or Environment say podSecurity: privileged, and none of them otherwise",
    },
  ];
}

function isLevel(tree: Traced | undefined): boolean {
  return levels.includes(scalarOf(tree));
}

/** Whether pods of the cell may have what is the node's: only where somebody says so, and nobody otherwise. */
export function isPrivileged({ settings }: Pick<Cell, "settings">): boolean {
  return scalarOf(at(settings, "podSecurity")) === "privileged";
}

/** Whether the plane is in a cluster whose gateways, and so the cluster, are another organization's. */
function isGuest({ resource }: DataPlaneDocument): boolean {
  const { sharedFrom } = resource.spec.gateway ?? {};
  return sharedFrom !== undefined && sharedFrom.organization !== organizationOf(resource);
}

/** At the line that asks for it. */
export function checkGuestLevel(cell: Cell, plane: DataPlaneDocument, binding: Binding): readonly Problem[] {
  const level = at(cell.settings, "podSecurity");
  if (level === undefined || !isPrivileged(cell) || !isGuest(plane)) return [];
  const { name } = plane.resource.metadata;
  const owner = plane.resource.spec.gateway?.sharedFrom?.organization ?? "";
  return [
    {
      code: "unsupported-policy",
      severity: "error",
      message: `pods of DataPlane ${name} may not be privileged: its cluster is organization ${owner}'s`,
      place: placeOf(level.origin, binding.place.file),
      remedy: "say baseline or restricted, or run it in a cluster of your own",
    },
  ];
}
