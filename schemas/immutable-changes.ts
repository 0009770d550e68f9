import { z } from "zod";

/** What a class says of objects whose change Kubernetes does not allow in place. */
export const ImmutableChanges = z
  .enum(["Hold", "Replace"])
  .exactOptional()
  .describe(
    "What becomes of an object when a field changes that Kubernetes keeps for life: with `Hold`, as where nothing is said, it stays until a person approves that it is deleted and made anew; with `Replace` that is done at once. What holds data is held either way, but for a StatefulSet, whose pods stay.",
  );
