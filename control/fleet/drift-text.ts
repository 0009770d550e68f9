/** What somebody else changed in an object, for people. Pure. */
import type { Drift } from "../../schemas/receipt.ts";

/** `kubectl-edit changed /spec/replicas to 7`, the first few fields; a field that is gone is taken away. */
export function driftText({ by, patch }: Drift): string {
  const who = by.map(({ manager }) => manager).join(", ") || "somebody";
  const [first] = patch;
  if (first?.op === "remove" && first.path === "") return `${who} deleted it`;
  const changes = patch.slice(0, mostChanges).map(({ op, path, value }) => {
    return op === "remove" ? `took ${path} away` : `changed ${path} to ${JSON.stringify(value)}`;
  });
  const more = patch.length > mostChanges ? [`${patch.length - mostChanges} more`] : [];
  return `${who} ${[...changes, ...more].join(", ")}`;
}

const mostChanges = 3;
