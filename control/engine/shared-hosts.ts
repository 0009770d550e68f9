/**
 * Hosts that Bindings may not share, whatever their paths:
 *
 * - At one gateway, routes of HTTP and of gRPC: the gateway accepts the older and refuses the other (Gateway API, GRPCRoute,
 *   "Cross Serving"). Of one organization neither is written anew.
 * - At one gateway, routes of two organizations: a longer path goes before a shorter one, and a browser gives the cookies of a
 *   host to whoever answers on it. So a host is of one organization, but for those that the engine gives below the virtual host
 *   of the gateways' owner: there each answers below its own name.
 * - Domains of two projects of one organization, for the same reasons, and at either gateway, because what points DNS at routes
 *   knows nothing of sides. Neither is written anew. Hosts that the engine gives are shared, each project below its own name.
 */
import { planeKey } from "../../schemas/layout.ts";
import type { Place, Problem } from "../../schemas/problem.ts";
import { type Binding, bindingPath } from "../deploy/binding.ts";
import { type Claimed, type ClaimedPath, hostKey, isClaimedPath } from "../render/claimed.ts";
import { isBefore } from "../resolve/gateways.ts";
import { conflictProblem, toReorder, whoseWord } from "./conflict.ts";

/** Who asks for a host, as far as it matters to others. */
type Claim = {
  readonly organization: string;
  /** Whose the host would be; undefined for one that the engine gives. */
  readonly project: string | undefined;
  readonly route: ClaimedPath;
};

/** All that have a claim alike, by bindingPath. Thousands share the host of an environment. */
type Askers = Claim & { readonly bindings: Map<string, Binding> };

export class SharedHosts {
  readonly #hosts = new Map<string, Map<string, Askers>>();
  /** Who was there at the last `takeTouched`, of those that came or went since. */
  readonly #before = new Map<Askers, Map<string, Binding | undefined>>();

  claim(binding: Binding, routes: readonly Claimed[]): void {
    for (const route of routes.filter(isClaimedPath)) {
      const askers = this.#askersLike(claimOf(binding, route));
      this.#remember(askers, bindingPath(binding)).set(bindingPath(binding), binding);
    }
  }

  giveUp(binding: Binding, routes: readonly Claimed[]): void {
    for (const route of routes.filter(isClaimedPath)) {
      const askers = this.#askersLike(claimOf(binding, route));
      const path = bindingPath(binding);
      // Another may stand in its place already.
      if (askers.bindings.get(path) === binding) this.#remember(askers, path).delete(path);
    }
  }

  #askersLike(claim: Claim): Askers {
    const { organization, project = "", route } = claim;
    const host = this.#hosts.get(route.host) ?? new Map<string, Askers>();
    this.#hosts.set(route.host, host);
    const { plane, rank } = route.gateways;
    const key = [organization, project, route.gateway, route.route, route.hostFrom, planeKey(plane), rank].join(" ");
    const askers = host.get(key) ?? { ...claim, bindings: new Map() };
    host.set(key, askers);
    return askers;
  }

  #remember(askers: Askers, path: string): Map<string, Binding> {
    const before = this.#before.get(askers) ?? new Map<string, Binding | undefined>();
    this.#before.set(askers, before);
    if (!before.has(path)) before.set(path, askers.bindings.get(path));
    return askers.bindings;
  }

  /**
   * Bindings whose Problems are others since the last call, because of who came, went or moved beside them. One that asks for
   * the same as before touches nobody.
   */
  takeTouched(): ReadonlySet<Binding> {
    const touched = new Set<Binding>();
    for (const [askers, before] of this.#before) {
      if (Array.from(before).every(([path, was]) => isAlike(was, askers.bindings.get(path)))) continue;
      for (const rivals of this.#on(askers.route))
        if ([kindsDiffer, areForeign, areOfTwoProjects].some((differ) => differ(askers, rivals)))
          for (const binding of rivals.bindings.values()) touched.add(binding);
    }
    for (const { route } of this.#before.keys()) this.#tidy(route.host);
    this.#before.clear();
    return touched;
  }

  #tidy(name: string): void {
    const host = this.#hosts.get(name);
    for (const [like, { bindings }] of host ?? []) if (bindings.size === 0) host?.delete(like);
    if (host?.size === 0) this.#hosts.delete(name);
  }

  /** Of each host of the routes; `told` are those others of which a Problem is there already. */
  problemsOf(binding: Binding, routes: readonly Claimed[], told: ReadonlySet<Binding>): readonly Problem[] {
    const hosts = new Map<string, ClaimedPath>();
    for (const route of routes.filter(isClaimedPath)) {
      const key = `${route.route} ${hostKey(route)}`;
      if (hosts.get(key)?.hostFrom !== "domain") hosts.set(key, route); // what a domain meets, the name given meets no less
    }
    return Array.from(hosts.values()).flatMap((route) => {
      const claim = claimOf(binding, route);
      const rivalsBy = (differ: typeof areForeign): readonly Rivals[] =>
        Array.from(this.#on(route))
          .filter((askers) => differ(claim, askers))
          .map(({ bindings, ...rest }) => {
            return { ...rest, others: [...bindings.values()].filter((other) => other !== binding && !told.has(other)) };
          })
          .filter(({ others }) => others.length > 0);
      return [
        ...kindProblem(binding, route, rivalsBy(kindsDiffer)),
        ...foreignProblem(binding, route, rivalsBy(areForeign)),
        ...projectProblem(binding, route, rivalsBy(areOfTwoProjects)),
      ];
    });
  }

  #on(route: ClaimedPath): Iterable<Askers> {
    return this.#hosts.get(route.host)?.values() ?? [];
  }
}

