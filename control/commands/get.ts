/** `gitplane get components|environments|planes|releases|holds`. */
import { exitCodes, type ExitCode } from "../../process/exit-codes.ts";
import { printRows } from "../../process/output.ts";
import type { OutputFormat } from "../../process/output-formats.ts";
import type { Column } from "../../process/table.ts";
import { componentRows } from "../fleet/component-rows.ts";
import { environmentRows } from "../fleet/environment-rows.ts";
import { type Filters, filterFleet } from "../fleet/filter.ts";
import { holdRows } from "../fleet/hold-rows.ts";
import type { Fleet } from "../fleet/fleet.ts";
import type { AccessOptions } from "./access.ts";
import { openFleet } from "./fleet-access.ts";
import {
  componentColumns,
  environmentColumns,
  holdColumns,
  noSpecs,
  planeColumns,
  releaseColumns,
} from "./fleet-columns.ts";
import { Waiting } from "./waiting.ts";

export type GetOptions = AccessOptions & Filters & { readonly output: OutputFormat };

export async function getComponents(options: GetOptions): Promise<ExitCode> {
  return await getRows(options, (fleet) => {
    const rows = componentRows(fleet);
    return { rows, columns: componentColumns(fleet, rows) };
  });
}

export async function getEnvironments(options: GetOptions): Promise<ExitCode> {
  return await getRows(options, (fleet) => ({ rows: environmentRows(fleet), columns: environmentColumns }));
}

export async function getPlanes(options: GetOptions): Promise<ExitCode> {
  return await getRows(options, ({ planes }) => ({ rows: planes, columns: planeColumns }));
}

export async function getReleases(options: GetOptions): Promise<ExitCode> {
  return await getRows(options, ({ releases }) => ({ rows: releases, columns: releaseColumns }));
}

export async function getHolds(options: GetOptions): Promise<ExitCode> {
  return await getRows(options, (fleet) => ({ rows: holdRows(fleet), columns: holdColumns }));
}

type Table<Row> = { readonly rows: readonly Row[]; readonly columns: readonly Column<Row>[] };

async function getRows<Row>(options: GetOptions, tableOf: (fleet: Fleet) => Table<Row>): Promise<ExitCode> {
  using waiting = new Waiting(process.stderr);
  await using reader = await openFleet({ ...options, onProgress: waiting.say });
  const fleet = await reader.read();
  waiting.end();
  if (fleet.specs === undefined) process.stderr.write(noSpecs);
  const { rows, columns } = tableOf(filterFleet(fleet, filtersOf(options)));
  await printRows(rows, { format: options.output, columns }, process.stdout);
  return exitCodes.done;
}

/** The filters among the options. */
export function filtersOf({ project, environment, component, plane, unhealthy, behind }: Filters): Filters {
  return {
    ...(project === undefined ? {} : { project }),
    ...(environment === undefined ? {} : { environment }),
    ...(component === undefined ? {} : { component }),
    ...(plane === undefined ? {} : { plane }),
    ...(unhealthy === undefined ? {} : { unhealthy }),
    ...(behind === undefined ? {} : { behind }),
  };
}
