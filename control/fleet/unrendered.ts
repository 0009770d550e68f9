/** What the specs ask for and nothing is rendered of: its Problem by code and place, and where it would run. */
import { planePath } from "../../schemas/layout.ts";
import type { Problem } from "../../schemas/problem.ts";
import type { UndecidedPlace } from "../deploy/undecided.ts";
import { placeText } from "../problems/related.ts";
import type { Rendered } from "../engine/rendered.ts";
import { causeText } from "../why-unrendered.ts";
import { type Behind, behindText } from "./behind.ts";
import type { EnvironmentEntry } from "./catalogue.ts";
import { isOfComponent, type OfComponent, type ReleaseStatus } from "./release-status.ts";

type NotRendered = Extract<Behind, { why: "not-rendered" }>;

export class Unrendered {
  readonly #problems: ReadonlyMap<string, Problem>;
  readonly #rendered: Rendered;

  constructor(rendered: Rendered) {
    this.#rendered = rendered;
    this.#problems = new Map(rendered.problems.map((problem) => [causeText(problem), problem]));
  }

  /** A reason as renderSpecs and decideAbsent give it ends in the code and place of a Problem where it has one. */
  explain(reason: string): Pick<NotRendered, "reason" | "problem"> {
    const problem =
      reason === this.#rendered.stop
        ? this.#rendered.problems.find(({ place }) => reason.includes(`${placeText(place)}:${place.column}`))
        : this.#problems.get(reason.slice(reason.lastIndexOf(": ") + 1).trim());
    if (problem === undefined) return { reason };
    const { code, place } = problem;
    return { reason, problem: { code, file: place.file, line: place.line } };
  }

  /** Those that no plane has, with the plane of their environment, if that can be told. */
  statuses(known: readonly ReleaseStatus[], environments: readonly EnvironmentEntry[]): readonly ReleaseStatus[] {
    const keyOf = ({ organization, project, environment, component, plane }: Placed): string =>
      [organization, project, environment, component, plane].join("/");
    const present = new Set(known.filter(isOfComponent).map((release) => keyOf(release)));
    const planesOf = new Map(environments.map((one) => [`${one.organization}/${one.environment}`, one.planes]));
    const missing = new Map(
      this.#rendered.unrendered.flatMap((one) => {
        const own = one.plane === undefined ? planesOf.get(`${one.organization}/${one.environment}`) : [pathOf(one)];
        return (own ?? [""]).map((plane) => [keyOf({ ...one, plane }), { ...one, plane }]);
      }),
    );
    return [...missing].flatMap(([key, { organization, project, environment, component, plane, reason }]) => {
      if (present.has(key)) return [];
      const behind: Behind = { why: "not-rendered", ...this.explain(reason) };
      return [
        {
          plane,
          organization,
          project,
          environment,
          component,
          images: [],
          state: "not rendered" as const,
          health: "Unknown" as const,
          behind,
          reason: behindText(behind),
        },
      ];
    });
  }
}

type Placed = Pick<ReleaseStatus, "plane" | "organization"> &
  Pick<OfComponent, "project" | "environment" | "component">;

function pathOf({ organization, plane = "" }: UndecidedPlace): string {
  return planePath({ kind: "data", organization, name: plane });
}
