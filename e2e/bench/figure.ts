/** One measured number of a workload, as `npm run bench` prints it, and whether it is what we want it to be. */
import { z } from "zod";

/** Above this load before the start, other programs had a part in the result and nothing can be told. */
export const quietLoad = 1.5;

export const Figure = z.strictObject({
  workload: z.string(),
  figure: z.string(),
  value: z.number(),
  unit: z.enum(["s", "ms", "MiB", "count", "%"]),
  /** The most that it may be, or the least where the figure says so; null for a figure that only explains another. */
  target: z.number().nullable(),
  /** Null where there is no target, and where the machine was too busy to tell. */
  met: z.boolean().nullable(),
  /** What the program was given at most: time before it is stopped, in seconds. */
  limit: z.number(),
  /** The machine's load of the last minute, before the start. */
  load1: z.number(),
  /** What was measured, in words and numbers. */
  composition: z.string(),
});
export type Figure = z.infer<typeof Figure>;

export type Measured = Pick<Figure, "figure" | "value" | "unit"> & {
  readonly target?: number;
  /** The target is the least that the value may be. */
  readonly isFloor?: true;
};
export type Circumstances = Pick<Figure, "workload" | "limit" | "load1" | "composition">;

/** The middle one of sorted numbers; infinite for none. */
export function median(sorted: readonly number[]): number {
  return sorted[Math.floor(sorted.length / 2)] ?? Infinity;
}

/** The least of sorted numbers that this share of them does not exceed (nearest rank); infinite for none. */
export function percentile(sorted: readonly number[], percent: number): number {
  return sorted[Math.max(0, Math.ceil((sorted.length * percent) / 100) - 1)] ?? Infinity;
}

export function judge(
  { target, isFloor, ...measured }: Measured,
  { workload, ...circumstances }: Circumstances,
): Figure {
  const { value } = measured;
  const isTold = target !== undefined && circumstances.load1 < quietLoad;
  const met = isTold ? (isFloor === true ? value >= target : value <= target) : null;
  return { workload, ...measured, target: target ?? null, met, ...circumstances };
}
