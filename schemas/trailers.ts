/** Trailers of state commits: what a publish says about itself. */
export const trailerKeys = {
  specsCommit: "Specs-Commit",
  specsAuthor: "Specs-Author",
  sequence: "Sequence",
  renderer: "Renderer",
  reason: "Reason",
  causedBy: "Caused-By",
  recovers: "Recovers",
} as const;

export type StateTrailers = {
  readonly specsCommit: string;
  readonly specsAuthors: readonly string[];
  readonly sequence: number;
  readonly renderer: number;
  readonly reason: string;
  /** Revisions that an agent has applied and this branch has lost: it may go on from them to this commit. */
  readonly recovers?: readonly string[];
};

type Trailers = readonly (readonly [key: string, value: string])[];

export function writeTrailers(trailers: StateTrailers): Trailers {
  return [
    [trailerKeys.specsCommit, trailers.specsCommit],
    ...trailers.specsAuthors.map((author) => [trailerKeys.specsAuthor, author] as const),
    [trailerKeys.sequence, String(trailers.sequence)],
    [trailerKeys.renderer, String(trailers.renderer)],
    [trailerKeys.reason, trailers.reason],
    ...(trailers.recovers ?? []).map((revision) => [trailerKeys.recovers, revision] as const),
  ];
}

/** Undefined when a needed trailer is missing, repeated or malformed: such a commit is not one of ours. */
export function readTrailers(trailers: Trailers): StateTrailers | undefined {
  const specsCommit = only(trailers, trailerKeys.specsCommit);
  const sequence = wholeNumber(only(trailers, trailerKeys.sequence));
  const renderer = wholeNumber(only(trailers, trailerKeys.renderer));
  if (specsCommit === undefined || !/^[0-9a-f]{40,64}$/.test(specsCommit)) return undefined;
  if (sequence === undefined || renderer === undefined) return undefined;
  const specsAuthors = trailers.filter(([key]) => key === trailerKeys.specsAuthor).map(([, value]) => value);
  const recovers = trailers.filter(([key]) => key === trailerKeys.recovers).map(([, value]) => value);
  return {
    specsCommit,
    specsAuthors,
    sequence,
    renderer,
    reason: only(trailers, trailerKeys.reason) ?? "",
    ...(recovers.length === 0 ? {} : { recovers }),
  };
}

function only(trailers: Trailers, wanted: string): string | undefined {
  const values = trailers.filter(([key]) => key === wanted);
  return values.length === 1 ? values[0]?.[1] : undefined;
}

function wholeNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^[1-9][0-9]{0,14}$/.test(text) ? Number(text) : undefined;
}
