/** One line for what happened to the fleet; undefined for what a person need not read. */
import type { FleetEvent } from "./fleet-watch.ts";

export function describeEvent(event: FleetEvent): string | undefined {
  switch (event.kind) {
    case "plane":
      return event.reason === undefined || event.gone === true ? undefined : `${event.plane}: ${event.reason}`;
    case "release": {
      const { project, environment, component, platform, plane } = event;
      // A Cell is told by what runs in it; that something waits is told by its plane.
      const isCell = component === undefined && platform === undefined;
      if (isCell || (event.state === "waiting" && event.gone !== true)) return undefined;
      const name = platform === undefined ? `${environment}  ${project}/${component}` : `${plane}  ${platform}`;
      if (event.gone === true) return `${name}  removed`;
      const image = event.images.map((reference) => reference.slice(reference.lastIndexOf("/") + 1)).join(", ");
      return [name.padEnd(40), image.padEnd(24), event.state.padEnd(9), event.health, event.reason ?? ""]
        .join(" ")
        .trimEnd();
    }
    case "problem": {
      const { file, line, column } = event.place;
      return event.gone === true
        ? `mended: ${file}:${line}:${column} ${event.code}`
        : `${event.severity}: ${file}:${line}:${column}: ${event.message}`;
    }
  }
}
