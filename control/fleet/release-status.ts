/** What is known of one Release on one plane, as data for screens and other programs. */
import type { Health } from "../../schemas/health.ts";
import type { Behind } from "./behind.ts";

/** How far it got. `removing` and `held` may have left the branch and still run: the receipt says until when. */
export type ReleaseState = "applied" | "applying" | "held" | "failed" | "waiting" | "removing" | "not rendered";

/** Of a Cell, whose Release has no component, or of a component in one. */
export type InCell = {
  readonly project: string;
  readonly environment: string;
  readonly component?: string;
  readonly platform?: undefined;
};

/** Of what a plane itself brings, such as its gateways, by that part's name. */
export type OfPlatform = {
  readonly platform: string;
  readonly project?: undefined;
  readonly environment?: undefined;
  readonly component?: undefined;
};

export type OfComponent = InCell & { readonly component: string };

export type ReleaseStatus = (InCell | OfPlatform) & {
  /** `<kind>/<organization>/<plane>`; empty where what cannot be rendered names no plane either. */
  readonly plane: string;
  readonly organization: string;
  readonly images: readonly string[];
  readonly state: ReleaseState;
  readonly health: Health;
  /** Why it is not as the specs say, applied and healthy; absent when it is. */
  readonly behind?: Behind;
  /** The same as a sentence. */
  readonly reason?: string;
};

export function isOfComponent<Release extends InCell | OfPlatform>(release: Release): release is Release & OfComponent {
  return release.component !== undefined;
}

/** What people look for: a Cell is told by what runs in it. */
export function isShown({ component, platform }: InCell | OfPlatform): boolean {
  return component !== undefined || platform !== undefined;
}

/** Something is wrong with what runs, whether or not it is what the specs say. */
export function isUnhealthy({ state, health, behind }: ReleaseStatus): boolean {
  return behind?.why === "unhealthy" || state === "failed" || health === "Degraded" || health === "Missing";
}

/** What the specs say has not arrived, for whatever reason but ill health. */
export function isBehind({ behind }: Pick<ReleaseStatus, "behind">): boolean {
  return behind !== undefined && behind.why !== "unhealthy";
}

/** Gravest first: what needs a person before what passes by itself. */
const gravity: readonly ReleaseState[] = [
  "failed",
  "not rendered",
  "held",
  "waiting",
  "applying",
  "removing",
  "applied",
];

/** The state of a whole from its parts; undefined for none. */
export function gravestState(states: Iterable<ReleaseState>): ReleaseState | undefined {
  const present = new Set(states);
  return gravity.find((state) => present.has(state));
}
