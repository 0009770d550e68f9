import { z } from "zod";
import { documentOf, Name } from "./metadata.ts";

const valueLimit = 1000;

const noEnvironment = "needs environment or environmentGroupRef, which say where it counts";
const notOneValue = "needs either value or vaultKey";

/** What the refinement below say, in words that editors and API servers read. */
const valueRules = {
  oneOf: [{ required: ["value"] }, { required: ["vaultKey"] }],
  anyOf: [{ required: ["environment"] }, { required: ["environmentGroupRef"] }],
  "x-kubernetes-validations": [
    {
      rule: "has(self.environment) || has(self.environmentGroupRef)",
      message: noEnvironment,
    },
    { rule: "has(self.value) != has(self.vaultKey)", message: notOneValue },
  ],
};

export const ConfigurationGroup = documentOf(
  "ConfigurationGroup",
  z.strictObject({
    scope: z.record(z.string(), z.string()).exactOptional().describe("Upstream's note of who uses it. Not used."),
    environmentGroups: z
      .array(
        z.strictObject({
          name: Name.describe("The group's name."),
          environments: z.array(Name).describe("The Environments in it."),
        }),
      )
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
                    .describe(
                      "Where a secret value is kept. Not rendered by this version, so a Problem where it is used.",
                    ),
                })
                .superRefine(
                  (value, context) => {
                    if (value.environment === undefined && value.environmentGroupRef === undefined)
                      context.addIssue({ code: "custom", message: noEnvironment });
                    if ((value.value === undefined) === (value.vaultKey === undefined))
                      context.addIssue({ code: "custom", message: notOneValue });
                  },
                  // A misspelt `value` is one mistake, not two.
                  { when: ({ issues }) => issues.length === 0 },
                )
                .meta(valueRules),
            )
            .max(valueLimit)
            .describe("Its values, each for an environment or a group of them."),
        }),
      )
      .max(valueLimit)
      .describe("Keys and their values."),
  }),
).describe("Values that differ by environment, which Workloads refer to by key.");
export type ConfigurationGroup = z.infer<typeof ConfigurationGroup>;
