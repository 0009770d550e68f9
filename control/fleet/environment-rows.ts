/** Environments with what runs in each. Pure. */
import type { Health } from "../../schemas/health.ts";
import type { EnvironmentEntry } from "./catalogue.ts";
import type { Fleet } from "./fleet.ts";
import { planeHealth } from "./plane-health.ts";
import { isBehind, isOfComponent, isUnhealthy } from "./release-status.ts";

export type EnvironmentRow = {
  readonly organization: string;
  readonly environment: string;
  /** Those that serve it, and those that still run what was in it before it moved. */
  readonly planes: readonly string[];
  readonly pipelines: EnvironmentEntry["pipelines"];
  readonly isProduction: boolean;
  /** Of components, without Cells. */
  readonly releases: number;
  readonly health: Health;
  readonly behind: number;
  readonly unhealthy: number;
};

/** In the order of the pipeline; those that only Releases name come last. */
export function environmentRows({ catalogue, releases }: Fleet): readonly EnvironmentRow[] {
  const keyOf = ({ organization, environment }: Pick<EnvironmentEntry, "organization" | "environment">): string =>
    `${organization}/${environment}`;
  const placed = releases.filter((release) => release.platform === undefined);
  const byEnvironment = Map.groupBy(placed, keyOf);
  const declared = new Map(catalogue.environments.map((one) => [keyOf(one), one]));
  return [...new Set([...declared.keys(), ...byEnvironment.keys()])].map((key): EnvironmentRow => {
    const [organization = "", environment = ""] = key.split("/");
    const entry = declared.get(key);
    const own = byEnvironment.get(key) ?? [];
    const planes = [...(entry?.planes ?? []), ...own.map(({ plane }) => plane)].filter((plane) => plane !== "");
    return {
      organization,
      environment,
      planes: [...new Set(planes)],
      pipelines: entry?.pipelines ?? [],
      isProduction: entry?.isProduction === true,
      releases: own.filter(isOfComponent).length,
      health: planeHealth(own),
      behind: own.filter(isBehind).length,
      unhealthy: own.filter(isUnhealthy).length,
    };
  });
}
