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
import { compareText } from "../../schemas/compare.ts";
import type { Problem } from "../../schemas/problem.ts";
import { type Binding, bindingPath } from "../deploy/binding.ts";
import { relatedOthers } from "../problems/related.ts";
import { type Claimed, claimedKey, describeClaimed } from "../render/claimed.ts";
import { isBefore } from "../resolve/gateways.ts";
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

  /** Of a Binding's Release: one for each of its routes that another Binding answers too; else one for its hosts. */
  problemsOf(binding: Binding, release: PlacedRelease): readonly Problem[] {
    const own = this.#routesOf(binding).filter((one) => one.release === release);
    const clashes = own.flatMap((claimed) => {
      const group = this.#byRoute.get(claimedKey(claimed.route)) ?? [];
      // One Binding on several planes answers a domain of its own on each of them, and means to.
      const others = group.filter((one) => one.binding !== binding);
      return others.length === 0 ? [] : [clashProblem(claimed, others)];
    });
    if (clashes.some(({ severity }) => severity === "error")) return clashes; // those say it of their hosts too
    return [
      ...clashes,
      ...this.#hosts.problemsOf(
        binding,
        own.map(({ route }) => route),
      ),
    ];
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

const toReorder = ", or have the owners of the gateways name this organization earlier in sharedWith";

function clashProblem(claimed: ClaimedRoute, others: readonly ClaimedRoute[]): Problem {
  const { binding, route } = claimed;
  const isOwn = others.some((one) => one.binding.organization === binding.organization);
  const isLater = !isOwn && others.some((one) => isBefore(one.route.gateways, route.gateways));
  const counted = isLater ? others.filter((one) => isBefore(one.route.gateways, route.gateways)) : others;
  const bindings = [...new Set(counted.map((one) => one.binding))].toSorted((a, b) =>
    compareText(bindingPath(a), bindingPath(b)),
  );
  const [first = binding] = bindings;
  const nameOf = ({ component, project, environment }: Binding): string =>
    `${component} of ${project} in ${environment}`;
  const also = bindings.length > 1 ? `${bindings.length} others` : nameOf(first);
  const whose = isLater
    ? `, whose organization comes before ${binding.organization} at the gateways that they share`
    : "";
  return {
    code: "host-conflict",
    severity: isOwn || isLater ? "error" : "warning",
    message: `${describeClaimed(route)}, where ${binding.component} would answer in ${binding.environment}, is also answered by ${also}${whose}`,
    place: binding.place,
    remedy: `${remedies[route.kind]}${isLater ? toReorder : ""}`,
    ...relatedOthers(binding, [binding, ...bindings], (one) => ({
      place: one.place,
      message: `${nameOf(one)} answers it too`,
    })),
  };
}
