/** How Problems can be printed: as any rows can, and in the formats of code scanning (SARIF) and of workflows on GitHub. */
import { outputFormats } from "../../process/output-formats.ts";

export const problemFormats = [...outputFormats, "sarif", "github"] as const;
export type ProblemFormat = (typeof problemFormats)[number];
