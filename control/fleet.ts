/**
 * What runs where, read from Git alone: the specs for what should be, each plane's branch for what was rendered, its
 * receipts for what was done. A Release counts as applied only when a receipt names its very blob.
 */
import type { Oid, Repository } from "../git/repository.ts";
import { type PlaneId, planeRef, receiptsRef, specsRef } from "../schemas/layout.ts";
import { LiveSpecs } from "./engine/live-specs.ts";
import type { Rendered } from "./engine/rendered.ts";
import { type Catalogue, catalogueOf, emptyCatalogue } from "./fleet/catalogue.ts";
import { BlobFacts, type KnownFacts } from "./fleet/facts.ts";
import type { Fleet } from "./fleet/fleet.ts";
import { readPlane } from "./fleet/read-plane.ts";
import { isSame, type Tips } from "./fleet/tips.ts";
import { Unrendered } from "./fleet/unrendered.ts";

/** What reading a fleet left behind, so that the next look costs what moved. Dropping it costs time only. */
export class FleetMemory {
  live: LiveSpecs | undefined;
  readonly facts: BlobFacts;
  rendered: Read | undefined;
  last: { readonly specs: Tips; readonly state: Tips; readonly fleet: Fleet; readonly facts: KnownFacts } | undefined;

  constructor(facts?: KnownFacts) {
    this.facts = new BlobFacts(facts);
  }
}

export type FleetOptions = {
  readonly memory?: FleetMemory;
  /** Hears what is being done, for whoever waits. */
  readonly onProgress?: (doing: string) => void;
};

/** Throws GitError when a repository cannot be reached: never shows a missing answer as an empty fleet. */
export async function readFleet(specs: Repository, state: Repository, options: FleetOptions = {}): Promise<Fleet> {
  const { memory = new FleetMemory(), onProgress = () => undefined } = options;
  onProgress("fetching the specs");
  const specsTips = await specs.fetch([specsRef]);
  const head = specsTips.get(specsRef);
  if (head === undefined)
    return { specs: undefined, problems: [], planes: [], releases: [], catalogue: emptyCatalogue };
  const read = await renderHead(specs, head, { memory, onProgress });
  onProgress("fetching the planes");
  const stateTips = await state.fetch(stateRefs(read.rendered.planes));
  if (isSame(memory.last?.specs, specsTips) && isSame(memory.last?.state, stateTips)) return memory.last.fleet;
  onProgress(`reading ${read.rendered.planes.length} planes`);
  const fleet = await readTips({ read, tips: stateTips, facts: memory.facts, head }, specs, state);
  memory.last = { specs: specsTips, state: stateTips, fleet, facts: memory.facts.settle() };
  return fleet;
}

export function stateRefs(planes: readonly PlaneId[]): readonly string[] {
  return planes.flatMap((plane) => [planeRef(plane), receiptsRef(plane)]);
}

type Read = { readonly head: Oid; readonly rendered: Rendered; readonly catalogue: Catalogue };

async function renderHead(specs: Repository, head: Oid, { memory, onProgress }: Required<FleetOptions>): Promise<Read> {
  if (memory.rendered?.head === head) return memory.rendered;
  onProgress("reading and rendering the specs");
  memory.live ??= new LiveSpecs(specs);
  const rendered = await memory.live.move(head);
  memory.live.forgetTexts();
  memory.rendered = { head, rendered, catalogue: catalogueOf(rendered) };
  return memory.rendered;
}

type Question = { readonly read: Read; readonly tips: Tips; readonly facts: BlobFacts; readonly head: Oid };

async function readTips({ read, tips, facts, head }: Question, specs: Repository, state: Repository): Promise<Fleet> {
  const { rendered, catalogue } = read;
  const unrendered = new Unrendered(rendered);
  const answers = await Promise.all(
    rendered.planes.map((plane) => {
      const own = { desired: tips.get(planeRef(plane)), receipts: tips.get(receiptsRef(plane)) };
      return readPlane({ plane, tips: own, rendered, unrendered, head, facts, specs }, state);
    }),
  );
  const releases = answers.flatMap((answer) => answer.releases);
  const { author, subject, committedAtSeconds } = await specs.readCommit(head);
  return {
    specs: head,
    head: { author: `${author.name} <${author.mail}>`, subject, committedAtSeconds },
    problems: rendered.problems,
    planes: answers.map(({ plane }) => plane),
    releases: [...releases, ...unrendered.statuses(releases, catalogue.environments)],
    catalogue,
  };
}
