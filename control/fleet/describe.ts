/** Everything known of one thing, as data: from the fleet, and for its Releases from the state repository. */
import type { Repository } from "../../git/repository.ts";
import { statePath } from "../../schemas/layout.ts";
import type { Problem } from "../../schemas/problem.ts";
import type { Receipt } from "../../schemas/receipt.ts";
import type { ComponentEntry, ConnectionEntry, Declared, EnvironmentEntry, Placement } from "./catalogue.ts";
import { chooseNamed } from "./choose-named.ts";
import { environmentRows } from "./environment-rows.ts";
import { readReceipt } from "./facts.ts";
import { shortPlane } from "./filter.ts";
import { objectAt } from "./file-at.ts";
import type { Fleet, PlaneStatus } from "./fleet.ts";
import { type OutsideEntry, outsideIn } from "./outside.ts";
import { type PlaneCommit, readCommits } from "./plane-commits.ts";
import { type LogEntry, type LogSource, readLog } from "./release-log.ts";
import {
  isBehind,
  isOfComponent,
  isShown,
  isUnhealthy,
  type OfComponent,
  type ReleaseStatus,
} from "./release-status.ts";

export type DescribedKind = "component" | "release" | "environment" | "plane";

/** How a Release is placed: what it follows, and the class as the Binding or the claim names it. */
export type ReleaseDetail = ReleaseStatus & {
  readonly placement?: Placement;
  /** As its agent reported them last. */
  readonly objects: Receipt["objects"];
};

export type Described =
  | (ComponentEntry & {
      readonly kind: "component";
      readonly classes: readonly Declared[];
      readonly usedBy: readonly ConnectionEntry[];
      readonly releases: readonly ReleaseDetail[];
      readonly problems: readonly Problem[];
      readonly history: readonly LogEntry[];
    })
  | (ReleaseDetail & {
      readonly kind: "release";
      readonly declared: readonly Declared[];
      readonly classes: readonly Declared[];
      readonly connections: readonly ConnectionEntry[];
      /** As they lead in its environment. */
      readonly outside: readonly OutsideEntry[];
      readonly problems: readonly Problem[];
      readonly history: readonly LogEntry[];
    })
  | (EnvironmentEntry & {
      readonly kind: "environment";
      readonly planes: readonly string[];
      readonly releases: readonly ReleaseStatus[];
      readonly problems: readonly Problem[];
    })
  | (PlaneStatus & {
      readonly kind: "plane";
      readonly declared: readonly Declared[];
      readonly environments: readonly string[];
      /** What it brings itself. */
      readonly platform: readonly ReleaseDetail[];
      /** Those that are behind or unhealthy. */
      readonly troubled: readonly ReleaseStatus[];
      readonly problems: readonly Problem[];
      readonly history: readonly PlaneCommit[];
    });

const historyLimit = 10;

/** Throws ExitError `usage` with what was meant, or the candidates; GitError when the clone cannot be read. */
export async function describe(
  subject: { readonly kind: DescribedKind; readonly wanted: string },
  fleet: Fleet,
  state: Repository,
): Promise<Described> {
  const { kind, wanted } = subject;
  switch (kind) {
    case "component":
      return await describeComponent(wanted, fleet, state);
    case "release":
      return await describeRelease(wanted, fleet, state);
    case "environment":
      return describeEnvironment(wanted, fleet);
    case "plane":
      return await describePlane(wanted, fleet, state);
  }
}

async function describeComponent(wanted: string, fleet: Fleet, state: Repository): Promise<Described> {
  const known = new Map(componentsOf(fleet).map((one) => [ownerOf(one).join("/"), one]));
  const component = chooseNamed(
    "component",
    wanted,
    [...known.values()].map((value) => ({ words: ownerOf(value), value })),
  );
  const own = fleet.releases
    .filter(isOfComponent)
    .filter((release) => ownerOf(release).join("/") === ownerOf(component).join("/"));
  const [releases, history] = await readAll({ releases: own, placements: component.placements }, fleet, state);
  return {
    kind: "component",
    ...component,
    classes: classesOf(component, component.placements, fleet),
    usedBy: usersOf(component, fleet),
    releases,
    problems: problemsOf(component.declared, own, fleet),
    history,
  };
}

