/**
 * Hosts that routes of HTTP and of gRPC both ask for at one gateway, whatever their paths: it accepts the older and refuses the
 * other (Gateway API, GRPCRoute, "Cross Serving"). A domain yields to the name that the engine gives; of two alike neither is
 * written anew.
 */
import { compareText } from "../../schemas/compare.ts";
import type { Problem } from "../../schemas/problem.ts";
import { type Binding, bindingPath } from "../deploy/binding.ts";
import { relatedOthers } from "../problems/related.ts";
import { isBefore } from "../resolve/gateways.ts";
import { type Claimed, type ClaimedPath, hostKey, isClaimedPath } from "../render/claimed.ts";

/** Who asks for a host; by each kind of route. Thousands share the host of an environment. */
type Askers = Readonly<Record<ClaimedPath["route"], Map<Binding, ClaimedPath>>>;

export class SharedHosts {
  readonly #hosts = new Map<string, Askers>();
  readonly #touched = new Set<string>();

  claim(binding: Binding, routes: readonly Claimed[]): void {
    for (const route of routes.filter(isClaimedPath)) {
      const key = hostKey(route);
      const askers = this.#hosts.get(key) ?? { HTTP: new Map(), gRPC: new Map() };
      this.#hosts.set(key, askers);
      askers[route.route].set(binding, route);
      if (isShared(askers)) this.#touched.add(key);
    }
  }

  giveUp(binding: Binding, routes: readonly Claimed[]): void {
    for (const route of routes.filter(isClaimedPath)) {
      const key = hostKey(route);
      const askers = this.#hosts.get(key);
      if (askers === undefined) continue;
      if (isShared(askers)) this.#touched.add(key);
      askers[route.route].delete(binding);
      if (askers.HTTP.size + askers.gRPC.size === 0) this.#hosts.delete(key);
    }
  }

  /** Bindings that ask for what came to be shared, or ceased to be, since the last call. */
  takeTouched(): ReadonlySet<Binding> {
    const touched = new Set<Binding>();
    for (const key of this.#touched)
      for (const askers of Object.values(this.#hosts.get(key) ?? {}))
        for (const binding of askers.keys()) touched.add(binding);
    this.#touched.clear();
    return touched;
  }

  /** One for each host that the routes share with the other kind, an error where another has as good a claim. */
  problemsOf(binding: Binding, routes: readonly Claimed[]): readonly Problem[] {
    const hosts = new Map(routes.filter(isClaimedPath).map((route) => [`${route.route} ${hostKey(route)}`, route]));
    return [...hosts.values()].flatMap((route) => {
      const askers = this.#hosts.get(hostKey(route))?.[route.route === "HTTP" ? "gRPC" : "HTTP"];
      const others = [...(askers ?? [])].filter(([other]) => other !== binding);
      return others.length === 0 ? [] : [sharedProblem(binding, route, others)];
    });
  }
}

function isShared({ HTTP, gRPC }: Askers): boolean {
  return HTTP.size > 0 && gRPC.size > 0;
}

function sharedProblem(
  binding: Binding,
  route: ClaimedPath,
  others: readonly (readonly [Binding, ClaimedPath])[],
): Problem {
  const bindings = others.map(([other]) => other).toSorted((a, b) => compareText(bindingPath(a), bindingPath(b)));
  const isRefused = others.some(([other, { gateways, isDomain }]) =>
    other.organization === binding.organization ? route.isDomain || !isDomain : isBefore(gateways, route.gateways),
  );
  const nameOf = ({ component, project, environment }: Binding): string =>
    `${component} of ${project} in ${environment}`;
  const [first = binding, second] = bindings;
  const also = second === undefined ? nameOf(first) : `${bindings.length} others`;
  const other = route.route === "HTTP" ? "gRPC" : "HTTP";
  return {
    code: "host-conflict",
    severity: isRefused ? "error" : "warning",
    message: `${route.host}, where ${binding.component} would answer ${route.route} in ${binding.environment}, is asked for by ${other} of ${also}, and a host has one of the two`,
    place: binding.place,
    remedy: "give one of them another domain",
    ...relatedOthers(binding, [binding, ...bindings], (one) => ({
      place: one.place,
      message: `${nameOf(one)} asks for it`,
    })),
  };
}
