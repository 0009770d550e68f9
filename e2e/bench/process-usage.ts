/** What a process and all those that it started use, by the kernel's count (proc(5)). */
import { readFile } from "node:fs/promises";

/** Resident memory of the process and its descendants; a page that two of them share counts twice. */
export async function residentMiB(pid: number): Promise<number> {
  const sizes = await Promise.all((await withDescendants(pid)).map(residentOf));
  return sizes.reduce((sum, one) => sum + one, 0);
}

/** User and system time since the start, of the process, of its descendants and of those that have ended. */
export async function cpuMs(pid: number): Promise<number> {
  const times = await Promise.all((await withDescendants(pid)).map(ticksOf));
  return times.reduce((sum, one) => sum + one, 0) * msPerTick;
}

/** `sysconf(_SC_CLK_TCK)` is 100 on every Linux that Node.js runs on. */
const msPerTick = 10;

async function withDescendants(pid: number): Promise<readonly number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8").catch(() => "");
  const children = text.split(" ").filter(Boolean).map(Number);
  const below = await Promise.all(children.map(withDescendants));
  return [pid, ...below.flat()];
}

async function residentOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) / 1024;
}

/** utime, stime, cutime and cstime: fields 14 to 17, counted after the name, which may hold anything. */
async function ticksOf(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
}
