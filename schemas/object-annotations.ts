/** Annotations of rendered objects that tell the agent how to treat them. A class or a template sets all but the last two. */
export const objectAnnotations = {
  /** Ids of objects of the same plane that must stand first, separated by commas. */
  after: "gitplane.dev/after",
  /** `allowed`: a change of an immutable field replaces the object without a person's approval. */
  replace: "gitplane.dev/replace",
  /** Rules for the health of the object; see health-rules.ts. */
  health: "gitplane.dev/health",
  /** `true` on a Namespace: it may be pruned without approval while it holds only our objects. */
  ephemeral: "gitplane.dev/ephemeral",
  /** `true` on a Namespace, in the manifest or on the live object: it stood before it was ours, and is never pruned. */
  adopted: "gitplane.dev/adopted",
  /**
   * Set by the engine on a route in a namespace that it does not make: labels, as `key=value` with spaces between, without which
   * the gateways of the plane take no routes from there.
   */
  namespaceLabels: "gitplane.dev/namespace-labels",
  /** Set by the agent on the live object: fields, as a JSON list, that it leaves to their owner. */
  leftOut: "gitplane.dev/left-out",
} as const;
