import { z } from "zod";
import { documentOf, Name } from "./metadata.ts";

/** A misspelt field is one mistake: that the right one is missing goes without saying. */
const isSound = ({ issues }: { readonly issues: readonly unknown[] }): boolean => issues.length === 0;

const valueLimit = 1000;

const onePlace = "needs exactly one of environment and environmentGroupRef";
const oneValue = "needs exactly one of value and vaultKey";

/** What the refinements below say, in words that editors and API servers read. */
const valueRules = {
  allOf: [
    { oneOf: [{ required: ["environment"] }, { required: ["environmentGroupRef"] }] },
    { oneOf: [{ required: ["value"] }, { required: ["vaultKey"] }] },
  ],
  "x-kubernetes-validations": [
    { rule: "has(self.environment) != has(self.environmentGroupRef)", message: onePlace },
    { rule: "has(self.value) != has(self.vaultKey)", message: oneValue },
  ],
};

export const ConfigurationGroup = documentOf(
  "ConfigurationGroup",
  z.strictObject({
    scope: z
      .record(z.string(), z.string())
      .exactOptional()
      .describe("Upstream's note of who uses it. Accepted with a warning and not used."),
    environmentGroups: z
      .array(
        z.strictObject({
          name: Name.describe("The group's name."),
          environments: z.array(Name).describe("The Environments in it."),
        }),
      )
      .meta({ "x-kubernetes-list-map-keys": ["name"] })
      .exactOptional()
      .describe("Environments that share values."),
    configurations: z
      .array(
        z.strictObject({
          key: z.string().min(1).describe("The key, by which Workloads refer to it."),
          values: z
            .array(
              z
                .strictObject({
                  environmentGroupRef: Name.exactOptional().describe(
                    "The group of environments that the value is for.",
                  ),
                  environment: Name.exactOptional().describe(
                    "The Environment that the value is for. It goes before a group's value.",
                  ),
                  value: z.string().exactOptional().describe("The value. Nothing secret: Git keeps it forever."),
                  vaultKey: z
                    .string()
                    .exactOptional()
                    .describe("The entry of the plane's secret store in which a secret value is kept."),
                })
                .refine((value) => (value.environment === undefined) !== (value.environmentGroupRef === undefined), {
                  error: onePlace,
                  when: isSound,
                })
                .refine((value) => (value.value === undefined) !== (value.vaultKey === undefined), {
                  error: oneValue,
                  when: isSound,
                })
                .meta(valueRules),
            )
            .max(valueLimit)
            .describe("Its values, each for an environment or a group of them."),
        }),
      )
      .max(valueLimit)
      .meta({ "x-kubernetes-list-map-keys": ["key"] })
      .describe("Keys and their values."),
  }),
).describe("Values that differ by environment, which Workloads refer to by key.");
export type ConfigurationGroup = z.infer<typeof ConfigurationGroup>;
