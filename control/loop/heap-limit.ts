/** How much heap a process may have whose work is to hold a platform: the default is about half of a small machine, and 4 GiB of a large one. */
const share = 3 / 4;

/** In MiB, for `--max-old-space-size`. `constrainedBytes` is what the container may have: 0 or more than there is for no bound. */
export function heapLimitMib(totalBytes: number, constrainedBytes: number): number {
  const bytes = constrainedBytes > 0 ? Math.min(totalBytes, constrainedBytes) : totalBytes;
  return Math.floor((bytes * share) / 2 ** 20);
}
