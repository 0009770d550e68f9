/** The guards of the agent and of publishing that are worth a proof: what is written instead of each, and who must notice. */
export type Guard = {
  readonly name: string;
  /** Invariant of DESIGN or case that rests on it. */
  readonly protects: string;
  readonly file: string;
  /** Stands exactly once in the file. */
  readonly find: string;
  readonly replace: string;
  /** A second place of the same file that guards the same. */
  readonly also?: { readonly find: string; readonly replace: string };
  readonly project: "unit" | "e2e";
  readonly tests: readonly string[];
  /** Names of tests, or unmistakable parts of them, that must all fail. */
  readonly cases: readonly string[];
};

const scenarios = { project: "e2e", tests: ["agent/scenarios.e2e.test.ts"] } as const;
const fetching = { project: "e2e", tests: ["agent/fetch.e2e.test.ts"] } as const;
const owning = { project: "e2e", tests: ["agent/ownership.e2e.test.ts"] } as const;
const isolating = { project: "e2e", tests: ["agent/isolation.e2e.test.ts"] } as const;
const drifting = { project: "e2e", tests: ["agent/drift.e2e.test.ts"] } as const;
const ceiling = { project: "unit", tests: ["agent/ceiling.test.ts"] } as const;

export const guards: readonly Guard[] = [
  {
    name: "ownership of what is pruned",
    protects: "invariant 3",
    file: "agent/prune.ts",
    find: "if (!isRenderedFor(live.metadata, { plane, path })) {",
    replace: "if (false) {",
    ...scenarios,
    cases: ["an object whose labels are not ours any more is left alone and forgotten"],
  },
  {
    name: "ancestry",
    protects: "invariant 6",
    file: "agent/fetch.ts",
    find: "if (!(await isDescendant(repository, earlier, commit.oid))) return",
    replace: "if (false) return",
    ...fetching,
    cases: ["refuses a fork and a history that lacks what was applied"],
  },
  {
    name: "growing sequence",
    protects: "invariant 6",
    file: "agent/fetch.ts",
    find: "if (revision === record.revision ? sequence !== record.sequence : sequence <= record.sequence) {",
    replace: "if (false) {",
    also: { find: "return sequence > before ? undefined :", replace: "return sequence > -1 ? undefined :" },
    ...fetching,
    cases: ["refuses sequence 1 after 2"],
  },
  {
    name: "nothing strange in the tree",
    protects: "C24",
    file: "agent/fetch.ts",
    find: "if (strange !== undefined) return refuse(offer, strange);",
    replace: "",
    ...fetching,
    cases: ["looks at every file of the tree when this clone lacks what was applied"],
  },
  {
    name: "spoiled input keeps Releases",
    protects: "invariant 3",
    file: "control/publish/plane-tree.ts",
    find: "const holder = reason === undefined ? spoils.holderOf(plane.organization, name) : undefined;",
    replace: "const holder = undefined as string | undefined;",
    project: "e2e",
    tests: ["control/publish/blind-never-deletes.e2e.test.ts"],
    cases: ["a file cut off anywhere within a document takes nothing away"],
  },
  {
    name: "unreadable files hold deletes",
    protects: "invariant 3",
    file: "agent/plan-prunes.ts",
    find: "if (gap !== undefined) return",
    replace: "if (false) return",
    ...scenarios,
    cases: ["an invalid Release file fails its path alone and prunes nothing anywhere"],
  },
  {
    name: "files name their own path and plane",
    protects: "invariant 9",
    file: "agent/release-file.ts",
    find: "if (strangeness !== undefined) return invalid(at, `${id} ${strangeness}`);",
    replace: "",
    ...scenarios,
    cases: ["objects that name another path or plane, or reach into the engine's namespace, spoil their file"],
  },
  {
    name: "the applied owner keeps a contested object",
    protects: "invariant 9, C62",
    file: "agent/plan.ts",
    find: "if (owner === path) return undefined;",
    replace: "return undefined;",
    ...scenarios,
    cases: [
      "the applied owner keeps it, the newcomer is held, and takes over when the owner lets go",
      "when neither was applied, both are held",
    ],
  },
  {
    name: "a record of another cluster is not believed",
    protects: "invariant 3, cluster swapped",
    file: "agent/record.ts",
    find: "found.record.clusterUid === identity.uid",
    replace: "true",
    ...scenarios,
    cases: ["a record of another cluster is not believed: all is applied, nothing pruned"],
  },
  {
    name: "replacing needs approval",
    protects: "C57",
    file: "agent/replacements.ts",
    find: 'if (object.metadata.annotations?.[objectAnnotations.replace] !== "allowed") return false;',
    replace: "",
    ...scenarios,
    cases: [
      "a change of an immutable field is held",
      "what only the target knows to be immutable is held when it refuses",
    ],
  },
  {
    name: "data is not replaced by a class's word",
    protects: "C14, C57",
    file: "agent/replacements.ts",
    find: "return replacesByOrphaning(key) || !isGuarded(key);",
    replace: "return true;",
    ...owning,
    cases: ["C57 data is never replaced by a class's word alone"],
  },
  {
    name: "only ours is replaced",
    protects: "invariant 3",
    file: "agent/replace-object.ts",
    find: "if (!isRenderedFor(live.metadata, { plane, path: step.path })) return notOurs(step);",
    replace: "",
    ...scenarios,
    cases: ["an object of somebody else is never replaced"],
  },
  {
    name: "a StatefulSet's pods outlive it",
    protects: "C57",
    file: "agent/replace-object.ts",
    find: 'replacesByOrphaning(step.key) ? "orphan" : "background"',
    replace: '"background"',
    ...owning,
    cases: ["C57 a StatefulSet is replaced without its pods"],
  },
  {
    name: "fields of others are left out before force",
    protects: "C56",
    file: "agent/settle-conflict.ts",
    find: "if (!conflict.heals || !wasOurs(conflict, field)) return false;",
    replace: "if (!conflict.heals) return false;",
    ...owning,
    cases: ["C56 what was never ours is left to its owner, the rest is applied, and a later process knows"],
  },
  {
    name: "an autoscaler's replicas are its own",
    protects: "C56",
    file: "agent/settle-conflict.ts",
    find: 'if (field !== ".spec.replicas" || manager.startsWith("kubectl")) return false;',
    replace: "return false;",
    ...owning,
    cases: ["C56 an autoscaler that the manifest does not know of is not fought"],
  },
  {
    name: "replicas are handed over",
    protects: "C56",
    file: "agent/hand-over.ts",
    find: "return !setsReplicas(object) && before.some(setsReplicas);",
    replace: "return false;",
    ...owning,
    cases: ["C56 an autoscaler added to a running Deployment never changes its replicas"],
  },
  {
    name: "an object belongs to one plane",
    protects: "invariant 9",
    file: "agent/apply-object.ts",
    find: "if (rival !== undefined) return",
    replace: "if (false) return",
    ...isolating,
    cases: ["two organizations in one cluster never touch each other's objects"],
  },
  {
    name: "ceiling: kinds",
    protects: "invariant 10, C37",
    file: "agent/ceiling.ts",
    find: "if (!kinds.some((pattern) => matchesKind(pattern, key))) {",
    replace: "if (false) {",
    ...ceiling,
    cases: ["C37 Secret shared a: false", "C37 the default grants no power over the cluster"],
  },
  {
    name: "ceiling: namespaces",
    protects: "invariant 10, C37",
    file: "agent/ceiling.ts",
    find: "return isOpen(place, ceiling.namespaces)",
    replace: "return true",
    ...ceiling,
    cases: ["C37 ConfigMap dp-evil-shop a: false", "C37 kube-system must be named in full"],
  },
  {
    name: "impersonation on every path",
    protects: "C38",
    file: "agent/kubernetes/impersonation.ts",
    find: 'headers: { ...request.headers, "impersonate-user": user },',
    replace: "headers: { ...request.headers },",
    ...isolating,
    cases: ["C38 every request about objects is the impersonated user's"],
  },
  {
    name: "an empty user is refused",
    protects: "C38",
    file: "agent/kubernetes/impersonation.ts",
    find: 'if (user.trim() === "" || user.length > 253',
    replace: "if (user.length > 253",
    ...isolating,
    cases: ['C38 the user "" is refused'],
  },
  {
    name: "a disputed field has a minute",
    protects: "C56",
    file: "agent/drift/disputes.ts",
    find: "return healed === undefined ? 0 : Math.max(0, healed + disputePauseMs - this.#nowMs());",
    replace: "return 0;",
    ...drifting,
    cases: ["C56 a field that somebody keeps changing is put right once a minute, and its neighbours at once"],
  },
  {
    name: "secrets are masked",
    protects: "invariant 10, C39, C40",
    file: "agent/drift/tell-drift.ts",
    find: "value: isSecret ? mask : shorten(value)",
    replace: "value: shorten(value)",
    ...drifting,
    cases: ["C39 C40 a Secret's values are in no receipt and no log"],
  },
  {
    name: "an older generation's health says nothing",
    protects: "deliverable 5",
    file: "agent/observe.ts",
    find: "return seen.generation >= expected.generation;",
    replace: "return true;",
    project: "unit",
    tests: ["agent/observe.test.ts"],
    cases: ["the health of an older generation or of an older object is not taken for the applied one's"],
  },
];
