/**
 * Contradictions within one container that make the API server refuse the whole object (Kubernetes, pkg/apis/core/validation),
 * and probes and hooks that ask another host than the pod.
 */
import { kubernetesType } from "../../schemas/kubernetes/type-table.ts";
import { at, itemsOf, scalarOf, type Traced } from "../load/traced.ts";
import { checkChoice, type TemplateFault, writtenFields } from "./template-fault.ts";

const probes = ["livenessProbe", "readinessProbe", "startupProbe"] as const;
const probeActions = ["exec", "httpGet", "tcpSocket", "grpc"];
const hooks = ["postStart", "preStop"] as const;
const hookActions = ["exec", "httpGet", "sleep", "tcpSocket"];
const variableSources = Object.keys(kubernetesType("EnvVarSource").fields);

/** `graceSeconds` is what the pod has to end in, where that is known. */
export function checkContainer(container: Traced, graceSeconds: number | undefined): readonly TemplateFault[] {
  const fields = writtenFields(container);
  const lifecycle = writtenFields(fields.get("lifecycle"));
  return [
    ...itemsOf(fields.get("env")).flatMap(checkVariable),
    ...checkRepeatedPorts(itemsOf(fields.get("ports"))),
    ...probes.flatMap((name) => checkProbe(name, fields.get(name))),
    ...hooks.flatMap((name) => checkHook(name, lifecycle.get(name), graceSeconds)),
  ];
}

function checkVariable(variable: Traced): readonly TemplateFault[] {
  const { name, value, valueFrom } = Object.fromEntries(writtenFields(variable));
  if (valueFrom === undefined) return [];
  const called = String(scalarOf(name));
  const choice = checkChoice(valueFrom, { of: `valueFrom of ${called}`, among: variableSources });
  const text = scalarOf(value) ?? "";
  if (text === "") return choice;
  const message = `${called} has a value and a valueFrom, and may have only one of them`;
  return [{ tree: valueFrom, message, remedy: "keep one of them" }, ...choice];
}

function checkRepeatedPorts(ports: readonly Traced[]): readonly TemplateFault[] {
  const seen = new Set<unknown>();
  return ports.flatMap((port) => {
    const tree = at(port, "name");
    const name = scalarOf(tree) ?? undefined;
    const isNew = name === undefined || !seen.has(name);
    seen.add(name);
    if (isNew || tree === undefined) return [];
    return [{ tree, message: `two ports of the container are called ${String(name)}`, remedy: "rename one of them" }];
  });
}

function checkProbe(name: (typeof probes)[number], probe: Traced | undefined): readonly TemplateFault[] {
  if (probe === undefined) return [];
  const { successThreshold, terminationGracePeriodSeconds } = Object.fromEntries(writtenFields(probe));
  const successes = scalarOf(successThreshold);
  const faults: TemplateFault[] = [...checkChoice(probe, { of: name, among: probeActions }), ...checkHost(name, probe)];
  if (successThreshold !== undefined && name !== "readinessProbe" && typeof successes === "number" && successes > 1)
    faults.push({
      tree: successThreshold,
      message: `one success is enough for a ${name}, and Kubernetes takes no other number`,
      remedy: "write 1, or leave it out",
    });
  if (terminationGracePeriodSeconds !== undefined && name === "readinessProbe")
    faults.push({
      tree: terminationGracePeriodSeconds,
      message: "a readinessProbe ends no container, so it has no grace period",
      remedy: "remove it",
    });
  return faults;
}

function checkHook(
  name: (typeof hooks)[number],
  hook: Traced | undefined,
  graceSeconds: number | undefined,
): readonly TemplateFault[] {
  if (hook === undefined) return [];
  const tree = at(hook, "sleep", "seconds");
  const seconds = scalarOf(tree);
  const choice = [...checkChoice(hook, { of: name, among: hookActions }), ...checkHost(name, hook)];
  if (tree === undefined || graceSeconds === undefined || typeof seconds !== "number" || seconds <= graceSeconds)
    return choice;
  const message = `${name} sleeps ${seconds} seconds, and the pod ends within ${graceSeconds}`;
  return [...choice, { tree, message, remedy: "shorten it, or raise terminationGracePeriodSeconds" }];
}

/** It is the node that asks, whose traffic no policy of the cell is about; baseline refuses such pods too, since Kubernetes 1.34. */
function checkHost(name: string, probeOrHook: Traced): readonly TemplateFault[] {
  return ["httpGet", "tcpSocket"].flatMap((action): readonly TemplateFault[] => {
    const tree = at(probeOrHook, action, "host");
    const host = scalarOf(tree) ?? "";
    if (tree === undefined || host === "") return [];
    const message = `${name} asks ${String(host)} from the node, past every policy of the cell`;
    const remedy = "remove the host: the pod is asked, and httpHeaders may name a Host";
    return [{ tree, code: "unsafe-template", message, remedy }];
  });
}
