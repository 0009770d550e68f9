/**
 * Problems as workflow commands, which GitHub shows beside the lines of a pull request. Escapes as its runner reads them
 * (docs.github.com, "Workflow commands"; actions/toolkit, packages/core/src/command.ts).
 */
import { sanitize } from "../../process/sanitize.ts";
import type { Problem } from "../../schemas/problem.ts";

/** One command a line; `pathOf` leads from a Problem's file to its path from the repository's root. */
export function githubAnnotations(problems: readonly Problem[], pathOf: (file: string) => string): string {
  return problems.map((problem) => annotation(problem, pathOf)).join("");
}

function annotation(problem: Problem, pathOf: (file: string) => string): string {
  const { severity, place, code, message, remedy, related = [] } = problem;
  const properties = { file: pathOf(place.file), line: place.line, col: place.column, title: code };
  const listed = Object.entries(properties).map(([name, value]) => `${name}=${escapeProperty(String(value))}`);
  const others = related.map(
    (other) => `${pathOf(other.place.file)}:${other.place.line}:${other.place.column}: ${other.message}`,
  );
  return `::${severity} ${listed.join(",")}::${escapeData([message, `help: ${remedy}`, ...others].join("\n"))}\n`;
}

function escapeData(text: string): string {
  return sanitize(text, { keepLineBreaks: true })
    .replaceAll("%", "%25")
    .replaceAll("\r", "%0D")
    .replaceAll("\n", "%0A");
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
