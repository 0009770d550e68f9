/**
 * What the cluster refuses every pod for by the Pod Security Standard of the cell, as far as can be seen (Kubernetes, "Pod
 * Security Standards"). Warnings, since a webhook of the cluster may fill in what is missing; and of namespaces that are made
 * here, since nobody knows what another's asks for.
 */
import type { Problem } from "../../schemas/problem.ts";
import { at, itemsOf, scalarOf, type Traced } from "../load/traced.ts";
import type { Cell } from "../resolve/cell.ts";
import { isPrivileged } from "../resolve/pod-security.ts";
import { isUsualCapability } from "./check-widening.ts";
import { reportFaults, writtenFields } from "./template-fault.ts";

type Level = "baseline" | "restricted";

/** At the class's containers, else where the container stands; `base` is the class's own PodSpec. */
export function checkPodSecurity(
  podSpec: Traced | undefined,
  {
    cell,
    base,
    file,
  }: {
    readonly cell: Pick<Cell, "settings" | "isAdopted">;
    readonly base: Traced | undefined;
    readonly file: string;
  },
): readonly Problem[] {
  const isWindows = scalarOf(at(podSpec, "os", "name")) === "windows";
  if (cell.isAdopted || isPrivileged(cell) || isWindows) return [];
  const level = scalarOf(at(cell.settings, "podSecurity")) === "restricted" ? "restricted" : "baseline";
  const faults = ["initContainers", "containers"].flatMap((list) =>
    itemsOf(at(podSpec, list)).flatMap((container) => {
      const name = scalarOf(at(container, "name"));
      const wanted = violationsOf(at(podSpec, "securityContext"), at(container, "securityContext"), level);
      if (wanted.length === 0) return [];
      const tree = itemsOf(at(base, list)).find((one) => scalarOf(at(one, "name")) === name) ?? container;
      const message = `no pod would start: podSecurity of its cell is ${level}, which wants of container ${String(name)} ${wanted.join(", ")}`;
      return [{ tree, severity: "warning", message, remedy: "have the class say it of its pod or container" } as const];
    }),
  );
  return reportFaults(faults, file);
}

/** What the level wants of a container and does not get. */
function violationsOf(pod: Traced | undefined, container: Traced | undefined, level: Level): readonly string[] {
  const said = new Map([...writtenFields(pod), ...writtenFields(container)]);
  const isRestricted = level === "restricted";
  const drop = itemsOf(at(container, "capabilities", "drop")).map(scalarOf);
  const add = itemsOf(at(container, "capabilities", "add")).map((item) => String(scalarOf(item)));
  const profile = scalarOf(at(said.get("seccompProfile"), "type"));
  const is = (field: string, value: unknown): boolean => scalarOf(said.get(field)) === value;
  const rules: readonly (readonly [isBroken: boolean, wanted: string])[] = [
    [is("privileged", true), "no privileged: true"],
    [is("procMount", "Unmasked"), "no procMount: Unmasked"],
    [
      !add.every((name) => (isRestricted ? name === "NET_BIND_SERVICE" : isUsualCapability(name))),
      "fewer capabilities.add",
    ],
    [profile === "Unconfined" && !isRestricted, "no seccompProfile Unconfined"],
    [isRestricted && !is("allowPrivilegeEscalation", false), "allowPrivilegeEscalation: false"],
    [isRestricted && !drop.includes("ALL"), "capabilities.drop: [ALL]"],
    [isRestricted && !is("runAsNonRoot", true), "runAsNonRoot: true"],
    [isRestricted && is("runAsUser", 0), "no runAsUser: 0"],
    [isRestricted && profile !== "RuntimeDefault" && profile !== "Localhost", "seccompProfile: {type: RuntimeDefault}"],
  ];
  return rules.filter(([isBroken]) => isBroken).map(([, wanted]) => wanted);
}
