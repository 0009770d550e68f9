/** Whether a plane has the store that secrets are read from. */
import type { Problem } from "../../schemas/problem.ts";
import type { Traced } from "../load/traced.ts";
import { relatedTo } from "../problems/related.ts";
import { fieldPlace } from "../validate/specs-index.ts";
import type { DataPlaneDocument } from "./gateways.ts";
import { type Asked, problemAt } from "./reference.ts";

/** `what` is kept as a secret, and `node` is where that is said. */
export function checkStore(
  { what, node, plane }: { what: string; node: Traced | undefined; plane: DataPlaneDocument | undefined },
  context: Asked,
): readonly Problem[] {
  if (plane === undefined || plane.resource.spec.secretStoreRef !== undefined) return [];
  const { name } = plane.resource.metadata;
  const { environment } = context.binding;
  return [
    problemAt(context, node, {
      code: "missing-secret-store",
      message: `${what} is kept as a secret, and DataPlane ${name}, where ${environment} runs, has no secretStoreRef to read it from`,
      remedy: `name the ClusterSecretStore of the cluster in secretStoreRef of DataPlane ${name}`,
      ...relatedTo([{ place: fieldPlace(plane, "metadata", "name"), message: `DataPlane ${name} stands here` }]),
    }),
  ];
}
