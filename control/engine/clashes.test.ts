/** What is claimed at gateways, in any order, and who is settled again for it. */
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Problem } from "../../schemas/problem.ts";
import { type Binding, bindingPath } from "../deploy/binding.ts";
import type { Claimed, ClaimedPath } from "../render/claimed.ts";
import { doc, owner, renderTexts, service, surroundings } from "../specs-fixture.contract.ts";
import { Clashes } from "./clashes.ts";
import { PlacedRelease } from "./placed-release.ts";

const { bindings } = await renderTexts(
  ...surroundings,
  ...service("cart"),
  doc("ServiceBinding", "b", `${owner("cart")}  environment: dev\n  workloadSpec: {containers: {main: {image: a}}}`),
);
const [example] = bindings.values();

type Asked = Pick<ClaimedPath, "route" | "hostFrom" | "path"> & {
  readonly plane?: string;
  readonly rank?: number;
  readonly gateway?: ClaimedPath["gateway"];
};

function bindingOf(component: string, organization = "acme", line = 1): Binding {
  if (example === undefined) throw new Error("the example has a Binding");
  return { ...example, organization, component, place: { file: `${component}.yaml`, line, column: 1 } };
}

function releaseOf(asked: Asked): PlacedRelease {
  const { plane = "main", rank = 0, gateway = "gateway-external", ...path } = asked;
  const gateways = { plane: { kind: "data", organization: "acme", name: plane }, rank } as const;
  const claimed: readonly Claimed[] = [{ kind: "path", gateway, gateways, host: "a.example", ...path }];
  const render = (): never => expect.unreachable("a Release is not rendered for what it claims");
  return new PlacedRelease({ plane: gateways.plane, path: "releases/a.yaml", claimed }, render, { text: "" });
}

function componentsOf(touched: ReadonlySet<Binding>): readonly string[] {
  return Array.from(touched, ({ component }) => component).toSorted();
}

test("of thousands on a host that one of the other kind asks for, only those are settled again of whom more is to be said", () => {
  const clashes = new Clashes();
  const call = (component: string, line?: number): readonly [Binding, PlacedRelease] => {
    const isCalls = component === "calls";
    const asked = {
      route: isCalls ? "gRPC" : "HTTP",
      hostFrom: isCalls ? "domain" : "owner",
      path: `/${component}`,
    } as const;
    return [bindingOf(component, "acme", line), releaseOf(asked)];
  };
  const claimed = new Map(
    ["calls", ...Array.from({ length: 2000 }, (_, at) => `c${at}`)].map((one) => [one, call(one)]),
  );
  for (const [binding, release] of claimed.values()) clashes.claim(binding, [release]);
  expect(clashes.takeTouched().size).toBe(2001);
  const edit = (component: string, line?: number): readonly string[] => {
    const [before] = claimed.get(component) ?? call(component);
    const [after, release] = call(component, line);
    clashes.claim(before, []);
    clashes.claim(after, [release]);
    claimed.set(component, [after, release]);
    return componentsOf(clashes.takeTouched());
  };
  expect(edit("c7")).toEqual(["c7"]);
  expect(edit("calls")).toEqual(["calls"]);
  expect(edit("c7", 2)).toEqual(["c7", "calls"]); // the Problem of the one says where the other stands
  expect(edit("new")).toEqual(["calls", "new"]);
  const [calls, release] = claimed.get("calls") ?? call("calls");
  expect(clashes.problemsOf(calls, release).map(({ message, related }) => [message, related?.length])).toEqual([
    [
      "a.example, where calls would answer gRPC in dev, is asked for by HTTP of 2001 others, and a host has one of the two",
      4,
    ],
  ]);
  clashes.claim(calls, []);
  expect(clashes.takeTouched().size).toBe(2001);
});

test("organizations that share the host of an environment do not touch each other", () => {
  const clashes = new Clashes();
  for (const organization of ["acme", "blue", "red"])
    for (const component of ["a", "b"])
      clashes.claim(bindingOf(component, organization), [
        releaseOf({
          route: "HTTP",
          hostFrom: "owner",
          path: `/${organization}/${component}`,
          rank: organization === "acme" ? 0 : 1,
        }),
      ]);
  clashes.takeTouched();
  clashes.claim(bindingOf("c", "blue"), [releaseOf({ route: "HTTP", hostFrom: "owner", path: "/blue/c", rank: 1 })]);
  expect(componentsOf(clashes.takeTouched())).toEqual(["c"]);
});

const ranks: Readonly<Record<string, number>> = { acme: 0, blue: 1, red: 2 };

const asked = fc.record({
  route: fc.constantFrom("HTTP", "gRPC"),
  hostFrom: fc.constantFrom("domain", "plane", "owner"),
  path: fc.constantFrom("/", "/a"),
  plane: fc.constantFrom("main", "far"),
  gateway: fc.constantFrom("gateway-external", "gateway-internal"),
});

const step = fc.record({
  organization: fc.constantFrom(...Object.keys(ranks)),
  project: fc.constantFrom("shop", "depot"),
  component: fc.constantFrom("a", "b"),
  line: fc.constantFrom(1, 2),
  asked: fc.array(asked, { maxLength: 3 }),
  isLast: fc.boolean(),
  isNewFirst: fc.boolean(),
});

test("what is said of each is the same, whatever came and went before", { timeout: 60_000 }, () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 2, maxLength: 12 }), (steps) => {
      const clashes = new Clashes();
      const standing = new Map<string, readonly [Binding, readonly PlacedRelease[]]>();
      const said = new Map<string, readonly Problem[]>();
      const settle = (present: Iterable<Binding>): void => {
        for (const binding of [...present, ...clashes.takeTouched()]) {
          const [known, releases = []] = standing.get(bindingPath(binding)) ?? [];
          if (known === binding) said.set(bindingPath(binding), problemsOf(clashes, binding, releases));
        }
      };
      const present = new Set<Binding>();
      for (const { organization, project, component, line, asked: wanted, isLast, isNewFirst } of steps) {
        const after = { ...bindingOf(component, organization, line), project };
        const releases = wanted.map((one) => releaseOf({ ...one, rank: ranks[organization] ?? 0 }));
        const [before] = standing.get(bindingPath(after)) ?? [];
        if (before !== undefined && !isNewFirst) clashes.claim(before, []);
        clashes.claim(after, releases);
        if (before !== undefined && isNewFirst) clashes.claim(before, []);
        standing.set(bindingPath(after), [after, releases]);
        present.add(after);
        if (!isLast) continue;
        settle(present);
        present.clear();
      }
      settle(present);
      const fresh = new Clashes();
      for (const [binding, releases] of [...standing.values()].toReversed()) fresh.claim(binding, releases);
      for (const [path, [binding, releases]] of standing)
        expect(said.get(path)).toEqual(problemsOf(fresh, binding, releases));
    }),
    { numRuns: 500 },
  );
});

function problemsOf(clashes: Clashes, binding: Binding, releases: readonly PlacedRelease[]): readonly Problem[] {
  return releases.flatMap((release) => clashes.problemsOf(binding, release));
}
