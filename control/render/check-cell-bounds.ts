/**
 * What quota and limits of the cell refuse every pod for (Kubernetes, plugin/pkg/admission/limitranger and pkg/quota/v1).
 * Warnings, since a webhook of the cluster may fill in what is missing, and pods that run already stay.
 */
import { quantityOf } from "../../schemas/kubernetes/quantity.ts";
import type { Problem } from "../../schemas/problem.ts";
import { at, itemsOf, scalarOf, type Traced } from "../load/traced.ts";
import type { Cell } from "../resolve/cell.ts";
import { type AmountField, containerLimits, isFilledIn } from "./cell-defaults.ts";
import { reportFaults, type TemplateFault, writtenFields } from "./template-fault.ts";

type Bounding = Pick<Cell, "settings" | "isAdopted">;

const lists = ["initContainers", "containers"] as const;

/** Of a PodSpec as it is rendered. What is missing is told at the class's containers, else where the container stands; `base` is the class's own PodSpec. */
export function checkCellBounds(
  podSpec: Traced | undefined,
  { cell, base, file }: { readonly cell: Bounding; readonly base: Traced | undefined; readonly file: string },
): readonly Problem[] {
  const needed = neededBy(podSpec, cell);
  const faults = lists.flatMap((list) =>
    itemsOf(at(podSpec, list)).flatMap((container) => {
      const name = scalarOf(at(container, "name"));
      const tree = itemsOf(at(base, list)).find((one) => scalarOf(at(one, "name")) === name) ?? container;
      return [...checkMissing(container, needed, tree), ...checkLimits(container, cell)];
    }),
  );
  return reportFaults(faults, file);
}

/** At the field that says how many pods there are at most. */
export function checkPodCount(
  tree: Traced | undefined,
  { cell, file }: { readonly cell: Bounding; readonly file: string },
): readonly Problem[] {
  const count = scalarOf(tree);
  const room = quantityOf(scalarOf(at(cell.settings, "quota", "pods")));
  if (tree === undefined || typeof count !== "number" || room === undefined || count <= room) return [];
  const message = `quota of the cell has room for ${room} pods in all, and up to ${count} are to run here`;
  const remedy = "lower it, or raise pods in quota of the cell";
  return reportFaults([{ tree, severity: "warning", message, remedy }], file);
}

type Needed = { readonly counted: string; readonly field: AmountField; readonly resource: string };

/** Of these every container has to say an amount where a quota counts them, and of no others (pkg/quota/v1/evaluator/core). */
const needs: readonly Needed[] = ["cpu", "memory"].flatMap((resource) => [
  { counted: resource, field: "requests", resource },
  { counted: `requests.${resource}`, field: "requests", resource },
  { counted: `limits.${resource}`, field: "limits", resource },
]);

/** What the cell does not fill in. Of a pod that has resources itself, nothing; of another's namespace nobody knows. */
function neededBy(podSpec: Traced | undefined, cell: Bounding): readonly Needed[] {
  const ofPod = ["requests", "limits"].map((field) => writtenFields(at(podSpec, "resources", field)).size);
  if (cell.isAdopted || ofPod.some((size) => size > 0)) return [];
  const quota = writtenFields(at(cell.settings, "quota"));
  return needs.filter(({ counted, field, resource }) => quota.has(counted) && !isFilledIn(cell, field, resource));
}

function checkMissing(container: Traced, needed: readonly Needed[], tree: Traced): readonly TemplateFault[] {
  return needed
    .filter(({ field, resource }) => !hasAmount(container, field, resource))
    .map(({ counted, field, resource }) => ({
      tree,
      severity: "warning",
      message: `no pod would start: quota of its cell counts ${counted}, and container ${String(scalarOf(at(container, "name")))} says none`,
      remedy: `say resources.${field}.${resource} of the container, or a default in limits of the cell`,
    }));
}

/** A limit is a request where nothing else is said. */
function hasAmount(container: Traced, field: AmountField, resource: string): boolean {
  const fields = field === "limits" ? ["limits"] : ["requests", "limits"];
  return fields.some((one) => writtenFields(at(container, "resources", one)).has(resource));
}

type Bound = { readonly word: "most" | "least"; readonly value: Traced | undefined };

function checkLimits(container: Traced, cell: Bounding): readonly TemplateFault[] {
  const name = String(scalarOf(at(container, "name")));
  return containerLimits(cell).flatMap((item) =>
    ["limits", "requests"].flatMap((field) =>
      [...writtenFields(at(container, "resources", field))].flatMap(([resource, tree]): readonly TemplateFault[] => {
        const broken = brokenBound(item, resource, tree);
        if (broken === undefined) return [];
        const allowed = `${String(scalarOf(broken.value))} at ${broken.word}`;
        const message = `no pod would start: ${field}.${resource} of container ${name} is ${String(scalarOf(tree))}, and limits of its cell allow ${allowed}`;
        return [{ tree, severity: "warning", message, remedy: `write ${allowed}, or change limits of the cell` }];
      }),
    ),
  );
}

function brokenBound(item: Traced, resource: string, amount: Traced): Bound | undefined {
  const [most, least] = [at(item, "max", resource), at(item, "min", resource)];
  if (isMore(amount, most)) return { word: "most", value: most };
  return isMore(least, amount) ? { word: "least", value: least } : undefined;
}

function isMore(one: Traced | undefined, other: Traced | undefined): boolean {
  const [more, less] = [one, other].map((tree) => quantityOf(scalarOf(tree)));
  return more !== undefined && less !== undefined && more > less;
}
