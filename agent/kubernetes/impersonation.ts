/** Requests sent as somebody else, with that user's rights and no more (Kubernetes: "User impersonation"). */
import type { Connection } from "./connection.ts";

export type Wire = Pick<Connection, "send" | "open">;

/** Every request of this wire is the user's. Throws TypeError for a name that could not be meant. */
export function impersonate(wire: Wire, user: string): Wire {
  assertUser(user);
  const named = <T extends Parameters<Wire["send"]>[0]>(request: T): T => ({
    ...request,
    headers: { ...request.headers, "impersonate-user": user },
  });
  return {
    send: async (request) => await wire.send(named(request)),
    open: async (request, options) => await wire.open(named(request), options),
  };
}

/** An empty name would send the request as the agent itself; a system name would raise it above. */
export function assertUser(user: string): void {
  if (user.trim() === "" || user.length > 253 || /[^\x21-\x7e]/u.test(user)) {
    throw new TypeError("the user to impersonate must be 1 to 253 visible ASCII characters");
  }
  if (/^system:(?!serviceaccount:)/u.test(user)) throw new TypeError(`${user} is a user of the cluster itself`);
}
