import { z } from "zod";
import { CellSettings } from "./cell-settings.ts";
import { documentOf, Name } from "./metadata.ts";
import { namedMap } from "./named-map.ts";

/** Namespaces of the cluster, of gateways, of the agent and of what it needs beside it: a policy or a quota there would hurt others. */
const sharedNamespace =
  /^(default|kube-.*|cert-manager|cilium(-.*)?|envoy-gateway-system|external-secrets|gitplane-.*|istio-system|openchoreo-data-plane)$/;

const AdoptedName = Name.refine((name) => !sharedNamespace.test(name), {
  error: "must be a namespace for applications, not one of the cluster's own",
}).meta({
  not: { pattern: sharedNamespace.source },
  "x-kubernetes-validations": [
    {
      rule: `!self.matches('${sharedNamespace.source}')`,
      message: "must be a namespace for applications, not one of the cluster's own",
    },
  ],
});

/** What is said of a Namespace, which one that was there before does not take from us. */
const ofNamespace = ["podSecurity", "labels", "annotations"] as const;

const CellOfProject = CellSettings.extend({
  namespace: AdoptedName.exactOptional().describe(
    "A namespace that exists already and becomes the cell. It is not made, labelled or deleted, and policies are about our pods in it only. For gateways that the plane manages to take routes from it, whoever it belongs to labels it openchoreo.dev/organization=<organization> and gitplane.dev/gateways=data.<organization>.<plane>, the plane being the one that brings the gateways; the agent's ceiling has to name it. A name as cells have it is refused, unless a cell of the organization gives it.",
  ),
})
  .superRefine(({ namespace, ...settings }, context) => {
    if (namespace === undefined) return;
    for (const field of ofNamespace)
      if (settings[field] !== undefined)
        context.addIssue({
          code: "custom",
          path: [field],
          message: `must be left out: the namespace ${namespace} is not made here`,
        });
  })
  .meta({
    "x-kubernetes-validations": [
      {
        rule: `!has(self.namespace) || ${ofNamespace.map((field) => `!has(self.${field})`).join(" && ")}`,
        message: "the namespace is not made here, so podSecurity, labels and annotations must be left out",
      },
    ],
  });

export const Project = documentOf(
  "Project",
  z.strictObject({
    deploymentPipelineRef: Name.describe("The DeploymentPipeline that its components follow."),
    cell: CellSettings.exactOptional().describe("How each of its cells is made, laid over the Environment's."),
    environments: namedMap(CellOfProject)
      .exactOptional()
      .describe("How its cell in an Environment is made, by the Environment's name, laid over all the others."),
    regions: z
      .array(Name)
      .min(1)
      .max(50)
      .exactOptional()
      .describe(
        "The regions that it may run in: it is on no DataPlane in another, or in none, and an Environment without any in them is a Problem. All when absent.",
      ),
  }),
).describe("A group of components that run together: one cell per environment.");
export type Project = z.infer<typeof Project>;
