/** Where the host keeps what, below its data folder. Every name in a path is a checked DNS label. */

import { join } from "node:path";
import { planeKey, planePath, type PlaneId } from "../../schemas/layout.ts";
import { isDnsLabel } from "../../schemas/names.ts";

/** A repository of the host. */
export type HostedRepository =
  | { readonly kind: "specs" }
  | { readonly kind: "state" }
  | { readonly kind: "plane"; readonly plane: PlaneId };

export type HostFolders = {
  readonly repositories: string;
  readonly hooks: string;
  /** What each running push moved, written by the post-receive hook. */
  readonly pushes: string;
  readonly peopleCredential: string;
  readonly planeCredentials: string;
};

export function hostFolders(dataDir: string): HostFolders {
  return {
    repositories: join(dataDir, "repositories"),
    hooks: join(dataDir, "hooks"),
    pushes: join(dataDir, "pushes"),
    peopleCredential: join(dataDir, "credentials", "people"),
    planeCredentials: join(dataDir, "credentials", "planes"),
  };
}

/** The repository's path below `repositories/`, which is its URL path too, without the first slash. */
export function repositoryPath(repository: HostedRepository): string {
  return repository.kind === "plane" ? `planes/${planePath(repository.plane)}.git` : `${repository.kind}.git`;
}

export class InvalidPlaneError extends Error {
  readonly code = "invalid-plane";
}

/** Throws InvalidPlaneError unless the plane's names are DNS labels and its key fits a label value. */
export function checkPlane(plane: PlaneId): void {
  if (!isPlane(plane)) {
    const text = `${plane.kind}/${plane.organization}/${plane.name}`.slice(0, 200);
    throw new InvalidPlaneError(`${JSON.stringify(text)} is no plane: use DNS labels, 63 characters together at most`);
  }
}

/** Whether the names may stand in a path, a ref, a URL and a label value. */
export function isPlane(plane: PlaneId): boolean {
  return [plane.kind, plane.organization, plane.name].every(isDnsLabel) && planeKey(plane).length <= 63;
}
