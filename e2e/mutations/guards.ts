/** Every guard of the agent and of publishing that a mutation run takes away. */
import type { Guard } from "./guard.ts";
import { guardsOfApplies } from "./guards-of-applies.ts";
import { guardsOfDeletes } from "./guards-of-deletes.ts";
import { guardsOfHandOvers } from "./guards-of-hand-overs.ts";
import { guardsOfTenants } from "./guards-of-tenants.ts";

export const guards: readonly Guard[] = [
  ...guardsOfDeletes,
  ...guardsOfApplies,
  ...guardsOfHandOvers,
  ...guardsOfTenants,
];
