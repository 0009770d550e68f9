/**
 * Reads what a request to a repository asks for, from the raw request line. Nothing is decoded and nothing normalised: a
 * path is exactly one of ours or it is none, so `..`, `%2f`, `//`, the files of the dumb protocol and absolute request
 * targets have no meaning here that could differ from git's.
 */

import { parsePlane } from "../../schemas/layout.ts";
import { isPlane, type HostedRepository } from "./host-folders.ts";
import type { GitService } from "./principal.ts";

export type GitRoute = {
  readonly repository: HostedRepository;
  readonly service: GitService;
  /** `advertise` lists refs; `exchange` is the fetch or the push itself. */
  readonly step: "advertise" | "exchange";
  /** What http-backend gets as PATH_INFO. */
  readonly path: string;
};

/** The route of a request line's method and target; undefined when there is nothing under it. */
export function parseGitRoute(method: string, target: string): GitRoute | undefined {
  const [, path, name, planeText, action, query] = pattern.exec(target) ?? [];
  if (path === undefined || action === undefined) {
    return undefined;
  }
  const repository = repositoryOf(name, planeText);
  const service = (action === "info/refs" ? query : action) as GitService | undefined;
  if (repository === undefined || service === undefined) {
    return undefined;
  }
  if (action === "info/refs") {
    return method === "GET" ? { repository, service, step: "advertise", path } : undefined;
  }
  return method === "POST" && query === undefined ? { repository, service, step: "exchange", path } : undefined;
}

const pattern =
  /^(\/(?:(specs|state)|planes\/([a-z]{1,20}\/[a-z0-9-]{1,63}\/[a-z0-9-]{1,63}))\.git\/(info\/refs|git-upload-pack|git-receive-pack))(?:\?service=(git-upload-pack|git-receive-pack))?$/u;

function repositoryOf(name: string | undefined, planeText: string | undefined): HostedRepository | undefined {
  if (name === "specs" || name === "state") {
    return { kind: name };
  }
  const plane = parsePlane(planeText ?? "");
  return plane !== undefined && isPlane(plane) ? { kind: "plane", plane } : undefined;
}
