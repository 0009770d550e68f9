/** What claims of every kind share: a developer's request for a class's template around a Workload. */
import { z } from "zod";
import { ComponentOwner, Name } from "./metadata.ts";

/** Upstream's map of switches, which nothing reads: accepted so that its documents stay valid, each with a warning. */
export const UnusedOverrides = z.record(z.string(), z.boolean());

export const ClaimSpec = z.strictObject({
  owner: ComponentOwner.describe("The component that is deployed."),
  workloadName: Name.describe("The Workload of the component."),
  className: Name.default("default").describe("The class whose template the Workload is laid over."),
  overrides: UnusedOverrides.exactOptional().describe(
    "Upstream's map of switches. Accepted with a warning and not used.",
  ),
});