async function describeRelease(wanted: string, fleet: Fleet, state: Repository): Promise<Described> {
  const all = fleet.releases.filter(isShown);
  const release = chooseNamed(
    "Release",
    wanted,
    all.map((value) => ({ words: releaseWords(value, all), value })),
  );
  const component = isOfComponent(release) ? componentOf(release, fleet) : undefined;
  const { declared, connections, placements } = component ?? { ...nothing, declared: planeDocuments(release, fleet) };
  const [[detail], history] = await readAll({ releases: [release], placements }, fleet, state);
  return {
    kind: "release",
    ...(detail ?? { ...release, objects: [] }),
    declared,
    classes: classesOf(release, detail?.placement === undefined ? [] : [detail.placement], fleet),
    connections,
    outside: (component?.outside ?? []).map((one) => outsideIn(one, release.environment ?? "")),
    problems: problemsOf(declared, [release], fleet),
    history,
  };
}

const nothing: Pick<ComponentEntry, "connections" | "placements"> = { connections: [], placements: [] };

/** With the plane's name where it stands on several. */
function releaseWords(release: ReleaseStatus, all: readonly ReleaseStatus[]): readonly string[] {
  const words = wordsOf(release);
  const isOne = all.filter((one) => wordsOf(one).join("/") === words.join("/")).length === 1;
  return isOne ? words : [...words, shortPlane(release.plane)];
}

function wordsOf(release: ReleaseStatus): readonly string[] {
  return release.platform === undefined
    ? [...ownerOf(release), release.environment]
    : [release.organization, shortPlane(release.plane), release.platform];
}

function componentOf(release: ReleaseStatus & OfComponent, fleet: Fleet): ComponentEntry {
  const entry = componentsOf(fleet).find((one) => ownerOf(one).join("/") === ownerOf(release).join("/"));
  return entry ?? bareComponent(release);
}

function describeEnvironment(wanted: string, fleet: Fleet): Described {
  const all = fleet.catalogue.environments;
  const entry = chooseNamed(
    "environment",
    wanted,
    all.map((value) => ({ words: [value.organization, value.environment], value })),
  );
  const isIn = ({ organization, environment }: { organization: string; environment: string }): boolean =>
    organization === entry.organization && environment === entry.environment;
  const releases = fleet.releases.filter(isOfComponent).filter(isIn);
  const planes = environmentRows(fleet).find(isIn)?.planes ?? [];
  return { kind: "environment", ...entry, planes, releases, problems: problemsOf(entry.declared, releases, fleet) };
}

async function describePlane(wanted: string, fleet: Fleet, state: Repository): Promise<Described> {
  const plane = chooseNamed(
    "plane",
    wanted,
    fleet.planes.map((value) => ({ words: value.plane.split("/"), value })),
  );
  const own = fleet.releases.filter((release) => release.plane === plane.plane);
  const troubled = own.filter((release) => isBehind(release) || isUnhealthy(release));
  const parts = own.filter(({ platform }) => platform !== undefined);
  const [platform] = await readAll({ releases: parts, placements: [] }, fleet, state);
  const declared = planeDocuments(plane, fleet);
  return {
    kind: "plane",
    ...plane,
    declared,
    platform,
    environments: fleet.catalogue.environments
      .filter(({ planes }) => planes.includes(plane.plane))
      .map(({ environment }) => environment),
    troubled,
    problems: problemsOf(declared, troubled, fleet),
    history: await readCommits(plane.revision, historyLimit, state),
  };
}

function planeDocuments({ plane }: { readonly plane: string }, { catalogue }: Fleet): readonly Declared[] {
  return catalogue.planes.filter((one) => one.plane === plane).map(({ plane: _plane, ...one }) => one);
}

type Owned = { readonly organization: string; readonly project: string; readonly component?: string };

