/** Whatever trees follow each other and whatever fails on the way: nothing is pruned but what was ours and left the tree. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { Oid, Repository } from "../git/repository.ts";
import { objectKey } from "../schemas/object-id.ts";
import { MemoryTarget } from "./memory-target.ts";
import type { ScriptedFailure } from "./memory-script.ts";
import { type Manifest, PlaneBranch, type PlaneTree } from "./plane-branch.ts";
import { type Agent, reconcile } from "./reconcile.ts";
import { openTestRepository, startAgent, testPlane } from "./testbed.ts";

const paths = ["cells/shop/dev.yaml", "releases/shop/dev/a.yaml", "releases/shop/dev/b.yaml"] as const;
const names = ["one", "two", "three", "four"] as const;

const broken = "kind: Release\nspec: [";
const release = fc.dictionary(fc.constantFrom(...names), fc.constantFrom("1", "2"), { maxKeys: 4 });
const tree = fc.record({
  a: fc.option(fc.oneof({ weight: 5, arbitrary: release }, { weight: 1, arbitrary: fc.constant(broken) })),
  b: fc.option(fc.oneof({ weight: 5, arbitrary: release }, { weight: 1, arbitrary: fc.constant(broken) })),
});
const failure = fc.record({
  operation: fc.constantFrom("apply", "read", "delete", "readRecord", "writeRecord", "readUid"),
  times: fc.integer({ min: 1, max: 4 }),
  failure: fc.record({
    kind: fc.constant("failed"),
    class: fc.constantFrom("transient", "permanent", "blocked"),
    reason: fc.constant("as the test asks"),
  }),
});
const round = fc.record({
  tree,
  failures: fc.array(failure, { maxLength: 3 }),
  /** The process ends before this round, and what it remembered with it. */
  isFresh: fc.boolean(),
});

type Round = { readonly tree: { readonly a: Content; readonly b: Content } };
type Disturbance = { readonly failures: readonly ScriptedFailure[]; readonly isFresh: boolean };
type Content = Readonly<Record<string, string>> | string | null;

function planeTree({ tree: { a, b } }: Round): PlaneTree {
  const contents = [[paths[1], a] as const, [paths[2], b] as const];
  const releases = contents.flatMap(([path, content]) =>
    content === null ? [] : [[path, manifests(content)] as const],
  );
  return { [paths[0]]: [{ kind: "Namespace", name: "dev" }], ...Object.fromEntries(releases) };
}

function manifests(content: Readonly<Record<string, string>> | string): readonly Manifest[] | string {
  if (typeof content === "string") return content;
  return Object.entries(content).map(([name, value]) => ({
    kind: "ConfigMap",
    name,
    namespace: "dev",
    body: { data: { value } },
  }));
}

function namesIn({ tree: { a, b } }: Round): Set<string> {
  return new Set(
    [a, b].flatMap((content) => (content === null || typeof content === "string" ? [] : Object.keys(content))),
  );
}

function isBroken({ tree: { a, b } }: Round): boolean {
  return a === broken || b === broken;
}

/** What both Releases claim. */
function contested({ tree: { a, b } }: Round): ReadonlySet<string> {
  if (a === null || b === null || typeof a === "string" || typeof b === "string") return new Set();
  return new Set(Object.keys(a)).intersection(new Set(Object.keys(b)));
}

function liveNames(target: MemoryTarget): Set<string> {
  const ids = target.listIds().filter((id) => id.startsWith("ConfigMap/dev/"));
  return new Set(ids.map((id) => id.slice("ConfigMap/dev/".length)));
}

async function settle(agent: Agent, revision: Oid): Promise<void> {
  await reconcile(agent, revision, new AbortController().signal);
}

/** The rounds on a target of their own; their revisions are of one history that no ref names. */
async function play(repository: Repository, rounds: readonly (Round & Disturbance)[]): Promise<void> {
  const branch = new PlaneBranch(repository, testPlane);
  const target = new MemoryTarget({ plane: testPlane });
  const foreign = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "four", namespace: "other" } };
  target.writeAs("somebody", { apiVersion: "v1", kind: "Namespace", metadata: { name: "other" } });
  target.writeAs("somebody", foreign);
  const past = new Set<string>();
  let agent = startAgent({ repository, target });
  let revision: Oid | undefined;
  for (const round of rounds) {
    for (const each of round.failures) target.fail(each);
    if (round.isFresh) agent = startAgent({ repository, target });
    const before = new Set(target.listIds());
    revision = await branch.commit(planeTree(round), { parent: revision });
    await settle(agent, revision);
    const pruned = before.difference(new Set(target.listIds()));
    const wanted = namesIn(round);
    for (const id of pruned) {
      const name = id.split("/").at(-1) ?? "";
      expect(past.has(name), `${id} was never in a tree`).toBe(true);
      expect(wanted.has(name), `${id} is in the new tree`).toBe(false);
    }
    expect(isBroken(round) && pruned.size > 0, "pruned although a file cannot be read").toBe(false);
    for (const name of wanted) past.add(name);
  }
  const last = rounds.at(-1);
  if (last === undefined || revision === undefined || isBroken(last)) return;
  // Each try uses up one scripted failure at least.
  const failures = rounds.flatMap((round) => round.failures).reduce((sum, { times = 1 }) => sum + times, 0);
  for (let tries = 0; tries < failures + 2; tries += 1) await settle(startAgent({ repository, target }), revision);
  const shared = contested(last);
  const [live, wanted] = [liveNames(target).difference(shared), namesIn(last).difference(shared)];
  // An object that two Releases claim stays as it is, and nothing is pruned from a Release of which something is held.
  const left = shared.size === 0 ? live.difference(wanted) : new Set();
  expect({ missing: wanted.difference(live), left }).toEqual({ missing: new Set(), left: new Set() });
  expect(target.liveObject(objectKey(foreign))).toBeDefined();
}

test(
  "the pruned were ours and left the tree, and in the end all is as the tree says",
  { timeout: 60_000 },
  async () => {
    await using opened = await openTestRepository();
    await fc.assert(
      fc.asyncProperty(fc.array(round, { minLength: 2, maxLength: 5 }), async (rounds) => {
        await play(opened.repository, rounds);
      }),
      { numRuns: Number(process.env["GITPLANE_PROPERTY_RUNS"] ?? 25) },
    );
  },
);
