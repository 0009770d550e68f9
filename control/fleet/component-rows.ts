/** Components with what runs of each, environment by environment. Pure. */
import type { Health } from "../../schemas/health.ts";
import type { Fleet } from "./fleet.ts";
import { planeHealth } from "./plane-health.ts";
import {
  gravestState,
  isBehind,
  isOfComponent,
  isUnhealthy,
  type OfComponent,
  type ReleaseState,
  type ReleaseStatus,
} from "./release-status.ts";

export type ComponentRow = {
  readonly organization: string;
  readonly project: string;
  readonly component: string;
  /** Absent when no Component is declared any more. */
  readonly kind?: string;
  /** Where it runs, or should, in the order of the pipeline. */
  readonly environments: readonly (Pick<OfComponent, "environment"> &
    Pick<ReleaseStatus, "plane" | "images" | "state" | "health" | "reason">)[];
  /** The gravest of them; absent when it runs nowhere. */
  readonly state?: ReleaseState;
  /** The worst of them. */
  readonly health: Health;
  readonly behind: number;
  /** Of the first that is unhealthy or behind. */
  readonly reason?: string;
};

/** By organization, project and component. */
export function componentRows({ catalogue, releases }: Fleet): readonly ComponentRow[] {
  const order = new Map(
    catalogue.environments.map(({ organization, environment }, index) => [`${organization}/${environment}`, index]),
  );
  const placeOf = ({ organization, environment }: ReleaseStatus & OfComponent): number =>
    order.get(`${organization}/${environment}`) ?? order.size;
  const keyOf = ({ organization, project, component = "" }: Owned): string =>
    [organization, project, component].join("/");
  const byComponent = Map.groupBy(releases.filter(isOfComponent), keyOf);
  const types = new Map(catalogue.components.map((one) => [keyOf(one), one.type]));
  return [...new Set([...types.keys(), ...byComponent.keys()])].toSorted().map((key): ComponentRow => {
    const [organization = "", project = "", component = ""] = key.split("/");
    const own = (byComponent.get(key) ?? []).toSorted((a, b) => placeOf(a) - placeOf(b));
    const kind = types.get(key);
    const state = gravestState(own.map((release) => release.state));
    const reason = (own.find(isUnhealthy) ?? own.find(isBehind))?.reason;
    return {
      organization,
      project,
      component,
      ...(kind === undefined ? {} : { kind }),
      environments: own.map(({ environment, plane, images, state: at, health, reason: why }) => ({
        environment,
        plane,
        images,
        state: at,
        health,
        ...(why === undefined ? {} : { reason: why }),
      })),
      ...(state === undefined ? {} : { state }),
      health: planeHealth(own),
      behind: own.filter(isBehind).length,
      ...(reason === undefined ? {} : { reason }),
    };
  });
}

type Owned = { readonly organization: string; readonly project: string; readonly component?: string };
