/** What a field says while its Binding is suspended: set by the Binding's `releaseState`. */
import type { Scalar, TracedScalar } from "../load/traced.ts";
import type { Resolved } from "../resolve/resolve.ts";

/** Undefined while it is not. */
export function suspended({ binding }: Resolved, value: Scalar): TracedScalar | undefined {
  if (binding.releaseState !== "Suspend") return undefined;
  return {
    kind: "scalar",
    value,
    origin: binding.releaseStateTree?.origin ?? { kind: "rule", rule: "release-state" },
  };
}
