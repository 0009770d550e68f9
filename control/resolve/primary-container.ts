/** The container of a Workload that ports and connections go to. */
import { compareText } from "../../schemas/compare.ts";

/** Its name: `main`, or the first by name where none is called so. */
export function primaryContainer(containers: Readonly<Record<string, unknown>>): string | undefined {
  const names = Object.keys(containers).toSorted(compareText);
  return names.includes("main") ? "main" : names[0];
}
