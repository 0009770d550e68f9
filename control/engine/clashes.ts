/**
 * Two Bindings that answer one host and path, or one port. Of one organization neither is written anew, so the one that is
 * deployed keeps it. Two organizations never share a plane, and what one writes must not hold up the other by its own word:
 *
 * - At gateways that they share, the owner's word decides: first its own organization, then the others in the order in which
 *   `sharedWith` of its DataPlane names them. The later claim is refused, the earlier goes on. A Release of the later one that
 *   was published before stays as it is, and its older route keeps the host until it goes (Gateway API, "Conflicts"): so
 *   nobody takes down what another has published.
 * - Elsewhere nothing says that the gateways are one, so both are only told.
 *
 * Who published first decides nothing: trees follow from the specs alone (invariant 1), where that is not written, and what
 * tenants write of it is not to be trusted.
 */
import type { Problem } from "../../schemas/problem.ts";
import type { Binding } from "../deploy/binding.ts";
import { type Claimed, claimedKey, describeClaimed } from "../render/claimed.ts";
import { isBefore } from "../resolve/gateways.ts";
import { conflictProblem, toReorder, whoseWord } from "./conflict.ts";
import type { PlacedRelease } from "./placed-release.ts";
import { SharedHosts } from "./shared-hosts.ts";

type ClaimedRoute = { readonly binding: Binding; readonly release: PlacedRelease; readonly route: Claimed };

export class Clashes {
  readonly #byBinding = new Map<Binding, readonly ClaimedRoute[]>();
  readonly #byRoute = new Map<string, readonly ClaimedRoute[]>();
  readonly #touched = new Set<string>();
  readonly #hosts = new SharedHosts();

  /** What a Binding's Releases, on whatever planes, answer now; none for one that is gone. */
  claim(binding: Binding, releases: readonly PlacedRelease[]): void {
    const before = this.#routesOf(binding).map(({ route }) => route);
    const routes = releases.flatMap((release) => release.claimed.map((route) => ({ binding, release, route })));
    this.#hosts.giveUp(binding, before);
    this.#hosts.claim(
      binding,
      routes.map(({ route }) => route),
    );
    for (const route of before) {
      const key = claimedKey(route);
      const others = (this.#byRoute.get(key) ?? []).filter((one) => one.binding !== binding);
      if (others.length === 0) this.#byRoute.delete(key);
      else this.#byRoute.set(key, others);
      this.#touched.add(key);
    }
    if (routes.length === 0) this.#byBinding.delete(binding);
    else this.#byBinding.set(binding, routes);
    for (const one of routes) {
      const key = claimedKey(one.route);
      this.#byRoute.set(key, [...(this.#byRoute.get(key) ?? []), one]);
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

  /** Of a Binding's Release: one for each of its routes that another Binding answers too; else those of its hosts. */
  problemsOf(binding: Binding, release: PlacedRelease): readonly Problem[] {
    const own = this.#routesOf(binding).filter((one) => one.release === release);
    const told = new Set<Binding>();
    const clashes = own.flatMap((claimed) => {
      const group = this.#byRoute.get(claimedKey(claimed.route)) ?? [];
      // One Binding on several planes answers a domain of its own on each of them, and means to.
      const others = group.filter((one) => one.binding !== binding);
      for (const one of others) told.add(one.binding);
      return others.length === 0 ? [] : [clashProblem(claimed, others)];
    });
    if (clashes.some(({ severity }) => severity === "error")) return clashes; // those say it of their hosts too
    const routes = own.map(({ route }) => route);
    return [...clashes, ...this.#hosts.problemsOf(binding, routes, told)];
  }

  #routesOf(binding: Binding): readonly ClaimedRoute[] {
    return this.#byBinding.get(binding) ?? [];
  }
}

const remedies: Readonly<Record<Claimed["kind"], string>> = {
  path: "rename one of them, change its base path, or give each environment a dnsPrefix of its own",
  "server-name": "rename one of them, or give each environment a dnsPrefix of its own",
  port: "give one of them another gatewayPort",
};

function remedyOf(route: Claimed): string {
  if (route.kind !== "path" || route.hostFrom !== "domain") return remedies[route.kind];
  return "give one of them another domain or, within one project, another base path";
}

function clashProblem(claimed: ClaimedRoute, others: readonly ClaimedRoute[]): Problem {
  const { binding, route } = claimed;
  const isOwn = others.some((one) => one.binding.organization === binding.organization);
  const isLater = !isOwn && others.some((one) => isBefore(one.route.gateways, route.gateways));
  const counted = isLater ? others.filter((one) => isBefore(one.route.gateways, route.gateways)) : others;
  const whose = isLater ? whoseWord(binding) : "";
  return conflictProblem(binding, {
    others: [...new Set(counted.map((one) => one.binding))],
    isRefused: isOwn || isLater,
    message: (also) =>
      `${describeClaimed(route)}, where ${binding.component} would answer in ${binding.environment}, is also answered by ${also}${whose}`,
    remedy: `${remedyOf(route)}${isLater ? toReorder : ""}`,
    does: "answers it too",
  });
}
