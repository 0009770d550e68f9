/**
 * An object that was passed on to another plane and is wanted here again, as when its environment moves back: as long as its
 * labels are ours nobody took it, and its fields come back to our name before it is applied.
 */
import type { ObjectApplier } from "./applier.ts";
import { isRenderedFor } from "./claims.ts";
import { passFields } from "./pass-fields.ts";
import type { ApplyStep } from "./step.ts";
import type { Failure } from "./target.ts";

/** Undefined when it is ours now, or never was. */
export async function takeBack(applier: ObjectApplier, { key, path }: ApplyStep): Promise<Failure | undefined> {
  const { plane, signal, slots, target } = applier;
  const read = await slots.run(() => target.read(key, { signal }));
  if (read.kind === "failed") return read;
  if (read.kind === "absent" || !isRenderedFor(read.metadata, { plane, path })) return undefined;
  const live = read.metadata;
  if (passFields(live.managedFields, target.fieldManager) === undefined) return undefined;
  const passed = await slots.run(() => target.passFields(key, { live, to: target.fieldManager, signal }));
  return passed.kind === "failed" ? passed : undefined;
}
