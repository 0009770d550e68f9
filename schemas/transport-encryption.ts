/** Encryption of what travels between the nodes of a cluster: what a plane may require, and what its agent finds. */
import { z } from "zod";

export const TransportEncryption = z.enum(["WireGuard"]);
export type TransportEncryption = z.infer<typeof TransportEncryption>;

export const EncryptionReport = z.strictObject({
  /** `unknown`: nothing there says it, or the agent may not look. */
  state: z.enum(["on", "off", "unknown"]),
  /** Why it is not on. */
  reason: z.string().max(500).exactOptional(),
});
export type EncryptionReport = z.infer<typeof EncryptionReport>;
