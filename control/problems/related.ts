/** The other places that a Problem has to do with: each a document or field to look at, a few of them, never in the message. */
import type { Place, Problem, RelatedPlace } from "../../schemas/problem.ts";

/** In a group of thousands every one has a Problem of its own that says where it stands. */
export const relatedLimit = 4;

/** To spread into a Problem: nothing when there are none; the last that is shown says how many of the total are not. */
export function relatedTo(places: readonly RelatedPlace[], total = places.length): Pick<Problem, "related"> {
  if (places.length === 0) return {};
  const more = total - relatedLimit;
  const shown = places.slice(0, relatedLimit);
  return {
    related: shown.map(({ place, message }, index) => ({
      place,
      message: more > 0 && index === relatedLimit - 1 ? `${message}, and ${more} more` : message,
    })),
  };
}

/** The others of a group, said of each; of a large group only as many as are shown. */
export function relatedOthers<Member>(
  member: Member,
  group: readonly Member[],
  say: (other: Member) => RelatedPlace,
): Pick<Problem, "related"> {
  const others = group.slice(0, relatedLimit + 1).filter((other) => other !== member);
  return relatedTo(others.map(say), group.length - 1);
}

/** A place in a running sentence, for reasons that have no list of places. */
export function placeText({ file, line }: Place): string {
  return `${file}:${line}`;
}
