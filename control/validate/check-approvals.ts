/** Approvals for planes that the specs do not declare: nobody would carry them anywhere. */
import { type PlaneId, planePath } from "../../schemas/layout.ts";
import type { Problem } from "../../schemas/problem.ts";
import type { FoundApproval } from "../load/load-approvals.ts";

export function checkApprovals(approvals: readonly FoundApproval[], planes: readonly PlaneId[]): readonly Problem[] {
  const known = new Set(planes.map(planePath));
  return approvals.flatMap(({ approval: { plane }, shown }): Problem[] => {
    if (known.has(plane)) return [];
    return [
      {
        code: "unknown-plane",
        severity: "error",
        message: `an Approval for plane ${plane}, which is not declared`,
        place: { file: shown, line: 1, column: 1 },
        remedy: "declare the plane, or remove the file",
      },
    ];
  });
}
