/**
 * The fleet as it was last read, kept for the next command: when no ref has moved, nothing is rendered or read again. What is
 * kept is a function of the tips and of this program, and counts only while both are the same; whatever cannot be read counts
 * as nothing. Files are written whole or not at all, for their owner only, and there are few of them.
 */
import { hash, randomUUID } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { programId } from "../../process/program-id.ts";
import { cacheFolder } from "../../process/user-folders.ts";
import type { KnownFacts } from "../fleet/facts.ts";
import type { Fleet } from "../fleet/fleet.ts";
import type { Tips } from "../fleet/tips.ts";
import type { Access } from "./access.ts";

export type KnownFleet = {
  readonly specs: Tips;
  readonly state: Tips;
  readonly fleet: Fleet;
  /** When the tips were last seen to stand there. */
  readonly asOf: Date;
};

const format = 1;
const mostBytes = 128 * 1024 * 1024;
/** Control planes that somebody looks at from one account. */
const mostFleets = 16;
/** Of one control plane, to what was asked most lately. */
const mostAnswers = 100;

type TipList = readonly (readonly [ref: string, oid: string | null])[];
type FleetFile = { readonly specs: TipList; readonly state: TipList; readonly fleet: Fleet };

/** Where the answers of a control plane are kept. */
export function openFleetCache({ specs, state }: Pick<Access, "specs" | "state">): FleetCache {
  const name = hash("sha256", JSON.stringify([specs.url, state.url])).slice(0, 16);
  const folder = join(cacheFolder(process.env), "fleets", name);
  return new FleetCache(folder, programId());
}

export class FleetCache {
  readonly #folder: string;
  readonly #program: string;

  /** `folder` is this control plane's own, in a folder of such; `program` is other for any other version of it. */
  constructor(folder: string, program: string) {
    this.#folder = folder;
    this.#program = program;
  }

  async readFleet(): Promise<KnownFleet | undefined> {
    const file = await this.#read("fleet.json");
    if (file === undefined) return undefined;
    const { specs, state, fleet } = file.value as FleetFile; // of this program, as written below
    return { specs: tipsOf(specs), state: tipsOf(state), fleet, asOf: file.at };
  }

  /** What was read of blobs, for a look at tips that moved. */
  async readFacts(): Promise<KnownFacts | undefined> {
    return (await this.#read("facts.json"))?.value as KnownFacts | undefined; // of this program, as written below
  }

  async write({ specs, state, fleet }: Omit<KnownFleet, "asOf">, facts: KnownFacts): Promise<void> {
    await this.#write("facts.json", facts);
    await this.#write("fleet.json", { specs: [...specs].map(orNull), state: [...state].map(orNull), fleet });
    await removeOldest(dirname(this.#folder), mostFleets);
  }

  /** What was answered to a question at these tips. */
  async readAnswer(name: readonly unknown[], tips: Moment): Promise<{ readonly answer: unknown } | undefined> {
    const kept = (await this.#read(answerFile(name)))?.value as { at: unknown; answer: unknown } | undefined; // as written below
    return kept !== undefined && kept.at === momentOf(tips) ? kept : undefined;
  }

  async writeAnswer(name: readonly unknown[], tips: Moment, answer: unknown): Promise<void> {
    await this.#write(answerFile(name), { at: momentOf(tips), answer });
    await removeOldest(this.#folder, mostAnswers, "answer-");
  }

  /** The tips were seen to stand where they stood. */
  async confirm(now: Date): Promise<void> {
    // Only a time to show: gone meanwhile is no failure.
    await utimes(join(this.#folder, "fleet.json"), now, now).catch(() => undefined);
  }

  async #read(name: string): Promise<{ readonly value: unknown; readonly at: Date } | undefined> {
    const path = join(this.#folder, name);
    try {
      const { size, mtime } = await stat(path);
      if (size > mostBytes) return undefined;
      const kept = JSON.parse(await readFile(path, "utf8")) as { format?: unknown; program?: unknown; value?: unknown }; // our own file, checked next
      return kept.format === format && kept.program === this.#program ? { value: kept.value, at: mtime } : undefined;
    } catch {
      return undefined; // absent, cut short or not ours: everything is read anew
    }
  }

  async #write(name: string, value: object): Promise<void> {
    const text = JSON.stringify({ format, program: this.#program, value });
    if (Buffer.byteLength(text) > mostBytes) return;
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const path = join(this.#folder, name);
    const next = `${path}.${randomUUID()}`;
    try {
      await writeFile(next, text, { mode: 0o600 });
      await rename(next, path);
    } catch {
      await rm(next, { force: true }); // a full disk costs the next command time, and this one nothing
    }
  }
}

type Moment = Pick<KnownFleet, "specs" | "state">;

function momentOf({ specs, state }: Moment): string {
  return JSON.stringify([[...specs].map(orNull), [...state].map(orNull)]);
}

function answerFile(name: readonly unknown[]): string {
  return `answer-${hash("sha256", JSON.stringify(name)).slice(0, 16)}.json`;
}

/** By the time of what is in it, which is that of the last look. */
async function removeOldest(folder: string, most: number, prefix = ""): Promise<void> {
  const names = (await readdir(folder)).filter((name) => name.startsWith(prefix));
  if (names.length <= most) return;
  const aged = await Promise.all(
    names.map(async (name) => {
      const found = await stat(join(folder, name, "fleet.json"))
        .catch(() => stat(join(folder, name)))
        .catch(() => undefined);
      return { name, atMs: found?.mtimeMs ?? 0 };
    }),
  );
  for (const { name } of aged.toSorted((a, b) => b.atMs - a.atMs).slice(most))
    await rm(join(folder, name), { recursive: true, force: true });
}

function orNull([ref, oid]: readonly [string, string | undefined]): readonly [string, string | null] {
  return [ref, oid ?? null];
}

function tipsOf(list: TipList): Tips {
  return new Map(list.map(([ref, oid]) => [ref, oid ?? undefined]));
}
