/** One described thing on one screen: what it is, then a table for each of its parts that there is. Pure. */
import { sanitize } from "../../process/sanitize.ts";
import { type Column, formatTable } from "../../process/table.ts";
import type { ConnectionEntry, Declared, Placement } from "../fleet/catalogue.ts";
import type { Described, ReleaseDetail } from "../fleet/describe.ts";
import { driftText } from "../fleet/drift-text.ts";
import { shortPlane } from "../fleet/filter.ts";
import { holdRows } from "../fleet/hold-rows.ts";
import type { Outside, OutsideEntry } from "../fleet/outside.ts";
import type { PlaneCommit } from "../fleet/plane-commits.ts";
import type { LogEntry } from "../fleet/release-log.ts";
import type { ReleaseStatus } from "../fleet/release-status.ts";
import { shortObject } from "../fleet/short-object.ts";
import { problemText } from "../problems/terminal-report.ts";
import { healthColours, holdColumns, imageText, releaseColumns, shortOid } from "./fleet-columns.ts";

type Look = { readonly coloured: boolean };
type Fact = readonly [label: string, values: readonly string[]];

export function describedText(described: Described, look: Look): string {
  const sections = [
    factsText([[titleOf(described), []], ...factsOf(described)]),
    ...tablesOf(described, look),
    ...(described.problems.length === 0 ? [] : [`Problems\n${described.problems.map(problemText).join("")}`]),
    ...historyText(described, look),
  ];
  return sections.join("\n");
}

/** Newest first. */
function historyText(described: Described, look: Look): readonly string[] {
  switch (described.kind) {
    case "environment":
      return [];
    case "plane":
      return tableText("History", described.history.toReversed(), { columns: commitColumns, look });
    case "component":
    case "release":
      return tableText("History", described.history.toReversed(), { columns: historyColumns, look });
  }
}

function titleOf(described: Described): string {
  switch (described.kind) {
    case "component":
      return `Component ${described.project}/${described.component} of ${described.organization}`;
    case "release":
      return `Release ${releaseName(described)} of ${described.organization}`;
    case "environment":
      return `Environment ${described.environment} of ${described.organization}`;
    case "plane":
      return `Plane ${described.plane}`;
  }
}

function factsOf(described: Described): readonly Fact[] {
  switch (described.kind) {
    case "component":
      return [
        ["Type", [described.type ?? ""]],
        ["Declared", described.declared.map(declaredText)],
        ["Class", described.classes.map(declaredText)],
        ["Connects to", described.connections.map(connectionText)],
        ["Reaches", described.outside.map(outsideText)],
        ["Used by", described.usedBy.map(connectionText)],
      ];
    case "release":
      return [
        ["Plane", [described.plane]],
        ["State", [described.state]],
        ["Health", [described.health]],
        ["Why", [described.reason ?? ""]],
        ["Images", described.images],
        ["Declared", described.declared.map(declaredText)],
        ["Follows", [placementText(described.placement)]],
        ["Class", described.classes.map(declaredText)],
        ["Connects to", described.connections.map(connectionText)],
        ["Reaches", described.outside.map(outsideText)],
      ];
    case "environment":
      return [
        ["Declared", described.declared.map(declaredText)],
        ["Step", described.pipelines.map(({ name, step }) => `${step} of ${name}`)],
        ["Production", [described.isProduction ? "yes" : "no"]],
        ["Planes", described.planes],
      ];
    case "plane":
      return [
        ["Declared", described.declared.map(declaredText)],
        ["Environments", described.environments],
        [
          "Rendered",
          [revisionText(described.revision, described.sequence), `from specs ${shortOid(described.specs) ?? "-"}`],
        ],
        ["Applied", [revisionText(described.appliedRevision, described.appliedSequence)]],
        ["Agent", described.agent === undefined ? [] : [`${described.agent}, last seen ${described.lastSeen ?? ""}`]],
        ["Releases", [String(described.releases)]],
        ["Health", [described.health]],
        ["Why", [described.reason ?? ""]],
      ];
  }
}

function tablesOf(described: Described, look: Look): readonly string[] {
  switch (described.kind) {
    case "component":
      return [
        ...tableText("Releases", described.releases, { columns: placedColumns, look }),
        ...described.releases.flatMap((release) => objectsText(`Objects in ${release.environment}`, release, look)),
      ];
    case "release":
      return objectsText("Objects", described, look);
    case "environment":
      return tableText("Releases", described.releases, { columns: releaseColumns, look });
    case "plane":
      return [
        ...tableText("Brought by the plane", described.platform, { columns: releaseColumns, look }),
        ...described.platform.flatMap((release) => objectsText(`Objects of ${release.platform ?? ""}`, release, look)),
        ...tableText("Held until approved", holdRows({ planes: [described] }), { columns: holdColumns, look }),
        ...tableText("Behind or not well", described.troubled, { columns: releaseColumns, look }),
      ];
  }
}

