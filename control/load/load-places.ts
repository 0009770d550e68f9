/** The places of one tree of specs. Whatever stands where `gitplane.yaml` should and is not it stops publishing: without rules everything would be allowed. */
import { sortProblems } from "../../schemas/problem.ts";
import type { SpecsFile } from "./load.ts";
import { readUnlessTooLarge } from "./read-file.ts";
import { isPlacesPath, placesProblem, readPlaces, type PlaceRules, type PlacesFile } from "./places.ts";

const placesFile = "gitplane.yaml";

/** `rules` is undefined where everything may stand everywhere, and while who may write where is not known. */
export type TreePlaces = {
  readonly rules: PlaceRules | undefined;
  readonly problems: PlacesFile["problems"];
};

export async function loadPlaces(files: readonly SpecsFile[]): Promise<TreePlaces> {
  const found = files.filter(({ path }) => isPlacesPath(path));
  const read = await Promise.all(found.map(loadFile));
  const problems = sortProblems(read.flatMap((one) => one.problems));
  return { rules: problems.length > 0 ? undefined : read[0]?.rules, problems };
}

async function loadFile(file: SpecsFile): Promise<PlacesFile> {
  const refuse = (message: string, remedy: string): PlacesFile => ({
    rules: new Map(),
    problems: [{ ...placesProblem(file.shown, message), remedy }],
  });
  if (file.path !== placesFile)
    return refuse(`the file that says who may write where is called ${placesFile}`, "rename it, or remove it");
  if (file.kind !== "blob") return refuse(`a ${file.kind} is not followed`, "commit the file itself");
  const bytes = await readUnlessTooLarge(file);
  return bytes === undefined
    ? refuse("the file is far larger than what is read", "name fewer places, or places for several organizations")
    : readPlaces(file.shown, bytes);
}
