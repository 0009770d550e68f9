/** What is done about fields of ours that somebody else changed: the environment's word, else the plane's. */
import { parseStatePath } from "../schemas/layout.ts";
import type { DriftMode, PlaneSettings } from "../schemas/plane-settings.ts";

export function driftModeOf({ drift, environments }: PlaneSettings, path: string): DriftMode {
  const place = parseStatePath(path);
  const environment = place?.kind === "release" || place?.kind === "cell" ? place.environment : undefined;
  if (environment === undefined || environments === undefined) return drift;
  return Object.hasOwn(environments, environment) ? (environments[environment]?.drift ?? drift) : drift;
}
