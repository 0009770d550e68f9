/** Where source code stands and what it is built with: the same in a Component and in a Build. */
import { z } from "zod";

export const SourceRepository = z.strictObject({
  url: z.string().min(1).describe("The Git repository."),
  revision: z
    .strictObject({
      branch: z.string().exactOptional().describe("The branch."),
      commit: z.string().exactOptional().describe("The commit; the branch's newest when absent."),
    })
    .exactOptional()
    .describe("What of it is built."),
  appPath: z.string().exactOptional().describe("The folder of the application."),
});

export const BuildTemplate = z.strictObject({
  engine: z.string().exactOptional().describe("What runs the build. Argo Workflows when absent."),
  name: z.string().min(1).describe("The workflow template."),
  parameters: z
    .array(
      z.strictObject({
        name: z.string().describe("The parameter's name."),
        value: z.string().describe("Its value."),
      }),
    )
    .exactOptional()
    .describe("Parameters of the template."),
});
