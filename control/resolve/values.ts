/**
 * Where the values of variables and files come from that are not written out: from ConfigurationGroups, as they are in the
 * Binding's environment, and from the plane's secret store. What is kept there is known by its name only.
 */
import type { Setting } from "../../schemas/container.ts";
import type { Problem } from "../../schemas/problem.ts";
import type { Binding } from "../deploy/binding.ts";
import { at, type Traced } from "../load/traced.ts";
import type { Lookup } from "../validate/lookup.ts";
import { findConfiguration } from "./configurations.ts";
import type { DataPlaneDocument } from "./gateways.ts";
import { type Asked, problemAt, type Reference } from "./reference.ts";
import { checkStore } from "./secret-store.ts";
import { settingsOf, settingText } from "./settings.ts";
import {
  findPullSecrets,
  findSecret,
  joinSecrets,
  type StoredSecret,
  type StoredValue,
  vaultValue,
} from "./stored-secret.ts";

export type Supplied =
  | { readonly kind: "text"; readonly value: Traced }
  /** A key of a Secret by its name. */
  | { readonly kind: "secret"; readonly secret: string; readonly key: Traced };

export type Values = {
  /** By settingText; nothing for a value that is written out. */
  readonly values: ReadonlyMap<string, Supplied>;
  /** Those that something of the Binding uses, in order of their names. */
  readonly secrets: readonly StoredSecret[];
  readonly problems: readonly Problem[];
  /** Something has a Problem of its own: nothing is wrong here, and nothing can be said. */
  readonly isBlocked: boolean;
};

type Surroundings = { readonly index: Lookup; readonly plane: DataPlaneDocument | undefined };

export function resolveValues(binding: Binding, { index, plane }: Surroundings): Values {
  const values = new Map<string, Supplied>();
  const secrets: StoredSecret[] = [];
  const problems: Problem[] = [];
  let isBlocked = false;
  for (const placed of settingsOf(binding)) {
    const { setting, entry } = placed;
    const key = settingText(placed);
    const context = { binding, index, entry };
    const found = findValue(setting, context);
    if (found === undefined) continue;
    if (found === "blocked") isBlocked = true;
    else if ("code" in found) problems.push(found);
    else if ("secret" in found) {
      // Said at the first that needs it.
      if (secrets.length === 0)
        problems.push(...checkStore({ what: setting.key, node: at(entry, "valueFrom"), plane }, context));
      secrets.push(found.secret);
      values.set(key, { kind: "secret", secret: found.secret.name, key: found.key });
    } else values.set(key, { kind: "text", value: found.value });
  }
  const { component, organization } = binding;
  const pulling = plane === undefined ? [] : findPullSecrets(plane, component, { index, organization });
  isBlocked ||= pulling === undefined;
  return { values, secrets: joinSecrets([...secrets, ...(pulling ?? [])]), problems, isBlocked };
}

/** Undefined where the value is written out. */
function findValue(
  { key, value, valueFrom }: Setting,
  context: Asked,
): { readonly value: Traced } | StoredValue | Problem | "blocked" | undefined {
  const { entry } = context;
  const { configurationGroupRef, secretRef } = valueFrom ?? {};
  const sources = [value, configurationGroupRef, secretRef].filter((one) => one !== undefined);
  if (sources.length !== 1) {
    const message =
      sources.length === 0 ? `${key} has no value` : `${key} has more than one value, and which one counts is not said`;
    const remedy = "write value, or valueFrom with configurationGroupRef or secretRef";
    return problemAt(context, entry, { code: "unsupported-value", message, remedy });
  }
  if (secretRef !== undefined) return findSecret(secretRef, at(entry, "valueFrom", "secretRef"), context);
  if (configurationGroupRef === undefined) return undefined;
  return findConfigured(configurationGroupRef, at(entry, "valueFrom", "configurationGroupRef"), context);
}

/** A value of a ConfigurationGroup in the environment, be it written out or kept in the store. */
export function findConfigured(
  reference: Reference,
  node: Traced | undefined,
  context: Asked,
): { readonly value: Traced } | StoredValue | Problem | "blocked" {
  const found = findConfiguration(reference, node, context);
  if (found === "blocked" || "code" in found) return found;
  return found.value === undefined ? vaultValue(found, node, context) : { value: found.value };
}
