/** Where a user's programs keep things (XDG Base Directory Specification). */
import { homedir } from "node:os";
import { join } from "node:path";

/** What should outlive a restart: repositories, credentials. `$XDG_STATE_HOME/gitplane`. */
export function stateFolder(environment: NodeJS.ProcessEnv): string {
  return join(xdgFolder(environment["XDG_STATE_HOME"], ".local/state"), "gitplane");
}

/** What can be made again: clones, built programs. `$XDG_CACHE_HOME/gitplane`. */
export function cacheFolder(environment: NodeJS.ProcessEnv): string {
  return join(xdgFolder(environment["XDG_CACHE_HOME"], ".cache"), "gitplane");
}

/** A relative path there is to be ignored, says the specification. */
function xdgFolder(variable: string | undefined, fallback: string): string {
  return variable?.startsWith("/") === true ? variable : join(homedir(), fallback);
}