function claimOf({ organization, project }: Binding, route: ClaimedPath): Claim {
  return { organization, project: route.hostFrom === "domain" ? project : undefined, route };
}

type Rivals = Claim & { readonly others: readonly Binding[] };

function isAlike(was: Binding | undefined, is: Binding | undefined): boolean {
  if (was === undefined || is === undefined) return was === is;
  return samePlace(was.place, is.place);
}

/** Problems of others show it. */
function samePlace(a: Place, b: Place): boolean {
  return a.file === b.file && a.line === b.line && a.column === b.column;
}

function kindsDiffer(a: Claim, b: Claim): boolean {
  return a.route.gateway === b.route.gateway && a.route.route !== b.route.route;
}

function areForeign(a: Claim, b: Claim): boolean {
  if (a.organization === b.organization || a.route.gateway !== b.route.gateway || kindsDiffer(a, b)) return false;
  return a.route.hostFrom !== "owner" || b.route.hostFrom !== "owner";
}

function areOfTwoProjects(a: Claim, b: Claim): boolean {
  if (a.organization !== b.organization || a.project === undefined || b.project === undefined) return false;
  return a.project !== b.project && !kindsDiffer(a, b);
}

function kindProblem(binding: Binding, route: ClaimedPath, rivals: readonly Rivals[]): readonly Problem[] {
  if (rivals.length === 0) return [];
  const isRefused = rivals.some(
    (rival) => rival.organization === binding.organization || isBefore(rival.route.gateways, route.gateways),
  );
  const other = route.route === "HTTP" ? "gRPC" : "HTTP";
  return [
    conflictProblem(binding, {
      others: allOf(rivals),
      isRefused,
      message: (also) =>
        `${route.host}, where ${binding.component} would answer ${route.route} in ${binding.environment}, is asked for by ${other} of ${also}, and a host has one of the two`,
      remedy: "give one of them another domain",
      does: "asks for it",
    }),
  ];
}

function foreignProblem(binding: Binding, route: ClaimedPath, rivals: readonly Rivals[]): readonly Problem[] {
  if (rivals.length === 0) return [];
  const earlier = rivals.filter((rival) => isBefore(rival.route.gateways, route.gateways));
  const isRefused = earlier.length > 0;
  const why = isRefused ? whoseWord(binding) : ", and a host is of one organization";
  return [
    conflictProblem(binding, {
      others: allOf(isRefused ? earlier : rivals),
      isRefused,
      message: (also) =>
        `${route.host}, where ${binding.component} would answer in ${binding.environment}, is also answered by ${also}${why}`,
      remedy: `give one of them another domain, or its plane another virtual host${isRefused ? toReorder : ""}`,
      does: "answers it too",
    }),
  ];
}

function projectProblem(binding: Binding, route: ClaimedPath, rivals: readonly Rivals[]): readonly Problem[] {
  if (rivals.length === 0) return [];
  return [
    conflictProblem(binding, {
      others: allOf(rivals),
      isRefused: true,
      message: (also) =>
        `${route.host}, where ${binding.component} would answer in ${binding.environment}, is also answered by ${also}, and a domain is of one project`,
      remedy: "give one of them another domain, or answer all of it in one project",
      does: "answers it too",
    }),
  ];
}

/** One on several planes is among several. */
function allOf(rivals: readonly Rivals[]): readonly Binding[] {
  return [...new Set(rivals.flatMap(({ others }) => others))];
}
