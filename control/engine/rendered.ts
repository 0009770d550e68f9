/** What the specs come to: the Releases of every plane, the Problems, and what must stay as it is. Good until the next exchange. */
import { compareText } from "../../schemas/compare.ts";
import { type KindName, planeOf, planeResourceKinds, type ResourceOf } from "../../schemas/kinds.ts";
import { type PlaneId, planeKey } from "../../schemas/layout.ts";
import { dnsLabelLimit } from "../../schemas/names.ts";
import type { Problem } from "../../schemas/problem.ts";
import { type Binding, bindingPath } from "../deploy/binding.ts";
import { namedPlaces, type Undecided, type UndecidedPlace, UndecidedReleases } from "../deploy/undecided.ts";
import type { FoundApproval } from "../load/load-approvals.ts";
import type { FoundRecovery } from "../load/load-recoveries.ts";
import type { SpecDocument } from "../load/parse.ts";
import { spoiledDocument, Spoils } from "../load/spoils.ts";
import { type FailedBinding, firstErrors, nameCause, whyUnrendered } from "../why-unrendered.ts";
import { componentKey, type SpecsIndex } from "../validate/specs-index.ts";
import type { PlacedRelease } from "./placed-release.ts";
import type { PlaneGateways } from "./plane-gateways.ts";
import type { PlaneReleases } from "./plane-releases.ts";

type Parts = {
  readonly index: SpecsIndex;
  readonly releases: PlaneReleases;
  readonly gateways: Pick<PlaneGateways, "withGuests">;
  readonly bindings: ReadonlyMap<string, Binding>;
  readonly changed: ReadonlyMap<string, ReadonlySet<string>>;
  readonly problems: readonly Problem[];
  readonly undecidedOf: (component: string) => readonly Undecided[];
  readonly undecidedComponents: () => Iterable<string>;
  readonly failed: readonly FailedBinding[];
  readonly dangling: readonly SpecDocument[];
  readonly recoveries: readonly FoundRecovery[];
  readonly approvals: readonly FoundApproval[];
  readonly stop: string | undefined;
  readonly isWhole: boolean;
};

export class Rendered {
  /** Planes that the specs declare, with or without Releases, in order of planeKey. */
  readonly planes: readonly PlaneId[];
  /** In file order. */
  readonly problems: readonly Problem[];
  /** Paths by planeKey whose Release is another, or gone, since the exchange before. */
  readonly changed: ReadonlyMap<string, ReadonlySet<string>>;
  /** Releases that must stay as they are. */
  readonly undecided: UndecidedReleases;
  /** What people said about lost history. */
  readonly recoveries: readonly FoundRecovery[];
  /** What people allowed agents to do, in file order. */
  readonly approvals: readonly FoundApproval[];
  readonly stop: string | undefined;
  /** The first of its engine: `changed` names nothing of what was there before. */
  readonly isWhole: boolean;
  readonly #parts: Parts;
  #firstErrors: ReadonlyMap<string, Problem> | undefined;
  #failed: ReadonlyMap<string, readonly Undecided[]> | undefined;
  #spoils: Spoils | undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.planes = planesOf(parts.index);
    this.problems = parts.problems;
    this.changed = parts.changed;
    this.recoveries = parts.recoveries;
    this.approvals = parts.approvals;
    this.stop = parts.stop;
    this.isWhole = parts.isWhole;
    this.undecided = new UndecidedReleases((component) => this.#undecidedOf(component));
  }

  /** Of Bindings and Cells, in order of plane and path. */
  get releases(): readonly PlacedRelease[] {
    return Array.from(this.#parts.releases.all()).toSorted(
      (a, b) => compareText(planeKey(a.plane), planeKey(b.plane)) || compareText(a.path, b.path),
    );
  }

  /** A plane's Releases by path. */
  releasesOf(plane: PlaneId): ReadonlyMap<string, PlacedRelease> {
    return this.#parts.releases.of(plane);
  }

  /** The gateways that a plane brings, where what stands there of these organizations stays; undefined where none are rendered. */
  gatewaysWith(plane: PlaneId, guests: ReadonlySet<string>): PlacedRelease | undefined {
    return this.#parts.gateways.withGuests(plane, guests);
  }

  /** Usable documents of a kind, in file order. */
  all<Kind extends KindName>(kind: Kind): readonly SpecDocument<ResourceOf<Kind>>[] {
    return this.#parts.index.all(kind);
  }

  /** Usable documents of a kind in the same scope as one of these identity parts, in file order. */
  besides(kind: KindName, ...parts: readonly string[]): readonly SpecDocument[] {
    return this.#parts.index.besides(kind, ...parts);
  }

  /** Every Binding, written or made, by bindingPath. */
  get bindings(): ReadonlyMap<string, Binding> {
    return this.#parts.bindings;
  }

  /** Bindings of which nothing is rendered, or nothing on a DataPlane, and why. */
  get unrendered(): readonly UndecidedPlace[] {
    const components = [...this.#parts.undecidedComponents()].toSorted(compareText);
    return components.flatMap((component) => this.#undecidedOf(component)).flatMap(namedPlaces);
  }

  /** What may have held an input of a Release that is not rendered. */
  get spoils(): Spoils {
    this.#spoils ??= this.#gatherSpoils();
    return this.#spoils;
  }

  #gatherSpoils(): Spoils {
    const { index, dangling } = this.#parts;
    const lost = dangling.map(spoiledDocument).toSorted((a, b) => compareText(a.file, b.file));
    return new Spoils([...index.spoiled, ...lost]);
  }

  #undecidedOf(component: string): readonly Undecided[] {
    return [...this.#namedOf(component), ...(this.#failures().get(component) ?? [])];
  }

  /** What was undecided before anything was rendered; a reason that blames a file names the first Problem of that file. */
  #namedOf(component: string): readonly Undecided[] {
    return this.#parts.undecidedOf(component).map((undecided) => {
      if (undecided.causeFile === undefined) return undecided;
      this.#firstErrors ??= firstErrors(this.problems);
      return nameCause(undecided, this.#firstErrors.get(undecided.causeFile));
    });
  }

  #failures(): ReadonlyMap<string, readonly Undecided[]> {
    this.#failed ??= this.#describeFailures();
    return this.#failed;
  }

  #describeFailures(): ReadonlyMap<string, readonly Undecided[]> {
    const undecided = new UndecidedReleases((component) => this.#namedOf(component));
    const evidence = { all: this.problems, index: this.#parts.index, undecided };
    const failed = this.#parts.failed.toSorted(
      (a, b) =>
        compareText(bindingPath(a.binding), bindingPath(b.binding)) || compareText(a.plane ?? "", b.plane ?? ""),
    );
    return Map.groupBy(
      failed.map((one): Undecided => {
        const { organization, project, component, environment } = one.binding;
        const reason = whyUnrendered(one, evidence);
        const environments = { only: new Set([environment]) };
        return { organization, project, component, environments, plane: one.plane, reason };
      }),
      ({ organization, project, component }) => componentKey(organization, project, component),
    );
  }
}

/** One whose key is no label value cannot have objects; it has a Problem. */
export function planesOf(index: SpecsIndex): readonly PlaneId[] {
  return index
    .allOf(planeResourceKinds)
    .map(({ resource }) => planeOf(resource))
    .filter((plane) => planeKey(plane).length <= dnsLabelLimit)
    .toSorted((a, b) => compareText(planeKey(a), planeKey(b)));
}
