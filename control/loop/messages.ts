/** What the control plane's two processes say to each other. Checked on arrival, though both ends are ours. */
import { z } from "zod";
import { planeKinds } from "../../schemas/layout.ts";
import type { MachineCommitMode } from "../machine-commit/commit-edits.ts";

/** Its names are checked by the host, as everywhere. */
const Plane = z.strictObject({ kind: z.enum(planeKinds), organization: z.string(), name: z.string() });
const Revision = z.string().regex(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/u);
/** Numbers a question, and its answer. */
const id = z.int().positive();

/** From the host to the loop. `begin` comes first, once. */
export const ToLoop = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("begin"),
    specsPath: z.string(),
    /** Where what is known of Releases is kept from process to process. */
    memoryPath: z.string(),
    pollMs: z.int().positive(),
    machineCommits: z.enum(["direct", "branch", "off"] satisfies readonly MachineCommitMode[]),
  }),
  z.strictObject({ kind: z.literal("wake") }),
  z.strictObject({ kind: z.literal("ensured"), id, path: z.string() }),
  z.strictObject({ kind: z.literal("refused"), id, reason: z.string() }),
  z.strictObject({ kind: z.literal("measure"), id }),
]);
export type ToLoop = z.infer<typeof ToLoop>;

/** From the loop to the host. */
export const FromLoop = z.discriminatedUnion("kind", [
  /** Asks for the folder of a plane's repository. */
  z.strictObject({ kind: z.literal("ensure"), id, plane: Plane }),
  z.strictObject({ kind: z.literal("announce"), plane: Plane, revision: Revision }),
  /** A round came to its end, whatever it did. */
  z.strictObject({ kind: z.literal("settled") }),
  z.strictObject({ kind: z.literal("measured"), id, metrics: z.string().max(4 << 20) }),
]);
export type FromLoop = z.infer<typeof FromLoop>;
