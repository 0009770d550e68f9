/**
 * Whether explanations are true: a thousand leaves of everything that the sample platform and the v0.3 samples render to,
 * chosen by seed. Where a line is named, changing what stands there changes that leaf; else the rule is named.
 */
import { join } from "node:path";
import { expect, test } from "vitest";
import type { ParseCache } from "../load/load.ts";
import type { ParsedFile } from "../load/parse.ts";
import { renderSpecs } from "../render-specs.ts";
import { classHash } from "../resolve/class-hash.ts";
import { findSamples, loadFiles, readPlatform, readTexts, repositoryRoot } from "../specs-fixture.contract.ts";
import { type Explanation, explainRelease } from "./explain.ts";

type Texts = ReadonlyMap<string, string>;
type Tree = { readonly texts: Texts; readonly cache: ParseCache; readonly leaves: readonly Explanation[] };

const samples = findSamples("explanations of the v0.3 samples");

async function readTrees(): Promise<readonly Texts[]> {
  const fixtures = ["workload", "regions"].map((name) => readTexts(join(repositoryRoot, "fixtures", name)));
  const own = [await readPlatform(), ...(await Promise.all(fixtures))];
  if (samples === undefined) return own;
  const surroundings = await readTexts(join(repositoryRoot, "fixtures", "surroundings"));
  const folders = ["gcp-microservices-demo", "apim-samples", "from-image", "from-source"];
  const read = folders.map(async (folder) => new Map([...surroundings, ...(await readTexts(join(samples, folder)))]));
  return [...own, ...(await Promise.all(read))];
}

async function explainAll(texts: Texts, cache: ParseCache): Promise<readonly Explanation[]> {
  const specs = await loadFiles(texts, cache);
  return renderSpecs(specs).releases.flatMap((release) => explainRelease(release, specs));
}

/** A generator with a seed (mulberry32), so that a failure can be run again. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** The scalar at a place, in flow lists up to the next comma. */
const scalarAt = /^("[^"]*"|'[^']*'|[^\s,\]}]+)/;

