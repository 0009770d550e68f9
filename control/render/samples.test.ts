/** The real v0.3 documents, unchanged, folder by folder, in the surroundings that they assume: every claim renders. */
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { findSamples, readTexts, renderFilesOf, repositoryRoot } from "../specs-fixture.contract.ts";

const samples = findSamples("the v0.3 samples, folder by folder");

/** Each folder with the parts of `fixtures/surroundings` that it assumes and the Releases of its claims. */
const folders = [
  {
    folder: "gcp-microservices-demo",
    parts: ["platform", "stages"],
    yields: "ad cart checkout currency email frontend payment productcatalog recommendation redis shipping",
  },
  {
    folder: "from-image",
    parts: ["platform", "stages"],
    yields: "github-issue-reporter greeter-service react-starter",
  },
  {
    folder: "from-source",
    parts: ["platform", "stages", "built"],
    yields: "greeting-service patient-management-service react-starter reading-list-service",
  },
  {
    folder: "apim-samples",
    parts: ["platform", "stages"],
    yields:
      "reading-list-service-circuit-breaker reading-list-service-cors reading-list-service-jwt reading-list-service-rate-limit",
  },
  { folder: "platform-config", parts: ["platform"], yields: "" },
];

describe.skipIf(samples === undefined)("the v0.3 samples", () => {
  test.for(folders)(
    "$folder loads with its surroundings and renders every claim",
    async ({ folder, parts, yields }) => {
      const surroundings = await Promise.all(
        parts.map((part) => readTexts(join(repositoryRoot, "fixtures", "surroundings", part))),
      );
      const { releases, problems } = await renderFilesOf(
        new Map([...surroundings.flatMap((texts) => [...texts]), ...(await readTexts(join(samples ?? "", folder)))]),
      );
      expect(problems.filter(({ severity }) => severity === "error")).toEqual([]);
      const components = releases.flatMap(({ release }) => release.spec.owner.componentName ?? []);
      expect(components.toSorted().join(" ")).toBe(yields);
    },
  );
});
