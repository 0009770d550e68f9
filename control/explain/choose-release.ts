/** Which Release a person means: by the path of its file, by its name, or by as much of them as only one Release has. */
import { exitCodes, ExitError } from "../../process/exit-codes.ts";
import { parseStatePath, planePath } from "../../schemas/layout.ts";
import { nearestName } from "../problems/nearest.ts";
import type { RenderedRelease } from "../render/render.ts";

/**
 * Takes the whole path, its end, its name (`cart-development`), some of the path's parts in their order, such as `shop/cart`, or
 * its name as `status` has it, `shop/cart/development`; the earlier of these decides. Throws ExitError `usage` when none or several are meant; `whyMissing` ends the
 * sentence when none is.
 */
export function chooseRelease(
  releases: readonly RenderedRelease[],
  wanted: string,
  whyMissing: string | undefined,
): RenderedRelease {
  const parts = wanted
    .replace(/\.yaml$/, "")
    .split("/")
    .filter((part) => part !== "");
  const exact = releases.filter((release) => nameOf(release) === wanted || endsWith(wordsOf(release), parts));
  const ways = [wordsOf, shownWordsOf];
  const found =
    exact.length > 0 ? exact : releases.filter((release) => ways.some((words) => holdsInOrder(words(release), parts)));
  const [only, second] = found;
  if (only === undefined)
    throw new ExitError(
      exitCodes.usage,
      `no Release is called ${wanted}; ${meant(releases, wanted)}there are ${listed(releases)}${whyMissing === undefined ? "" : `; ${whyMissing}`}`,
    );
  if (second !== undefined) throw new ExitError(exitCodes.usage, `${wanted} may be ${listed(found)}; say which`);
  return only;
}

/** The parts of its path in the state repository. */
function wordsOf({ plane, path }: RenderedRelease): readonly string[] {
  return `${planePath(plane)}/${path}`.replace(/\.yaml$/, "").split("/");
}

/** The same with the environment last, as in lists. */
function shownWordsOf(release: RenderedRelease): readonly string[] {
  const parsed = parseStatePath(release.path);
  if (parsed?.kind !== "release") return wordsOf(release);
  return [...planePath(release.plane).split("/"), parsed.project, parsed.component, parsed.environment];
}

function endsWith(words: readonly string[], parts: readonly string[]): boolean {
  return parts.length > 0 && parts.every((part, index) => words[words.length - parts.length + index] === part);
}

function holdsInOrder(words: readonly string[], parts: readonly string[]): boolean {
  let next = 0;
  for (const word of words) if (word === parts[next]) next += 1;
  return parts.length > 0 && next === parts.length;
}

/** The short name, behind the plane's where the others have one of the same path on another plane. */
function distinctName(release: RenderedRelease, others: readonly RenderedRelease[]): string {
  const isOne = others.filter(({ path }) => path === release.path).length === 1;
  return isOne ? shortName(release) : `${release.plane.name}/${shortName(release)}`;
}

/** `<project>/<environment>/<component>`; of what has no component, its path. */
function shortName({ path }: RenderedRelease): string {
  return path.replace(/\.yaml$/, "").replace(/^releases\//, "");
}

function isOfComponent({ path }: RenderedRelease): boolean {
  return parseStatePath(path)?.kind === "release";
}

/** Its `metadata.name`. */
function nameOf({ path }: RenderedRelease): string {
  const parsed = parseStatePath(path);
  if (parsed?.kind === "release") return `${parsed.component}-${parsed.environment}`;
  if (parsed?.kind === "platform") return parsed.name;
  return parsed?.kind === "cell" ? `${parsed.project}-${parsed.environment}` : "";
}

function meant(releases: readonly RenderedRelease[], wanted: string): string {
  const names = releases.flatMap((release) => {
    const parsed = parseStatePath(release.path);
    if (parsed?.kind !== "release") return [];
    return [nameOf(release), shortName(release), `${parsed.project}/${parsed.component}`, parsed.component];
  });
  // An environment is often known by the start of its name: `cart-dev`.
  const nearest = names.find((name) => name.startsWith(wanted)) ?? nearestName(wanted, [...new Set(names)]);
  return nearest === undefined ? "" : `did you mean ${nearest}? `;
}

const listedReleases = 5;

/** What people look for comes first, and a cell or a plane's own part seldom is. */
function listed(releases: readonly RenderedRelease[]): string {
  const sorted = [...releases.filter(isOfComponent), ...releases.filter((release) => !isOfComponent(release))];
  const names = sorted.slice(0, listedReleases).map((release) => distinctName(release, releases));
  const more = releases.length - names.length;
  return [...names, ...(more > 0 ? [`${more} more`] : [])].join(", ") || "none";
}
