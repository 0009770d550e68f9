/** Imported into a program before its own code: its wall clock jumps, years ahead and decades back, several times a second. */
const jumpsMs = [0, 10 * 365 * 86_400_000, -20 * 365 * 86_400_000];
const everyMs = 150;

const RealDate = Date;

function jumpedNow(): number {
  return RealDate.now() + (jumpsMs[Math.floor(performance.now() / everyMs) % jumpsMs.length] ?? 0);
}

class JumpingDate extends RealDate {
  constructor(...parts: readonly unknown[]) {
    if (parts.length === 0) super(jumpedNow());
    else super(...(parts as [number])); // whatever a caller of Date may give
  }

  static override now(): number {
    return jumpedNow();
  }
}

globalThis.Date = JumpingDate as DateConstructor; // callable as a function too, which nobody does
