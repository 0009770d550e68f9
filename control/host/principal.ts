/** Who asks, and what each may do with which repository. */

import { planeKey, receiptsRef, type PlaneId } from "../../schemas/layout.ts";
import type { HostedRepository } from "./host-folders.ts";

export type Principal = { readonly kind: "people" } | { readonly kind: "agent"; readonly plane: PlaneId };

export type GitService = "git-upload-pack" | "git-receive-pack";

/**
 * `pushable` are the refs a push may move, as git's hideRefs understands it: a folder stands for what is below it.
 * `hidden`: it must look as if there were nothing. `forbidden`: it may be read but not written.
 */
export type Permission =
  | { readonly kind: "allowed"; readonly pushable: readonly string[] }
  | { readonly kind: "hidden" }
  | { readonly kind: "forbidden" };

/** The name a principal logs in with. */
export function principalUser(principal: Principal): string {
  return principal.kind === "people" ? "people" : planeKey(principal.plane);
}

export function permissionOf(principal: Principal, repository: HostedRepository, service: GitService): Permission {
  const isPush = service === "git-receive-pack";
  switch (principal.kind) {
    case "people":
      if (repository.kind === "plane") {
        return { kind: "hidden" };
      }
      if (repository.kind === "state") {
        return isPush ? { kind: "forbidden" } : { kind: "allowed", pushable: [] };
      }
      return { kind: "allowed", pushable: isPush ? ["refs/heads"] : [] };
    case "agent":
      if (repository.kind !== "plane" || planeKey(repository.plane) !== planeKey(principal.plane)) {
        return { kind: "hidden" };
      }
      return { kind: "allowed", pushable: isPush ? [receiptsRef(principal.plane)] : [] };
  }
}
