/** A fleet as a person reads it at a glance: where the specs stand, the planes, and what is not as it should be. Pure. */
import { formatTable, type Column } from "../../process/table.ts";
import { sanitize } from "../../process/sanitize.ts";
import type { Problem } from "../../schemas/problem.ts";
import { holdRows } from "../fleet/hold-rows.ts";
import type { Fleet, PlaneStatus } from "../fleet/fleet.ts";
import { isBehind, isShown, isUnhealthy, type ReleaseStatus } from "../fleet/release-status.ts";
import { problemText } from "../problems/terminal-report.ts";
import { ageText } from "./age.ts";
import {
  healthColours,
  holdColumns,
  imageText,
  noSpecs,
  planeColumns,
  red,
  releaseColumns,
  shortOid,
} from "./fleet-columns.ts";
import { summary } from "./problem-summary.ts";

export type Look = { readonly coloured: boolean; readonly nowMs: number };

/** Everything, what is behind or unhealthy first. */
export function fleetText(fleet: Fleet, look: Look): string {
  if (fleet.specs === undefined) return noSpecs;
  const { problems, planes } = fleet;
  const shown = shownOf(fleet);
  const sorted = [...shown.filter(isInTrouble), ...shown.filter((release) => !isInTrouble(release))];
  const holds = holdRows(fleet);
  const sections = [
    header(fleet, look)
      .map((line) => `${line}\n`)
      .join(""),
    ...(problems.length === 0 ? [] : [problems.map(problemText).join("")]),
    formatTable(planeColumns, planes, look),
    ...(holds.length === 0 ? [] : [formatTable(holdColumns, holds, look)]),
    ...(sorted.length === 0 ? [] : [formatTable(releaseColumns, sorted, look)]),
  ];
  return sections.join("\n");
}

export type Glance = Look & {
  readonly columns: number;
  /** Since when a Release is as it is. */
  readonly sinceMs: (release: ReleaseStatus) => number;
  /** Shown beside what is under way. */
  readonly spinner: string;
  /** When this was true, while nobody answers. */
  readonly asOf?: Date | undefined;
};

const shownProblems = 5;

/** As lines for a screen that is looked at for long: what is fine is a number. */
export function glanceLines(fleet: Fleet, glance: Glance): readonly string[] {
  const stale = glance.asOf === undefined ? [] : [`as of ${timeText(glance.asOf)}, looking again`];
  if (fleet.specs === undefined) return [...stale, noSpecs.trimEnd()];
  const shown = shownOf(fleet);
  const trouble = shown.filter(isInTrouble);
  const fine = shown.length - trouble.length;
  const isNarrow = glance.columns < narrowColumns;
  const planes = planeGlances(glance).filter(({ isWide }) => !(isNarrow && isWide === true));
  const releases = releaseGlances(glance).filter(({ isWide }) => !(isNarrow && isWide === true));
  return [
    ...stale,
    ...header(fleet, glance),
    ...problemLines(fleet.problems),
    "",
    ...tableLines(formatTable(planes, fleet.planes, glance)),
    ...holdLines(fleet, glance),
    ...(trouble.length === 0 ? [] : ["", ...tableLines(formatTable(releases, trouble, glance))]),
    ...(fine === 0
      ? []
      : [
          "",
          `${fine === shown.length ? "All " : ""}${fine} ${fine === 1 ? "Release is" : "Releases are"} as the specs say and well.`,
        ]),
  ];
}

const shownHolds = 5;

function holdLines(fleet: Fleet, look: Look): readonly string[] {
  const holds = holdRows(fleet);
  if (holds.length === 0) return [];
  const more = holds.length - shownHolds;
  const table = tableLines(formatTable(holdColumns, holds.slice(0, shownHolds), look));
  return ["", ...table, ...(more > 0 ? [`… ${more} more: gitplane get holds shows them`] : [])];
}

const narrowColumns = 100;

export function isInTrouble(release: ReleaseStatus): boolean {
  return isBehind(release) || isUnhealthy(release);
}

/** What goes on without a person. */
export function isUnderWay({ behind }: ReleaseStatus): boolean {
  return behind?.why === "applying" || behind?.why === "waiting" || behind?.why === "not-fetched";
}

function shownOf({ releases }: Fleet): readonly ReleaseStatus[] {
  return releases.filter(isShown);
}

function header(fleet: Fleet, { nowMs }: Look): readonly string[] {
  const { specs, head, problems } = fleet;
  const shown = shownOf(fleet);
  const healthy = shown.filter(
    ({ health, state, behind }) => health === "Healthy" && state === "applied" && behind === undefined,
  );
  const age = head === undefined ? [] : [`${ageText(head.committedAtSeconds * 1000, nowMs)} ago`];
  const commit = head === undefined ? [] : [head.author, head.subject];
  return [
    ["specs " + (shortOid(specs) ?? ""), ...age, ...commit].map((part) => sanitize(part)).join(" · "),
    `${healthy.length} of ${shown.length} Releases applied and healthy · ${summary(problems)}`,
  ];
}

function problemLines(problems: readonly Problem[]): readonly string[] {
  const lines = problems
    .slice(0, shownProblems)
    .map(({ place: { file, line, column }, severity, code, message }) =>
      sanitize(`${file}:${line}:${column}: ${severity} ${code}: ${message}`),
    );
  const more = problems.length - shownProblems;
  return [...lines, ...(more > 0 ? [`… ${more} more Problems: gitplane status shows them`] : [])];
}

type GlanceColumn<Row> = Column<Row> & { readonly isWide?: boolean };

function planeGlances({ nowMs }: Glance): readonly GlanceColumn<PlaneStatus>[] {
  return [
    { heading: "plane", value: ({ plane }) => plane },
    { heading: "releases", value: ({ releases }) => releases, isWide: true },
    { heading: "health", value: ({ health }) => health, colour: ({ health }) => healthColours[health] },
    { heading: "applied", value: ({ appliedSequence, sequence }) => `#${appliedSequence} of #${sequence}` },
    {
      heading: "seen",
      value: ({ lastSeen }) => (lastSeen === undefined ? undefined : `${ageText(Date.parse(lastSeen), nowMs)} ago`),
    },
    { heading: "reason", value: ({ reason }) => reason },
  ];
}

function releaseGlances({ sinceMs, nowMs, spinner }: Glance): readonly GlanceColumn<ReleaseStatus>[] {
  return [
    {
      heading: "release",
      value: ({ project, component, platform = "" }) =>
        component === undefined ? `(${platform})` : `${project}/${component}`,
    },
    { heading: "environment", value: ({ environment }) => environment },
    { heading: "image", value: ({ images }) => imageText(images), isWide: true },
    { heading: "health", value: ({ health }) => health, colour: ({ health }) => healthColours[health], isWide: true },
    {
      heading: "for",
      value: (release) => `${isUnderWay(release) ? spinner : " "} ${ageText(sinceMs(release), nowMs)}`,
    },
    {
      heading: "why",
      value: ({ reason }) => reason,
      colour: ({ behind }) => (behind?.why === "unhealthy" || behind?.why === "not-rendered" ? red : undefined),
    },
  ];
}

function tableLines(table: string): readonly string[] {
  return table.trimEnd().split("\n");
}

function timeText(time: Date): string {
  return time.toISOString().slice(0, 19).replace("T", " ") + "Z";
}
