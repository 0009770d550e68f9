/** For tests of what one service `cart` becomes in `dev`: its objects, and what stands in the way. */
import type { KubernetesObject } from "../../schemas/object-id.ts";
import { doc, renderTexts, service, surroundings } from "../specs-fixture.contract.ts";

export type RenderedService = {
  /** `line code message` of the errors. */
  readonly errors: readonly string[];
  readonly objects: readonly KubernetesObject[];
};

export async function renderService(
  platform: readonly string[],
  ...documents: readonly string[]
): Promise<RenderedService> {
  const { releases, problems } = await renderTexts(...platform, ...documents);
  return {
    errors: problems
      .filter(({ severity }) => severity === "error")
      .map(({ code, message, place }) => `${place.line} ${code} ${message}`),
    objects: releases.flatMap(({ release }) => release.spec.resources.map(({ object }) => object)),
  };
}

/** The errors without their lines. */
export function errorsOf({ errors }: RenderedService): readonly string[] {
  return errors.map((error) => error.replace(/^\d+ /, ""));
}

/** The platform with the specs of a kind's documents replaced. */
export function platformWith(
  kind: string,
  spec: string,
  platform: readonly string[] = surroundings,
): readonly string[] {
  return platform.map((text) => {
    const name = / {2}name: (.*)/.exec(text)?.[1] ?? "";
    return text.includes(`kind: ${kind}\n`) ? doc(kind, name, spec) : text;
  });
}

/** The surroundings with a store on the plane. */
export const stored = platformWith(
  "DataPlane",
  "  gateway: {publicVirtualHost: apps.example, organizationVirtualHost: inner.example}\n  secretStoreRef: {name: vault}",
);

/** The service with further fields of its container `main`, as YAML lines from column 0. */
export function serviceOf(container: string, more = ""): readonly string[] {
  const lines = container.split("\n").filter((line) => line !== "");
  return service("cart", {
    workload: `  containers:\n    main:\n      image: a\n${lines.map((line) => `      ${line}\n`).join("")}${more}`,
  });
}

type PodTemplate = {
  readonly metadata: { readonly annotations?: Readonly<Record<string, string>> };
  readonly spec: Readonly<Record<string, unknown>> & {
    readonly containers: readonly Readonly<Record<string, unknown>>[];
  };
};

export function specOf(
  objects: readonly KubernetesObject[],
  kind: string,
): Readonly<Record<string, unknown>> | undefined {
  const found = objects.find((object) => object.kind === kind);
  return (found as { readonly spec?: Readonly<Record<string, unknown>> } | undefined)?.spec; // of rendered objects
}

/** The pod template of the Deployment. Throws Error where there is none. */
export function podOf(objects: readonly KubernetesObject[]): PodTemplate {
  const template = specOf(objects, "Deployment")?.["template"];
  if (template === undefined) throw new Error("there is no Deployment");
  return template as PodTemplate; // as a Deployment has it
}
