/** Differences as a receipt tells them: bounded, and without a value of anything that may hold a secret. Pure. */
import { redact } from "../../process/redact.ts";
import type { KubernetesObject } from "../../schemas/object-id.ts";
import type { Drift, PatchOperation } from "../../schemas/receipt.ts";
import type { Difference } from "./differences.ts";

const mostOperations = 50;
const mostOwners = 20;
const longestValue = 200;
const mask = "***";

/** An environment variable or an argument is where people put what should not be there. */
const maskedFields =
  /^(?:data|stringData|binaryData|env|args|command|value)$|pass|token|secret|key|credential|dsn|connection/iu;

export function driftOf(
  object: Pick<KubernetesObject, "kind">,
  differences: readonly Difference[],
  isHealed: boolean,
): Drift {
  const owners = new Map(
    differences.flatMap(({ owners: each }) =>
      each.map(
        ({ manager, time }) =>
          [
            manager,
            { manager: manager.slice(0, 200), ...(time === undefined ? {} : { at: time.slice(0, 40) }) },
          ] as const,
      ),
    ),
  );
  return {
    patch: differences.slice(0, mostOperations).map((difference) => tell(object, difference)),
    by: [...owners.values()].slice(0, mostOwners),
    healed: isHealed,
  };
}

/** Of an object that is gone. */
export function driftOfMissing(isHealed: boolean): Drift {
  return { patch: [{ op: "remove", path: "" }], by: [], healed: isHealed };
}

function tell({ kind }: Pick<KubernetesObject, "kind">, { path, operation }: Difference): PatchOperation {
  const { op, value } = operation;
  const pointer = operation.path.slice(0, 1000);
  if (op === "remove") return { op, path: pointer };
  const isSecret = /secret/iu.test(kind) || path.some((step) => typeof step === "string" && maskedFields.test(step));
  return { op, path: pointer, value: isSecret ? mask : shorten(value) };
}

/** A value that is long, or that holds others which may be masked, is told by its size. */
function shorten(value: unknown): unknown {
  if (typeof value !== "object" || value === null) {
    if (typeof value !== "string") return value;
    const text = redact(value);
    return text.length > longestValue ? `${text.slice(0, longestValue)}…` : text;
  }
  return Array.isArray(value) ? `${value.length} items` : `${Object.keys(value).length} fields`;
}
