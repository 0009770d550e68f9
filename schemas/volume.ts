/** A volume of a Workload: scratch space that goes with the pod, or storage that stays. */
import { z } from "zod";
import { SubdomainName } from "./kubernetes/formats.ts";
import { PositiveAmount } from "./kubernetes/quantity.ts";
import { kubernetesTemplate } from "./kubernetes/template.ts";

const accessModes = ["ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod"] as const;

const PersistentVolume = z.strictObject({
  size: PositiveAmount.describe("How much room it has, such as 10Gi. It can grow and not shrink."),
  storageClass: SubdomainName.exactOptional().describe("The StorageClass. The cluster's own choice when absent."),
  accessModes: z
    .array(z.enum(accessModes))
    .min(1)
    .max(accessModes.length)
    .exactOptional()
    .describe("How it may be mounted. [ReadWriteOnce] when absent: by the pods of one node."),
});

const oneSource = "needs exactly one of emptyDir and persistent";

export const Volume = z
  .strictObject({
    emptyDir: kubernetesTemplate("EmptyDirVolumeSource")
      .exactOptional()
      .describe("Scratch space of the pod, gone with it. `{}` is enough."),
    persistent: PersistentVolume.exactOptional().describe(
      "Storage that stays when pods go: a PersistentVolumeClaim of the component.",
    ),
  })
  .refine((volume) => (volume.emptyDir === undefined) !== (volume.persistent === undefined), {
    error: oneSource,
    when: ({ issues }) => issues.length === 0,
  })
  .meta({
    oneOf: [{ required: ["emptyDir"] }, { required: ["persistent"] }],
    "x-kubernetes-validations": [{ rule: "has(self.emptyDir) != has(self.persistent)", message: oneSource }],
  });
export type Volume = z.infer<typeof Volume>;
