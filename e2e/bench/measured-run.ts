/** One run of a program of ours from start to exit: how long, how much processor time and memory, and how it ended. */
import { spawn } from "node:child_process";
import type { Readable } from "node:stream";
import { z } from "zod";
import { programEnvironment, sourcePath } from "../platform/node-program.ts";

export type MeasuredRun = {
  /** Undefined when it was stopped at its limit, or died by a signal. */
  readonly exitCode: number | undefined;
  readonly seconds: number;
  /** User and system time of all its threads. Undefined when it could not say, because it was killed. */
  readonly cpuSeconds: number | undefined;
  /** The most memory that it ever held. Undefined when it could not say. */
  readonly peakMiB: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
};

export type Run = {
  /** Path of the entry file from the root of the checkout. */
  readonly entry: string;
  readonly arguments: readonly string[];
  readonly nodeOptions?: readonly string[];
  readonly limitSeconds: number;
  readonly signal: AbortSignal;
};

const keptCharacters = 32 * 1024 * 1024;

/** Runs at exit in the measured program, which alone knows its peak: the kernel keeps it by process and forgets it after. */
const reporter = `import{writeSync}from"node:fs";process.on("exit",()=>{const{userCPUTime:u,systemCPUTime:s,maxRSS:m}=process.resourceUsage();writeSync(3,JSON.stringify({cpuSeconds:(u+s)/1e6,peakMiB:m/1024}))})`;
const Usage = z.strictObject({ cpuSeconds: z.number(), peakMiB: z.number() });

/** Throws the signal's reason when aborted. The program is killed then, and at its limit. */
export async function runMeasured(run: Run): Promise<MeasuredRun> {
  run.signal.throwIfAborted();
  const started = performance.now();
  const child = spawn(
    process.execPath,
    [
      ...(run.nodeOptions ?? []),
      "--import",
      `data:text/javascript,${encodeURIComponent(reporter)}`,
      sourcePath(run.entry),
      ...run.arguments,
    ],
    {
      env: programEnvironment(),
      stdio: ["ignore", "pipe", "pipe", "pipe"],
      signal: AbortSignal.any([run.signal, AbortSignal.timeout(run.limitSeconds * 1000)]),
      killSignal: "SIGKILL",
    },
  );
  const [, out, err, usage] = child.stdio;
  const texts = Promise.all([out, err, usage].map((stream) => readStart(stream as Readable))); // pipes, as asked for above
  const exitCode = await new Promise<number | undefined>((resolve, reject) => {
    child.once("error", (error) => (error.name === "AbortError" ? undefined : reject(error)));
    child.once("close", (code) => resolve(code ?? undefined));
  });
  const seconds = (performance.now() - started) / 1000;
  run.signal.throwIfAborted();
  const [stdout = "", stderr = "", reported = ""] = await texts;
  const used = reported === "" ? undefined : Usage.parse(JSON.parse(reported));
  return { exitCode, seconds, cpuSeconds: used?.cpuSeconds, peakMiB: used?.peakMiB, stdout, stderr };
}

/** The rest is read and dropped, so that the program can write on. */
async function readStart(stream: Readable): Promise<string> {
  let text = "";
  stream.setEncoding("utf8");
  for await (const chunk of stream) if (text.length < keptCharacters) text += String(chunk);
  return text;
}
