/**
 * Schedules as Kubernetes reads them (CronJob, "Writing a CronJob spec"; the parser is robfig/cron's ParseStandard): five
 * fields, or a word such as `@daily`. A zone goes into `timeZone`; the API server refuses one inside the schedule.
 */
import { z } from "zod";

const months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const days = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

type Field = { readonly name: string; readonly low: number; readonly high: number; readonly words?: readonly string[] };

const fields: readonly Field[] = [
  { name: "minute", low: 0, high: 59 },
  { name: "hour", low: 0, high: 23 },
  { name: "day of month", low: 1, high: 31 },
  { name: "month", low: 1, high: 12, words: months },
  { name: "day of week", low: 0, high: 6, words: days },
];

const macros = /^@(yearly|annually|monthly|weekly|daily|midnight|hourly)$/;
const interval = /^@every (([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h))+$/;

/** What is wrong with a schedule, or undefined. */
export function cronFault(schedule: string): string | undefined {
  if (macros.test(schedule) || interval.test(schedule)) return undefined;
  if (/^(CRON_)?TZ=/.test(schedule)) return "a schedule holds no time zone; write it into timeZone";
  const parts = schedule.startsWith("@") ? [] : schedule.trim().split(/\s+/);
  if (parts.length !== fields.length) return `a schedule has 5 fields (${fieldNames}) or is a word such as @daily`;
  for (const [position, field] of fields.entries()) {
    const fault = fieldFault(parts[position] ?? "", field);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

const fieldNames = fields.map(({ name }) => name).join(", ");

function fieldFault(text: string, field: Field): string | undefined {
  // The parser passes over empty parts; with nothing else the schedule would never come due.
  const written = text.split(",").filter((part) => part !== "");
  if (written.length === 0) return `${text} names no ${field.name}`;
  for (const part of written) {
    const [range = "", step, ...more] = part.split("/");
    if (more.length > 0 || (step !== undefined && !/^0*[1-9][0-9]{0,8}$/.test(step)))
      return `${part} is no step of the field ${field.name}; write one such as */5`;
    if (range === "*" || range === "?") continue;
    const ends = range.split("-").map((end) => numberOf(end, field));
    const [from, to] = ends.length === 1 ? [ends[0], ends[0]] : ends;
    if (ends.length > 2 || from === undefined || to === undefined || from > to)
      return `${part} is no ${field.name}, which goes from ${field.low} to ${field.high}`;
  }
  return undefined;
}

function numberOf(text: string, { low, high, words = [] }: Field): number | undefined {
  const word = words.indexOf(text.toLowerCase());
  const value = word >= 0 ? word + low : /^0*[0-9]{1,2}$/.test(text) ? Number(text) : -1;
  return value >= low && value <= high ? value : undefined;
}

/** The same as one pattern, for readers without this code. It cannot say that a range goes upwards. */
function schedulePattern(): string {
  const ranges = fields.map((field) => {
    const one = `(${[...numbersPattern(field), ...(field.words ?? []).map(anyCase)].join("|")})`;
    const part = `([*?]|${one}(-${one})?)(/0*[1-9][0-9]{0,8})?`;
    return `,*${part}(,+${part})*,*`;
  });
  return `${macros.source}|${interval.source}|^\\s*${ranges.join("\\s+")}\\s*$`;
}

/** With any zeros before them, as they are read. */
function numbersPattern({ low, high }: Field): readonly string[] {
  return Array.from({ length: high - low + 1 }, (_, index) => (low + index === 0 ? "0+" : `0*${low + index}`));
}

function anyCase(word: string): string {
  return Array.from(word, (letter) => `[${letter}${letter.toUpperCase()}]`).join("");
}

export const Cron = z
  .string()
  .max(200)
  .superRefine((schedule, context) => {
    const fault = cronFault(schedule);
    if (fault !== undefined) context.addIssue({ code: "custom", message: fault });
  })
  .meta({ pattern: schedulePattern() });
