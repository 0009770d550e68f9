/** `gitplane get planes|releases`. */
import { exitCodes, type ExitCode } from "../../process/exit-codes.ts";
import { type OutputFormat, printRows } from "../../process/output.ts";
import type { Column } from "../../process/table.ts";
import type { Health } from "../../schemas/health.ts";
import type { PlaneStatus, ReleaseStatus } from "../fleet.ts";
import type { AccessOptions } from "./access.ts";
import { openFleet } from "./fleet-access.ts";

export type GetOptions = AccessOptions & { readonly output: OutputFormat };

export async function getPlanes(options: GetOptions): Promise<ExitCode> {
  await using fleet = await openFleet(options);
  const { specs, planes } = await fleet.read();
  if (specs === undefined) process.stderr.write(noSpecs);
  await printRows(planes, { format: options.output, columns: planeColumns }, process.stdout);
  return exitCodes.done;
}

export async function getReleases(options: GetOptions): Promise<ExitCode> {
  await using fleet = await openFleet(options);
  const { specs, releases } = await fleet.read();
  if (specs === undefined) process.stderr.write(noSpecs);
  await printRows(releases, { format: options.output, columns: releaseColumns }, process.stdout);
  return exitCodes.done;
}

export const noSpecs = "The specs repository has no commit on main yet: push the specs there.\n";

const red = 31;
const green = 32;
const yellow = 33;

const healthColours: Readonly<Record<Health, number | undefined>> = {
  Healthy: green,
  Progressing: yellow,
  Degraded: red,
  Suspended: undefined,
  Missing: red,
  Unknown: undefined,
};

const shortOid = (oid: string | undefined): string | undefined => oid?.slice(0, 10);

export const planeColumns: readonly Column<PlaneStatus>[] = [
  { heading: "plane", value: ({ plane }) => plane },
  { heading: "releases", value: ({ releases }) => releases },
  { heading: "health", value: ({ health }) => health, colour: ({ health }) => healthColours[health] },
  { heading: "specs", value: ({ specs }) => shortOid(specs) },
  { heading: "rendered", value: ({ sequence }) => sequence },
  { heading: "applied", value: ({ appliedSequence }) => appliedSequence },
  { heading: "agent", value: ({ agent }) => agent },
  { heading: "last seen", value: ({ lastSeen }) => lastSeen },
  { heading: "reason", value: ({ reason }) => reason },
];

export const releaseColumns: readonly Column<ReleaseStatus>[] = [
  { heading: "plane", value: ({ plane }) => plane },
  { heading: "project", value: ({ project }) => project },
  { heading: "environment", value: ({ environment }) => environment },
  { heading: "component", value: ({ component }) => component ?? "(cell)" },
  { heading: "image", value: ({ images }) => images.map(shortImage).join(", ") },
  { heading: "state", value: ({ state }) => state, colour: ({ state }) => (state === "failed" ? red : undefined) },
  { heading: "health", value: ({ health }) => health, colour: ({ health }) => healthColours[health] },
  { heading: "reason", value: ({ reason }) => reason },
];

/** The last part of the path with its tag: what tells two versions apart. */
function shortImage(image: string): string {
  return image.slice(image.lastIndexOf("/") + 1);
}