function ownerOf({ organization, project, component = "" }: Owned): readonly [string, string, string] {
  return [organization, project, component];
}

/** Those that are declared, and those that only still run. */
function componentsOf({ catalogue, releases }: Fleet): readonly ComponentEntry[] {
  const declared = new Set(catalogue.components.map((one) => ownerOf(one).join("/")));
  const others = releases.filter(isOfComponent).filter((one) => !declared.has(ownerOf(one).join("/")));
  return [...catalogue.components, ...others.map(bareComponent)];
}

function bareComponent({ organization, project, component = "" }: Owned): ComponentEntry {
  return { organization, project, component, declared: [], connections: [], outside: [], placements: [] };
}

/** Details and history of some Releases of a component or of a plane. */
async function readAll(
  { releases, placements }: { readonly releases: readonly ReleaseStatus[]; readonly placements: readonly Placement[] },
  fleet: Fleet,
  state: Repository,
): Promise<readonly [readonly ReleaseDetail[], readonly LogEntry[]]> {
  const planes = new Map(fleet.planes.map((plane) => [plane.plane, plane]));
  const placed = releases.flatMap((release) => {
    const plane = planes.get(release.plane);
    return plane === undefined ? [] : [{ plane, path: pathOf(release) }];
  });
  const details = releases.map(async (release): Promise<ReleaseDetail> => {
    const placement = placements.find(({ environment }) => environment === release.environment);
    const objects = await readObjects(planes.get(release.plane)?.receipts, pathOf(release), state);
    return { ...release, ...(placement === undefined ? {} : { placement }), objects };
  });
  const sources = placed.flatMap(({ plane, path }) => logSources(plane, [path]));
  return await Promise.all([Promise.all(details), readLog(sources, historyLimit, state)]);
}

function pathOf({ project, environment, component = "", platform }: ReleaseStatus): string {
  return platform === undefined
    ? statePath({ kind: "release", project, environment, component })
    : statePath({ kind: "platform", name: platform });
}

/** The rendered side only: what an agent made of it is the state that is shown already. */
function logSources({ plane, revision }: PlaneStatus, paths: readonly string[]): readonly LogSource[] {
  return revision === undefined ? [] : paths.map((path) => ({ plane, branch: "releases", to: revision, path }));
}

async function readObjects(tip: string | undefined, path: string, state: Repository): Promise<Receipt["objects"]> {
  if (tip === undefined) return [];
  const oid = await objectAt(state, tip, path);
  return oid === undefined ? [] : ((await readReceipt(oid, state))?.objects ?? []);
}

function classesOf(
  { organization }: Pick<Owned, "organization">,
  placements: readonly Placement[],
  { catalogue }: Fleet,
): readonly Declared[] {
  const named = new Set(placements.map(({ classKind, className }) => `${classKind} ${className}`));
  return catalogue.classes
    .filter((one) => one.organization === organization && named.has(`${one.kind} ${one.name}`))
    .map(({ organization: _organization, ...one }) => one);
}

function usersOf(component: ComponentEntry, { catalogue }: Fleet): readonly ConnectionEntry[] {
  return catalogue.components
    .filter(({ organization }) => organization === component.organization)
    .flatMap((user) =>
      user.connections
        .filter((one) => one.project === component.project && one.component === component.component)
        .map((one) => ({ ...one, project: user.project, component: user.component })),
    );
}

/** Problems in its documents, and those that keep its Releases back, in file order. */
function problemsOf(
  declared: readonly Declared[],
  releases: readonly ReleaseStatus[],
  { problems }: Fleet,
): readonly Problem[] {
  const causes = new Set(
    releases.flatMap(({ behind }) =>
      behind?.why === "not-rendered" && behind.problem !== undefined ? [JSON.stringify(behind.problem)] : [],
    ),
  );
  return problems.filter(({ code, place: { file, line } }) => {
    const isInside = declared.some((one) => one.file === file && one.line <= line && line <= one.endLine);
    return isInside || causes.has(JSON.stringify({ code, file, line }));
  });
}
