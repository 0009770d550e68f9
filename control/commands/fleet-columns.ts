/** The columns of the tables that show a fleet. */
import type { Column } from "../../process/table.ts";
import type { Health } from "../../schemas/health.ts";
import { worstHealth } from "../../schemas/worst-health.ts";
import type { ComponentRow } from "../fleet/component-rows.ts";
import type { EnvironmentRow } from "../fleet/environment-rows.ts";
import type { Fleet, PlaneStatus } from "../fleet/fleet.ts";
import type { HoldRow } from "../fleet/hold-rows.ts";
import type { ReleaseStatus } from "../fleet/release-status.ts";

export const noSpecs = "The specs repository has no commit on main yet: push the specs there.\n";

export const red = 31;
export const green = 32;
export const yellow = 33;

export const healthColours: Readonly<Record<Health, number | undefined>> = {
  Healthy: green,
  Progressing: yellow,
  Degraded: red,
  Suspended: undefined,
  Missing: red,
  Unknown: undefined,
};

export const shortOid = (oid: string | undefined): string | undefined => oid?.slice(0, 10);

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

export const holdColumns: readonly Column<HoldRow>[] = [
  { heading: "plane", value: ({ plane }) => plane },
  { heading: "steps", value: ({ steps }) => steps },
  { heading: "to approve", value: ({ command, isApproved }) => (isApproved ? "approved, on its way" : command) },
  { heading: "reason", value: ({ reason }) => reason },
];

export const releaseColumns: readonly Column<ReleaseStatus>[] = [
  { heading: "plane", value: ({ plane }) => plane },
  { heading: "project", value: ({ project }) => project },
  { heading: "environment", value: ({ environment }) => environment },
  { heading: "component", value: ({ component, platform = "cell" }) => component ?? `(${platform})` },
  { heading: "image", value: ({ images }) => imageText(images) },
  { heading: "state", value: ({ state }) => state, colour: ({ state }) => stateColours.get(state) },
  { heading: "health", value: ({ health }) => health, colour: ({ health }) => healthColours[health] },
  { heading: "reason", value: ({ reason }) => reason },
];

const stateColours: ReadonlyMap<string | undefined, number> = new Map([
  ["failed", red],
  ["not rendered", red],
  ["held", yellow],
]);

export const environmentColumns: readonly Column<EnvironmentRow>[] = [
  { heading: "environment", value: ({ environment }) => environment },
  { heading: "step", value: ({ pipelines }) => pipelines.map(({ name, step }) => `${step} of ${name}`).join(", ") },
  { heading: "plane", value: ({ planes }) => planes.join(", ") },
  { heading: "releases", value: ({ releases }) => releases },
  { heading: "health", value: ({ health }) => health, colour: ({ health }) => healthColours[health] },
  { heading: "behind", value: ({ behind }) => behind, colour: ({ behind }) => (behind > 0 ? yellow : undefined) },
  {
    heading: "unhealthy",
    value: ({ unhealthy }) => unhealthy,
    colour: ({ unhealthy }) => (unhealthy > 0 ? red : undefined),
  },
];

/** More would make every line wrap: then one column says where it runs. */
const mostEnvironmentColumns = 4;

/** A column for each environment that something runs in, in the order of the pipeline. */
export function componentColumns({ catalogue }: Fleet, rows: readonly ComponentRow[]): readonly Column<ComponentRow>[] {
  const present = new Set(rows.flatMap(({ environments }) => environments.map(({ environment }) => environment)));
  const ordered = catalogue.environments.map(({ environment }) => environment).filter((name) => present.has(name));
  const names = [...new Set([...ordered, ...present])];
  return [
    { heading: "project", value: ({ project }) => project },
    { heading: "component", value: ({ component }) => component },
    { heading: "kind", value: ({ kind }) => kind },
    ...(names.length <= mostEnvironmentColumns ? names.map(environmentColumn) : [whereColumn]),
    { heading: "state", value: ({ state }) => state, colour: ({ state }) => stateColours.get(state) },
    { heading: "health", value: ({ health }) => health, colour: ({ health }) => healthColours[health] },
    { heading: "reason", value: ({ reason }) => reason },
  ];
}

function environmentColumn(name: string): Column<ComponentRow> {
  const placesOf = ({ environments }: ComponentRow) => environments.filter(({ environment }) => environment === name);
  return {
    heading: name,
    value: (row) => eachOnce(placesOf(row).map(({ images }) => imageText(images))),
    colour: (row) => {
      const places = placesOf(row);
      return places.length === 0 ? undefined : healthColours[worstHealth(places.map(({ health }) => health))];
    },
  };
}

const whereColumn: Column<ComponentRow> = {
  heading: "where",
  value: ({ environments }) =>
    eachOnce(environments.map(({ environment, images }) => `${environment} ${imageText(images)}`.trim())),
};

/** What runs alike on several planes is said once. */
function eachOnce(texts: readonly string[]): string {
  return [...new Set(texts)].join(", ");
}

/** The last part of the path with its tag: what tells two versions apart. */
export function imageText(images: readonly string[]): string {
  return images.map((image) => image.slice(image.lastIndexOf("/") + 1)).join(", ");
}
