/**
 * Why a pod is not well, in one short sentence, from what the kubelet and the scheduler say in its status (Kubernetes: "Pod
 * Lifecycle, Container states"). A container's own last words (`terminated.message`) may be log text and are never repeated.
 */
import type { KubernetesObject } from "../../schemas/object-id.ts";
import { conditionsOf, listOf, mappingAt, numberOf, textOf } from "./verdict.ts";

/** Degraded: it will not go away by itself. Progressing: it may, say when a node joins. */
export type Trouble = { readonly health: "Degraded" | "Progressing"; readonly reason: string };

type Mapping = Readonly<Record<string, unknown>>;

const longestMessage = 300;

/** Undefined for a pod that is ready, done or on its way without a complaint. */
export function findPodTrouble(pod: KubernetesObject): Trouble | undefined {
  const status = mappingAt(pod, "status");
  const unscheduled = conditionsOf(pod).find(({ type, status }) => type === "PodScheduled" && status === "False");
  if (unscheduled?.reason === "Unschedulable") {
    return { health: "Progressing", reason: `cannot be scheduled: ${cut(unscheduled.message)}` };
  }
  const containers = [...listOf(status["initContainerStatuses"]), ...listOf(status["containerStatuses"])];
  const troubles = containers.map((each) => findContainerTrouble(mappingAt(each)));
  const found = troubles.find((trouble) => trouble?.health === "Degraded") ?? troubles.find(Boolean);
  if (found !== undefined) return found;
  // Evicted, DeadlineExceeded, NodeLost and the like.
  const isFailed = textOf(status["phase"]) === "Failed";
  return isFailed ? { health: "Degraded", reason: `has failed${say(textOf(status["reason"]))}` } : undefined;
}

const imageReasons: ReadonlySet<string> = new Set([
  "ErrImageNeverPull",
  "ErrImagePull",
  "ImageInspectError",
  "ImagePullBackOff",
  "InvalidImageName",
  "RegistryUnavailable",
  "SignatureValidationFailed",
]);
/** What a container waits for on its way, without anything being wrong. */
const passingReasons: ReadonlySet<string> = new Set(["", "ContainerCreating", "PodInitializing"]);

function findContainerTrouble(container: Mapping): Trouble | undefined {
  const name = textOf(container["name"]);
  const waiting = mappingAt(container, "state", "waiting");
  const reason = textOf(waiting["reason"]);
  if (reason === "CrashLoopBackOff") return sayCrash(container, true);
  if (imageReasons.has(reason)) {
    const image = textOf(container["image"]);
    // The kubelet goes to and fro between trying and waiting; saying which would be news twice a minute.
    const what = reason === "ErrImagePull" ? "ImagePullBackOff" : reason;
    return { health: "Degraded", reason: `container ${name}: image ${cut(image)} cannot be had (${what})` };
  }
  if (!passingReasons.has(reason)) {
    return { health: "Degraded", reason: `container ${name}: ${cut(reason)}${say(textOf(waiting["message"]), ": ")}` };
  }
  return findCrash(container);
}

/** Between two crashes a container runs or has just ended: it is no better for it until it is ready. */
function findCrash(container: Mapping): Trouble | undefined {
  const restarts = numberOf(container["restartCount"]) ?? 0;
  const isOver = isFailure(mappingAt(container, "state", "terminated"));
  const wasOver =
    restarts > 0 && container["ready"] !== true && isFailure(mappingAt(container, "lastState", "terminated"));
  if (container["ready"] === true || !(isOver || wasOver)) return undefined;
  const hasEnded = textOf(mappingAt(container, "state", "terminated")["reason"]) === "Completed";
  return hasEnded ? undefined : sayCrash(container, restarts > 1);
}

function isFailure(terminated: Mapping): boolean {
  const code = numberOf(terminated["exitCode"]);
  return code !== undefined && code !== 0;
}

function sayCrash(container: Mapping, isLoop: boolean): Trouble {
  const now = mappingAt(container, "state", "terminated");
  const last = numberOf(now["exitCode"]) === undefined ? mappingAt(container, "lastState", "terminated") : now;
  const code = numberOf(last["exitCode"]);
  const how = code === undefined ? "" : `: exit code ${code}${say(textOf(last["reason"]))}`;
  const word = textOf(mappingAt(container, "state", "waiting")["reason"]) === "CrashLoopBackOff" || isLoop;
  const reason = `container ${textOf(container["name"])} ${word ? "is in CrashLoopBackOff" : "crashed"}${how}${sayRestarts(container)}`;
  return { health: isLoop ? "Degraded" : "Progressing", reason };
}

const roundedFrom = [1000, 500, 200, 100, 50, 20, 10];

/** Rounded down from ten on: every crash of a container that crashes for days is no news. */
function sayRestarts(container: Mapping): string {
  const count = numberOf(container["restartCount"]) ?? 0;
  if (count === 0) return "";
  const rounded = roundedFrom.find((bound) => count >= bound);
  const shown = rounded === undefined ? String(count) : `at least ${rounded}`;
  return `, restarted ${shown} ${count === 1 ? "time" : "times"}`;
}

/** The words of a reason in brackets, or of a message after something; nothing for none. */
function say(words: string, before?: string): string {
  if (words === "") return "";
  return before === undefined ? ` (${cut(words)})` : `${before}${cut(words)}`;
}

function cut(text: string): string {
  return text.length <= longestMessage ? text : `${text.slice(0, longestMessage)} …`.toWellFormed();
}