/** Other values, of which at least one is valid wherever the scalar was. */
function others(scalar: string): readonly string[] {
  if (scalar === "true") return ["false"];
  if (scalar === "false") return ["true"];
  if (scalar === "1m") return ["1h"];
  const number = /^"?(\d+)(m|Mi|Gi|ms|s|h|%)?"?$/.exec(scalar);
  // Up, or down where something else is the limit.
  if (number !== null) return [1, -1].map((step) => scalar.replace(/\d+/, (digits) => String(Number(digits) + step)));
  const words = [
    "NodePort",
    "Allow",
    "Always",
    "Never",
    "1h",
    '"15 3 * * *"',
    "10.1.0.0/16",
    "192.0.2.7/32",
    "DELETE",
    "restricted",
    "baseline",
    "Equal",
    "NoExecute",
    "DoNotSchedule",
    "Pod",
    "PATCH",
    "reset",
    "ReadWriteMany",
    '"1.2"',
    "Europe/Berlin",
    "Percent",
  ];
  const template = scalar.includes("{{") ? [scalar.replace("{{", "x{{")] : [];
  const longer = /["']$/.test(scalar) ? `${scalar.slice(0, -1)}7${scalar.slice(-1)}` : `${scalar}7`;
  return [...template, longer, ...words];
}

/** The texts with the scalar of a line changed; a port goes with the same port everywhere, since an API must follow its endpoint. */
function edit(texts: Texts, { file, line, column }: { file: string; line: number; column: number }, to: string): Texts {
  const lines = (texts.get(file) ?? "").split("\n");
  const text = lines[line - 1] ?? "";
  const scalar = scalarAt.exec(text.slice(column - 1))?.[0] ?? "";
  if (/\bport: \d+$/.test(text)) {
    const same = new RegExp(`\\bport: ${scalar}$`, "gm");
    return new Map([...texts].map(([path, each]) => [path, each.replace(same, `port: ${to}`)]));
  }
  lines[line - 1] = text.slice(0, column - 1) + to + text.slice(column - 1 + scalar.length);
  return new Map([...texts, [file, lines.join("\n")]]);
}

/** The same of a name, with all that refer to it. */
function rename(texts: Texts, scalar: string, to: string): Texts {
  const whole = new RegExp(`(?<=[ \\[{])${RegExp.escape(scalar)}(?=[\\s,\\]}:])`, "g");
  return new Map([...texts].map(([path, text]) => [path, `${text}\n`.replace(whole, () => to).slice(0, -1)]));
}

/** What is to be said otherwise than alone, in the whole of the specs; a rule of health stands where its kind does. */
const together: Readonly<Record<string, readonly (readonly [from: RegExp, to: string])[]>> = {
  Utilization: [
    [/type: Utilization/g, "type: AverageValue"],
    [/averageUtilization: 70/g, "averageValue: 70m"],
  ],
  Resource: [
    [/type: Resource/g, "type: ContainerResource"],
    [/\bresource: \{/g, "containerResource: {container: main, "],
    [/\bresource:\n( +)/g, "containerResource:\n$1container: main\n$1"],
  ],
  "kind:": [[/"AbleToScale"/g, '"ScalingActive"']],
  Global: [[/scope: Global/g, "scope: Local"]],
  Equal: [[/operator: Equal, value: b/g, "operator: Exists"]],
  // Images are pulled with this key alone, so another goes before it.
  ".dockerconfigjson": [
    [/\{secretKey: \.dockerconfigjson/g, "{secretKey: -a, remoteRef: {key: a}}, {secretKey: .dockerconfigjson"],
  ],
  NoExecute: [[/NoExecute, tolerationSeconds: 30/g, "NoSchedule"]],
  DoNotSchedule: [[/DoNotSchedule, minDomains: 3/g, "ScheduleAnyway"]],
};

function editTogether(texts: Texts, scalar: string): Texts {
  const steps = together[scalar] ?? [];
  return new Map(
    [...texts].map(([path, text]) => [path, steps.reduce((edited, [from, to]) => edited.replace(from, to), text)]),
  );
}

/** A frozen class is found by its hash, so whoever edits one pins it anew. */
async function repin(texts: Texts, file: string, before: Texts): Promise<Texts> {
  const hashOf = async (text: string | undefined): Promise<string> => {
    const { frozen } = await loadFiles(new Map([[file, text ?? ""]]));
    // A value that the class does not take leaves nothing frozen, and so a pin that nothing answers to.
    return classHash(frozen[0]?.resource.spec ?? {});
  };
  const [from, to] = [await hashOf(before.get(file)), await hashOf(texts.get(file))];
  return new Map([...texts].map(([path, text]) => [path, text.replaceAll(`classHash: ${from}`, `classHash: ${to}`)]));
}

async function changesWith({ texts, cache }: Tree, leaf: Explanation): Promise<boolean> {
  if ("rule" in leaf.setBy) return false;
  const place = leaf.setBy;
  const line = (texts.get(place.file) ?? "").split("\n")[place.line - 1] ?? "";
  const scalar = scalarAt.exec(line.slice(place.column - 1))?.[0] ?? "";
  const alone = others(scalar).flatMap((to) => [edit(texts, place, to), rename(texts, scalar, to)]);
  const edits = Object.hasOwn(together, scalar) ? [editTogether(texts, scalar)] : alone;
  const explainEdited = async (edited: Texts): Promise<readonly Explanation[]> =>
    explainAll(place.file.startsWith(".gitplane/") ? await repin(edited, place.file, texts) : edited, new Map(cache));
  for (const edited of edits) if ((await explainEdited(edited)).some((one) => isChanged(one, leaf))) return true;
  return isTaken(await explainEdited(edit(texts, place, "null")), leaf);
}

/** Of what may have no other value there: without it the leaf is not in its object any more, or somebody else says it. */
function isTaken(after: readonly Explanation[], { release, object, pointer, setBy }: Explanation): boolean {
  const ofObject = after.filter((one) => one.release === release && one.object === object);
  const same = ofObject.find((one) => one.pointer === pointer);
  if (same === undefined) return ofObject.length > 0;
  if ("rule" in setBy || "rule" in same.setBy) return "rule" in same.setBy;
  return same.setBy.file !== setBy.file || same.setBy.line !== setBy.line;
}

/** A name that is another may stand elsewhere in its object, and a leaf of the same line tells that too. */
function isChanged(after: Explanation, leaf: Explanation): boolean {
  const { release, object, pointer, value, setBy } = leaf;
  if (after.release !== release || after.object !== object || after.value === value) return false;
  if (after.pointer === pointer) return true;
  if ("rule" in setBy || "rule" in after.setBy) return false;
  return after.setBy.file === setBy.file && after.setBy.line === setBy.line && after.setBy.column === setBy.column;
}

test(
  "of a thousand leaves each leads to the line that changes it, or to a named rule",
  { timeout: 600_000 },
  async () => {
    const trees: Tree[] = [];
    for (const texts of await readTrees()) {
      const cache: ParseCache = new Map<string, ParsedFile>();
      trees.push({ texts, cache, leaves: await explainAll(texts, cache) });
    }
    const all = trees.flatMap((tree) => tree.leaves.map((leaf) => ({ tree, leaf })));
    const random = seeded(20_261_124);
    const split = new Map<string, number>();
    const wrong: unknown[] = [];
    for (let count = 0; count < 1000; count += 1) {
      const chosen = all[Math.floor(random() * all.length)];
      if (chosen === undefined) continue;
      const { setBy } = chosen.leaf;
      const part = "rule" in setBy ? `rule ${setBy.rule}` : (setBy.part ?? "no part");
      split.set(part, (split.get(part) ?? 0) + 1);
      if (!("rule" in setBy) && !(await changesWith(chosen.tree, chosen.leaf))) wrong.push(chosen.leaf);
    }
    const lines = [...split].toSorted(([, a], [, b]) => b - a).map(([part, count]) => `  ${count} ${part}`);
    process.stderr.write(`1000 of ${all.length} leaves explained:\n${lines.join("\n")}\n`);
    expect(wrong).toEqual([]);
    expect(split.has("no part")).toBe(false);
  },
);
