/** What keeps a Release that goes to another plane of its cluster from being lost, shared or taken on the way. */
import type { Guard } from "./guard.ts";

const handing = { project: "e2e", tests: ["agent/handed.e2e.test.ts"] } as const;
const publishing = { project: "programs", tests: ["control/publish/publish.e2e.test.ts"] } as const;

export const guardsOfHandOvers: readonly Guard[] = [
  {
    name: "what is handed over is neither applied nor pruned",
    protects: "invariant 9",
    file: "agent/plan.ts",
    find: "desired.filter(({ path }) => !handed.has(path))",
    replace: "desired",
    ...handing,
    cases: ["nothing of what is handed is changed any more"],
  },
  {
    name: "what is handed over is not healed",
    protects: "invariant 9",
    file: "agent/reconcile.ts",
    find: "if (isUnfinishedApply(change)) unsettled.add",
    replace: 'if (isUnfinishedApply(change) && change.outcome !== "handed") unsettled.add',
    ...handing,
    cases: ["nothing of what is handed is kept true any more"],
  },
  {
    name: "only what is ours is handed over",
    protects: "invariant 9",
    file: "agent/hand-objects.ts",
    find: "if (!isRenderedFor(live, { plane, path })) return",
    replace: "if (false) return",
    ...handing,
    cases: ["what another plane has is not the owner's to hand over, whatever its tree says"],
  },
  {
    name: "nothing is handed to another tenant",
    protects: "invariant 9",
    file: "agent/handed-paths.ts",
    find: "filter(([, to]) => isSibling(to, plane))",
    replace: "filter(() => true)",
    ...handing,
    cases: [
      "a tree hands nothing to a plane of another organization",
      "a tree hands nothing to a plane of another kind",
    ],
  },
  {
    name: "only what nobody took is taken back",
    protects: "invariant 9",
    file: "agent/take-back.ts",
    find: "|| !isRenderedFor(read.metadata, { plane, path })) return undefined;",
    replace: ") return undefined;",
    ...handing,
    cases: ["what was taken comes back when the other hands it over"],
  },
  {
    name: "what is handed over is remembered until it has left the tree",
    protects: "invariants 3 and 9",
    file: "agent/exceptions.ts",
    find: 'outcome === "failed" || outcome === "held" || outcome === "handed");',
    replace: 'outcome === "failed" || outcome === "held");',
    ...handing,
    cases: ["before anybody took it, it is the owner's as it was"],
  },
  {
    name: "a hand-over that was broken off is not forgotten",
    protects: "invariants 7 and 9",
    file: "agent/desired.ts",
    find: "const isStanding = isCompleted && !history.wasHanded;",
    replace: "const isStanding = isCompleted;",
    ...handing,
    cases: ["while it hands over, and is to keep everything after all, keeps it"],
  },
  {
    name: "only an agent of the same cluster is handed anything",
    protects: "invariant 9",
    file: "control/publish/read-sightings.ts",
    find: "return uid === other?.clusterUid && other?.ended !== true ? uid : undefined;",
    replace: "return uid;",
    ...publishing,
    cases: [
      "is not handed over while the second's agent is in another cluster",
      "is not handed over while the second's agent ended on purpose",
    ],
  },
];
