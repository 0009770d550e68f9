/**
 * Two Releases of an organization that answer one host and path, or one port: neither is written anew, so the one that is deployed keeps
 * it. Two organizations never share a plane, and what one writes must not hold up the other: both are told, and if their
 * gateways are one after all, the older route keeps the host (Gateway API, "Conflicts").
 */
import { compareText } from "../../schemas/compare.ts";
import type { Problem } from "../../schemas/problem.ts";
import { type Binding, bindingPath } from "../deploy/binding.ts";
import { relatedOthers } from "../problems/related.ts";
import { type Claimed, claimedKey, describeClaimed } from "../render/claimed.ts";
import { SharedHosts } from "./shared-hosts.ts";

type ClaimedRoute = { readonly binding: Binding; readonly route: Claimed };

export class Clashes {
  readonly #byBinding = new Map<Binding, readonly Claimed[]>();
  readonly #byRoute = new Map<string, readonly ClaimedRoute[]>();
  readonly #touched = new Set<string>();
  readonly #hosts = new SharedHosts();

  /** What a Binding's routes answer now; nothing for one that is gone. */
  claim(binding: Binding, routes: readonly Claimed[]): void {
    this.#hosts.giveUp(binding, this.#byBinding.get(binding) ?? []);
    this.#hosts.claim(binding, routes);
    for (const route of this.#byBinding.get(binding) ?? []) {
      const key = claimedKey(route);
      const others = (this.#byRoute.get(key) ?? []).filter((one) => one.binding !== binding);
      if (others.length === 0) this.#byRoute.delete(key);
      else this.#byRoute.set(key, others);
      this.#touched.add(key);
    }
    if (routes.length === 0) this.#byBinding.delete(binding);
    else this.#byBinding.set(binding, routes);
    for (const route of routes) {
      const key = claimedKey(route);
      this.#byRoute.set(key, [...(this.#byRoute.get(key) ?? []), { binding, route }]);
      this.#touched.add(key);
    }
  }

  /** Bindings that answer what was claimed or given up since the last call. */
  takeTouched(): ReadonlySet<Binding> {
    const touched = new Set(this.#hosts.takeTouched());
    for (const key of this.#touched) for (const { binding } of this.#byRoute.get(key) ?? []) touched.add(binding);
    this.#touched.clear();
    return touched;
  }

  /** An error for each of its routes that another of its organization answers too, a warning where only others do; else of its hosts. */
  problemsOf(binding: Binding): readonly Problem[] {
    const routes = this.#byBinding.get(binding) ?? [];
    const clashes = routes.flatMap((route) => {
      const group = this.#byRoute.get(claimedKey(route)) ?? [];
      return group.length > 1 ? [clashProblem({ binding, route }, group)] : [];
    });
    if (clashes.some(({ severity }) => severity === "error")) return clashes; // those say it of their hosts too
    return [...clashes, ...this.#hosts.problemsOf(binding, routes)];
  }
}

const remedies: Readonly<Record<Claimed["kind"], string>> = {
  path: "rename one of them, change its base path, or give each environment a dnsPrefix of its own",
  "server-name": "rename one of them, or give each environment a dnsPrefix of its own",
  port: "give one of them another gatewayPort",
};

function clashProblem({ binding, route }: ClaimedRoute, group: readonly ClaimedRoute[]): Problem {
  const bindings = [...new Set(group.map((one) => one.binding))].toSorted((a, b) =>
    compareText(bindingPath(a), bindingPath(b)),
  );
  const isOwn = group.filter((one) => one.binding.organization === binding.organization).length > 1;
  const other = bindings.find((one) => one !== binding) ?? binding;
  const nameOf = ({ component, project, environment }: Binding): string =>
    `${component} of ${project} in ${environment}`;
  const also = bindings.length > 2 ? `${bindings.length - 1} others` : nameOf(other);
  return {
    code: "host-conflict",
    severity: isOwn ? "error" : "warning",
    message: `${describeClaimed(route)}, where ${binding.component} would answer in ${binding.environment}, is also answered by ${also}`,
    place: binding.place,
    remedy: remedies[route.kind],
    ...relatedOthers(binding, bindings, (one) => ({ place: one.place, message: `${nameOf(one)} answers it too` })),
  };
}
