/**
 * The state repository's refs and paths, written and read through here only. A path is made of DNS labels, so no part can
 * climb out of its folder or end in `.lock`.
 */
import { guestName, isDnsLabel } from "./names.ts";

export const planeKinds = ["data", "build", "observability", "control"] as const;
export type PlaneKind = (typeof planeKinds)[number];

export type PlaneId = { readonly kind: PlaneKind; readonly organization: string; readonly name: string };

/** `<kind>.<org>.<plane>`: label value, field manager suffix, and user name at the Git host. */
export function planeKey(plane: PlaneId): string {
  return `${plane.kind}.${plane.organization}.${plane.name}`;
}

/** Reads `<kind>/<org>/<plane>` or `<kind>.<org>.<plane>`; undefined for anything else. */
export function parsePlane(text: string): PlaneId | undefined {
  const parts = text.split(text.includes("/") ? "/" : ".");
  const [kind, organization, name] = parts;
  const known = planeKinds.find((candidate) => candidate === kind);
  if (parts.length !== 3 || known === undefined || organization === undefined || name === undefined) return undefined;
  return isDnsLabel(organization) && isDnsLabel(name) ? { kind: known, organization, name } : undefined;
}

export function planePath(plane: PlaneId): string {
  return `${plane.kind}/${plane.organization}/${plane.name}`;
}

export const specsRef = "refs/heads/main";

/** Another plane of the same kind and organization: what is one's may become the other's. */
export function isSibling(plane: PlaneId, other: PlaneId): boolean {
  const isKin = plane.kind === other.kind && plane.organization === other.organization;
  return isKin && planePath(plane) !== planePath(other);
}

export function planeRef(plane: PlaneId): string {
  return `refs/heads/planes/${planePath(plane)}`;
}

export function receiptsRef(plane: PlaneId): string {
  return `refs/heads/receipts/${planePath(plane)}`;
}

export const planeFile = "plane.yaml";

/** What a path of a plane's branch (or of its receipts branch) holds. */
export type StatePath =
  | { readonly kind: "cell"; readonly project: string; readonly environment: string }
  | { readonly kind: "release"; readonly project: string; readonly environment: string; readonly component: string }
  | { readonly kind: "platform"; readonly name: string }
  | { readonly kind: "build"; readonly project: string; readonly component: string; readonly build: string };

export function statePath(path: StatePath): string {
  switch (path.kind) {
    case "cell":
      return `cells/${path.project}/${path.environment}.yaml`;
    case "release":
      return `releases/${path.project}/${path.environment}/${path.component}.yaml`;
    case "platform":
      return `platform/${path.name}.yaml`;
    case "build":
      return `builds/${path.project}/${path.component}/${path.build}.yaml`;
  }
}

/** Where the gateways that a plane brings stand. */
export const gatewaysPlace = { kind: "platform", name: "gateways" } as const satisfies StatePath;

/** Where the part of an organization that uses them stands, so that it can stay as it is while the rest changes. */
export function guestGatewaysPlace(organization: string): Extract<StatePath, { readonly kind: "platform" }> {
  return { kind: "platform", name: guestName(gatewaysPlace.name, organization) };
}

/** Whether a part of a plane is its gateways, or what an organization has there. */
export function isOfGateways(name: string): boolean {
  return name === gatewaysPlace.name || name.startsWith(`${gatewaysPlace.name}-`);
}

/** Inverse of statePath; undefined for paths that hold no Release, such as `plane.yaml`. */
export function parseStatePath(path: string): StatePath | undefined {
  if (!path.endsWith(".yaml")) return undefined;
  const [folder, ...names] = path.slice(0, -".yaml".length).split("/");
  if (!names.every(isDnsLabel)) return undefined;
  const [first, second, third] = names;
  if (folder === "platform" && names.length === 1 && first !== undefined) return { kind: "platform", name: first };
  if (first === undefined || second === undefined) return undefined;
  if (folder === "cells" && names.length === 2) return { kind: "cell", project: first, environment: second };
  if (third === undefined || names.length !== 3) return undefined;
  if (folder === "releases") return { kind: "release", project: first, environment: second, component: third };
  return folder === "builds" ? { kind: "build", project: first, component: second, build: third } : undefined;
}
