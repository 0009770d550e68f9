/** A container of a Workload: what the developer says of it, which is laid over the class's container of the same name. */
import { z } from "zod";
import { DataKey, FileFolder, FileName, ImageReference, VariableName } from "./kubernetes/formats.ts";
import { kubernetesTemplate } from "./kubernetes/template.ts";
import { Name } from "./metadata.ts";

/** Enough for any container, and few enough that an API server affords a rule for each. */
export const variableLimit = 500;
const fileLimit = 100;
const groupLimit = 20;

/** Checked where the Workload is placed (`control/resolve/values.ts`), so said here in words only. */
const oneSource = {
  oneOf: [{ required: ["value"] }, { required: ["valueFrom"] }],
  "x-kubernetes-validations": [
    {
      rule: "[has(self.value), has(self.valueFrom) && has(self.valueFrom.configurationGroupRef), has(self.valueFrom) && has(self.valueFrom.secretRef)].exists_one(given, given)",
      message: "needs either value or valueFrom with configurationGroupRef or secretRef, and only one of them",
    },
  ],
};

const ValueSource = z.strictObject({
  configurationGroupRef: z
    .strictObject({
      name: Name.describe("The ConfigurationGroup."),
      key: z.string().min(1).describe("The key in it, whose value may differ by environment."),
    })
    .exactOptional()
    .describe("A value of a ConfigurationGroup, as it is in the environment."),
  secretRef: z
    .strictObject({
      name: Name.describe("The SecretReference."),
      key: DataKey.describe("The key in it."),
    })
    .exactOptional()
    .describe("A value that is kept outside Git, in the plane's secret store."),
});

/** What a variable and a file have in common. */
export type Setting = {
  readonly key: string;
  /** Of a file. */
  readonly mountPath?: string;
  readonly value?: string;
  readonly valueFrom?: z.infer<typeof ValueSource>;
};

const Variable = z
  .strictObject({
    key: VariableName.describe("The variable's name."),
    value: z.string().exactOptional().describe("Its value, the same in every environment."),
    valueFrom: ValueSource.exactOptional().describe("Where its value comes from, instead of `value`."),
  })
  .meta(oneSource);

/** A whole group; single keys of it are `valueFrom` of a variable. */
const VariableGroup = z.strictObject({
  configurationGroupRef: z
    .strictObject({ name: Name.describe("The ConfigurationGroup.") })
    .describe("The group, each of whose keys is a variable with the value that it has in the environment."),
});

const File = z
  .strictObject({
    key: FileName.describe("The file's name."),
    mountPath: FileFolder.describe("The folder that it stands in; what the image has there beside it stays."),
    value: z.string().exactOptional().describe("Its text, the same in every environment. Nothing secret."),
    valueFrom: ValueSource.exactOptional().describe("Where its text comes from, instead of `value`."),
  })
  .meta(oneSource);

export const Container = z.strictObject({
  image: ImageReference.describe("The image to run."),
  command: z.array(z.string()).exactOptional().describe("Replaces the image's entry point."),
  args: z.array(z.string()).exactOptional().describe("Arguments of the command."),
  env: z.array(Variable).max(variableLimit).exactOptional().describe("Environment variables."),
  envFrom: z
    .array(VariableGroup)
    .max(groupLimit)
    .exactOptional()
    .describe(
      "Variables by the group: every key of a ConfigurationGroup is one. `env` goes before them, and a later group before an earlier one.",
    ),
  files: z.array(File).max(fileLimit).exactOptional().describe("Files, read-only. Pods are replaced when one changes."),
  resources: kubernetesTemplate("ResourceRequirements")
    .exactOptional()
    .describe("What it asks for and may take, as Kubernetes' ResourceRequirements."),
  livenessProbe: kubernetesTemplate("Probe").exactOptional().describe("When it is restarted, as Kubernetes' Probe."),
  readinessProbe: kubernetesTemplate("Probe").exactOptional().describe("When it gets requests."),
  startupProbe: kubernetesTemplate("Probe").exactOptional().describe("When the other probes begin."),
  securityContext: kubernetesTemplate("SecurityContext")
    .exactOptional()
    .describe(
      "Whom it runs as and what it may do, as Kubernetes' SecurityContext. It may only tighten what the class says.",
    ),
  volumeMounts: z
    .array(kubernetesTemplate("VolumeMount"))
    .max(fileLimit)
    .meta({ "x-kubernetes-list-map-keys": ["mountPath"] })
    .exactOptional()
    .describe("Where volumes of the Workload or of the class stand in it, as Kubernetes' VolumeMounts."),
});
export type Container = z.infer<typeof Container>;
