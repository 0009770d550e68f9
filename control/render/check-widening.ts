/**
 * What makes containers freer than their class does. A securityContext of a Workload or of an environment may only tighten: a
 * field that is not known to tighten stands as the class has it, or not at all. What neither says is the cell's to refuse, by
 * its pod security.
 */
import { isDeepStrictEqual } from "node:util";
import type { Problem } from "../../schemas/problem.ts";
import { at, itemsOf, scalarOf, toPlain, type Traced } from "../load/traced.ts";
import { reportFaults, type TemplateFault, writtenFields } from "./template-fault.ts";

/** Of a PodSpec as it is rendered; `base` is the class's own, `file` for what a rule of the engine set. */
export function checkWidening(
  podSpec: Traced | undefined,
  { base, file }: { readonly base: Traced | undefined; readonly file: string },
): readonly Problem[] {
  const faults = ["initContainers", "containers"].flatMap((list) => {
    const ofClass = new Map(itemsOf(at(base, list)).map((container) => [scalarOf(at(container, "name")), container]));
    return itemsOf(at(podSpec, list)).flatMap((container) =>
      checkContainer(container, classContext(ofClass.get(scalarOf(at(container, "name"))), base)),
    );
  });
  return reportFaults(faults, file);
}

/** What a container does not say is the pod's to say (Kubernetes, "Configure a Security Context"). */
function classContext(container: Traced | undefined, pod: Traced | undefined): ReadonlyMap<string, Traced> {
  return new Map([pod, container].flatMap((tree) => [...writtenFields(at(tree, "securityContext"))]));
}

function checkContainer(container: Traced, ofClass: ReadonlyMap<string, Traced>): readonly TemplateFault[] {
  const name = String(scalarOf(at(container, "name")));
  return [...writtenFields(at(container, "securityContext"))].flatMap(([field, said]) => {
    const before = ofClass.get(field);
    if (isSame(said, before)) return [];
    return (widenedBy[field] ?? whole)(said, before).map((tree): TemplateFault => ({
      tree,
      code: "unsafe-template",
      message: `${field}${shown(tree)} gives container ${name} more than its class does`,
      remedy: "remove it, or have the class say it",
    }));
  });
}

/** The parts of a field, other than the class has it, that widen. */
type Widened = (said: Traced, before: Traced | undefined) => readonly Traced[];

const whole: Widened = (said) => [said];
const unlessIs =
  (tight: unknown): Widened =>
  (said) =>
    scalarOf(said) === tight ? [] : [said];
/** What the value is where nobody says anything takes nothing back but the class's word. */
const unlessDefault =
  (loose: unknown): Widened =>
  (said, before) =>
    scalarOf(said) === loose && before !== undefined ? [said] : [];

const profile: Widened = (said, before) => {
  const isDefault = scalarOf(at(said, "type")) === "RuntimeDefault";
  return isDefault && scalarOf(at(before, "type")) !== "Localhost" ? [] : [said];
};

const widenedBy: Readonly<Record<string, Widened>> = {
  allowPrivilegeEscalation: unlessIs(false),
  appArmorProfile: profile,
  capabilities: widenedCapabilities,
  privileged: unlessIs(false),
  procMount: unlessIs("Default"),
  readOnlyRootFilesystem: unlessDefault(false),
  runAsGroup: unlessDefault(0),
  runAsNonRoot: unlessIs(true),
  runAsUser: (said) => (scalarOf(said) === 0 ? [said] : []),
  seccompProfile: profile,
};

/** Those of a container runtime, which the Pod Security Standard `baseline` allows (Kubernetes, "Pod Security Standards"). */
const usual: ReadonlySet<string> = new Set([
  "AUDIT_WRITE",
  "CHOWN",
  "DAC_OVERRIDE",
  "FOWNER",
  "FSETID",
  "KILL",
  "MKNOD",
  "NET_BIND_SERVICE",
  "SETFCAP",
  "SETGID",
  "SETPCAP",
  "SETUID",
  "SYS_CHROOT",
]);

/** Of a name as it is written: the standard knows no other spelling. */
export function isUsualCapability(name: string): boolean {
  return usual.has(name);
}

/** Added are the usual ones that the class does not drop; dropped is all that the class drops. */
function widenedCapabilities(said: Traced, before: Traced | undefined): readonly Traced[] {
  const added = namesOf(at(before, "add"));
  const dropped = namesOf(at(before, "drop"));
  const more = itemsOf(at(said, "add")).filter((item) => {
    const name = nameOf(item);
    return !added.has(name) && (!usual.has(name) || dropped.has(name) || dropped.has("ALL"));
  });
  const drop = at(said, "drop");
  const kept = namesOf(drop);
  const isLess = !kept.has("ALL") && [...dropped].some((name) => !kept.has(name));
  return [...more, ...(isLess && drop !== undefined ? [drop] : [])];
}

function namesOf(list: Traced | undefined): ReadonlySet<string> {
  return new Set(itemsOf(list).map(nameOf));
}

/** Runtimes take them in any case, and with Linux' own prefix. */
function nameOf(item: Traced): string {
  return String(scalarOf(item)).toUpperCase().replace(/^CAP_/, "");
}

function isSame(said: Traced, before: Traced | undefined): boolean {
  return before !== undefined && isDeepStrictEqual(toPlain(said), toPlain(before));
}

function shown(tree: Traced): string {
  return tree.kind === "scalar" ? ` ${String(tree.value)}` : "";
}