function tableText<Row>(
  heading: string,
  rows: readonly Row[],
  { columns, look }: { readonly columns: readonly Column<Row>[]; readonly look: Look },
): readonly string[] {
  return rows.length === 0 ? [] : [`${heading}\n${formatTable(columns, rows, look)}`];
}

function objectsText(heading: string, { objects }: ReleaseDetail, look: Look): readonly string[] {
  const drifted = objects.filter(({ drift }) => drift !== undefined);
  return [
    ...tableText(heading, objects, { columns: objectColumns, look }),
    ...tableText("Changed by others", drifted, { columns: driftColumns, look }),
  ];
}

/** Labels in one column; what is not there is left out. */
function factsText(facts: readonly Fact[]): string {
  const width = Math.max(...facts.slice(1).map(([label]) => label.length)) + 2;
  const lines = facts.flatMap(([label, values], position) => {
    if (position === 0) return [label];
    return values
      .filter((value) => value !== "")
      .map((value, index) => `  ${(index === 0 ? `${label}:` : "").padEnd(width)}${sanitize(value)}`);
  });
  return lines.map((line) => `${line}\n`).join("");
}

function declaredText({ kind, name, file, line }: Declared): string {
  return `${kind} ${name} in ${file}:${line}`;
}

function releaseName({ project, component = "", environment, platform, plane }: ReleaseDetail): string {
  return platform === undefined ? `${project}/${component}/${environment}` : `${shortPlane(plane)}/${platform}`;
}

function connectionText({ project, component, endpoint, name }: ConnectionEntry): string {
  return `${project}/${component} ${endpoint}, as ${name}`;
}

function outsideText({ name, environments, ...everywhere }: OutsideEntry): string {
  const text = ({ to, ports, protocol }: Outside): string => `${to} ${protocol} ${ports.join(", ")}`;
  const elsewhere = environments.map(({ environment, ...there }) => `; in ${environment} ${text(there)}`);
  return `${text(everywhere)}, as ${name}${elsewhere.join("")}`;
}

function revisionText(revision: string | undefined, sequence: number): string {
  return revision === undefined ? "nothing yet" : `#${sequence}, ${revision.slice(0, 10)}`;
}

function placementText(placement: Placement | undefined): string {
  if (placement === undefined) return "";
  const { follows, classHash, releaseState } = placement;
  const state = releaseState === "Active" ? "" : `, ${releaseState}`;
  if (follows === "claim") return `the claim, by auto-deploy${state}`;
  return `its Binding${classHash === undefined ? ", without a class pin" : `, class pinned to ${classHash}`}${state}`;
}

const placedColumns: readonly Column<ReleaseDetail>[] = [
  { heading: "environment", value: ({ environment }) => environment },
  { heading: "plane", value: ({ plane }) => plane },
  { heading: "image", value: ({ images }) => imageText(images) },
  { heading: "state", value: ({ state }) => state },
  { heading: "health", value: ({ health }) => health, colour: ({ health }) => healthColours[health] },
  { heading: "class", value: ({ placement }) => placement?.className },
  { heading: "pin", value: ({ placement }) => shortOid(placement?.classHash) },
  { heading: "reason", value: ({ reason }: ReleaseStatus) => reason },
];

type ToldObject = ReleaseDetail["objects"][number];

const objectColumns: readonly Column<ToldObject>[] = [
  { heading: "object", value: ({ id }) => shortObject(id) },
  { heading: "result", value: ({ result }) => result },
  { heading: "health", value: ({ health }) => health, colour: ({ health }) => healthColours[health] },
  { heading: "reason", value: ({ reason }) => reason },
];

const driftColumns: readonly Column<ToldObject>[] = [
  { heading: "object", value: ({ id }) => shortObject(id) },
  { heading: "what", value: ({ drift }) => drift && driftText(drift) },
  { heading: "when", value: ({ drift }) => drift?.by[0]?.at },
  { heading: "now", value: ({ drift }) => (drift?.healed === true ? "put right" : "as they left it") },
];

const commitColumns: readonly Column<PlaneCommit>[] = [
  { heading: "when", value: ({ at }) => at },
  { heading: "number", value: ({ sequence }) => sequence },
  { heading: "revision", value: ({ revision }) => shortOid(revision) },
  { heading: "specs", value: ({ specs }) => shortOid(specs) },
  { heading: "author", value: ({ authors = [] }) => authors.join(", ") },
  { heading: "subject", value: ({ subject }) => subject },
];

const historyColumns: readonly Column<LogEntry>[] = [
  { heading: "when", value: ({ at }) => at },
  { heading: "revision", value: ({ revision }) => shortOid(revision) },
  { heading: "specs", value: ({ specs }) => shortOid(specs) },
  { heading: "release", value: ({ component, environment, platform }) => platform ?? `${component}/${environment}` },
  { heading: "change", value: ({ change }) => change },
  { heading: "author", value: ({ authors = [] }) => authors.join(", ") },
  { heading: "subject", value: ({ subject }) => subject },
];
