/**
 * Contradictions within pods that make the API server refuse the whole object (Kubernetes, pkg/apis/core/validation). Asked
 * of a class's template, and again of what it became with a Workload laid over it: then nothing is rendered. And what no pod
 * of a cell may be, whatever the cell says.
 */
import type { Problem } from "../../schemas/problem.ts";
import { kubernetesType } from "../../schemas/kubernetes/type-table.ts";
import { at, itemsOf, scalarOf, type Traced } from "../load/traced.ts";
import { checkAmounts } from "./check-amounts.ts";
import { checkContainer } from "./check-container.ts";
import { checkMounts } from "./check-mounts.ts";
import { checkChoice, reportFaults, type TemplateFault, writtenFields } from "./template-fault.ts";

export type PodOwner = "DeploymentSpec" | "CronJobSpec";

/** Problems at the fields that contradict others; `file` is for those that a rule of the engine set. */
export function checkPodSpec(
  podSpec: Traced | undefined,
  { owner, file }: { readonly owner: PodOwner; readonly file: string },
): readonly Problem[] {
  const before = itemsOf(at(podSpec, "initContainers"));
  const containers = [...before, ...itemsOf(at(podSpec, "containers"))];
  const faults = [
    ...checkRestartPolicy(at(podSpec, "restartPolicy"), owner),
    ...checkDeadline(writtenFields(podSpec).get("activeDeadlineSeconds"), owner),
    ...checkPriority(at(podSpec, "priorityClassName")),
    ...itemsOf(at(podSpec, "volumes")).flatMap(checkVolume),
    ...checkNames(before, itemsOf(at(podSpec, "containers"))),
    ...before.flatMap(checkInitContainer),
    ...checkNameServers(podSpec),
    ...checkSysctls(itemsOf(at(podSpec, "securityContext", "sysctls"))),
    ...containers.flatMap((container) => [
      ...checkContainer(container, graceOf(podSpec)),
      ...checkMounts(container, at(podSpec, "volumes")),
      ...checkAmounts(at(container, "resources")),
    ]),
  ];
  return reportFaults(faults, file);
}

function checkRestartPolicy(tree: Traced | undefined, owner: PodOwner): readonly TemplateFault[] {
  const allowed = owner === "DeploymentSpec" ? ["Always"] : ["OnFailure", "Never"];
  const policy = scalarOf(tree);
  if (tree === undefined || typeof policy !== "string" || allowed.includes(policy)) return [];
  const message = `pods of a ${owner === "DeploymentSpec" ? "Deployment" : "CronJob"} restart ${allowed.join(" or ")}, not ${policy}`;
  return [{ tree, message, remedy: `write ${allowed.join(" or ")}, or leave it out` }];
}

function checkDeadline(tree: Traced | undefined, owner: PodOwner): readonly TemplateFault[] {
  if (tree === undefined || owner !== "DeploymentSpec") return [];
  return [{ tree, message: "pods of a Deployment have no activeDeadlineSeconds: they stay", remedy: "remove it" }];
}

/** Pods of these push out everybody else's, those that the cluster needs too (Kubernetes, "Pod Priority and Preemption"). */
function checkPriority(tree: Traced | undefined): readonly TemplateFault[] {
  const name = String(scalarOf(tree) ?? "");
  if (tree === undefined || !name.startsWith("system-")) return [];
  const message = `${name} is the priority of the cluster's own parts`;
  return [{ tree, code: "unsafe-template", message, remedy: "name a PriorityClass made for applications" }];
}

const volumeSources = Object.keys(kubernetesType("Volume").fields).filter((field) => field !== "name");

/** Without a source it is an emptyDir. */
function checkVolume(volume: Traced): readonly TemplateFault[] {
  const of = `volume ${String(scalarOf(at(volume, "name")))}`;
  return checkChoice(volume, { of, among: volumeSources, isOptional: true });
}

/** Kubernetes gives 30 seconds, and reads a negative number as it likes. */
function graceOf(podSpec: Traced | undefined): number | undefined {
  const seconds = scalarOf(at(podSpec, "terminationGracePeriodSeconds")) ?? 30;
  return typeof seconds === "number" && seconds >= 0 ? seconds : undefined;
}

/** Within one list the API server tells them apart by name, and duplicates have a Problem; here the two lists together. */
function checkNames(before: readonly Traced[], containers: readonly Traced[]): readonly TemplateFault[] {
  const taken = new Set(before.map((container) => scalarOf(at(container, "name"))));
  return containers.flatMap((container) => {
    const name = at(container, "name");
    if (name === undefined || !taken.has(scalarOf(name))) return [];
    // A Workload names its containers by keys, which have no place of their own.
    const tree = name.origin.kind === "field" ? name : container;
    return [
      { tree, message: `an init container is called ${String(scalarOf(name))} too`, remedy: "rename one of them" },
    ];
  });
}

const ofRunning = ["lifecycle", "livenessProbe", "readinessProbe", "startupProbe"];

/** One that does not go on beside the others ends before there is anything to ask. */
function checkInitContainer(container: Traced): readonly TemplateFault[] {
  const fields = writtenFields(container);
  if (scalarOf(fields.get("restartPolicy")) === "Always") return [];
  return ofRunning.flatMap((field) => {
    const tree = fields.get(field);
    if (tree === undefined) return [];
    const message = `an init container that ends has no ${field}`;
    return [{ tree, message, remedy: "remove it, or write restartPolicy: Always for one that goes on" }];
  });
}

function checkNameServers(podSpec: Traced | undefined): readonly TemplateFault[] {
  const tree = at(podSpec, "dnsPolicy");
  const servers = itemsOf(at(podSpec, "dnsConfig", "nameservers"));
  if (tree === undefined || scalarOf(tree) !== "None" || servers.length > 0) return [];
  const message = "dnsPolicy None leaves pods without a name server, and dnsConfig names none";
  return [{ tree, message, remedy: "list dnsConfig.nameservers, or leave dnsPolicy out" }];
}

function checkSysctls(sysctls: readonly Traced[]): readonly TemplateFault[] {
  const seen = new Set<unknown>();
  return sysctls.flatMap((sysctl) => {
    const tree = at(sysctl, "name");
    const name = scalarOf(tree);
    const isNew = !seen.has(name);
    seen.add(name);
    if (isNew || tree === undefined) return [];
    return [{ tree, message: `sysctl ${String(name)} is set twice`, remedy: "keep one of them" }];
  });
}
