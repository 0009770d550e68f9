// Written in old syntax on purpose: an older Node must get as far as the sentence below instead of a SyntaxError.
// In a checkout the sources run as they are, by the Node that came with it where the one on PATH is too old; an installed
// package carries dist/ (Node runs no .ts below node_modules).
var childProcess = require("child_process");
var fs = require("fs");
var path = require("path");
var url = require("url");

var oldest = 24;
// As in process/exit-codes.ts, which an older Node cannot read: 1 would say that changes are pending.
var usage = 2;

module.exports = function launch(program, folder) {
  if (parseInt(process.versions.node, 10) >= oldest) return start(folder);
  var own = path.join(__dirname, "..", "node_modules", ".bin", "node");
  // Were it too old itself, it would start itself for ever.
  if (fs.existsSync(own) && fs.realpathSync(own) !== fs.realpathSync(process.execPath)) return startWith(own, program);
  refuse("");
};

/**
 * Of an agent, which runs beside workloads and mostly waits. Measured with 1,000 objects: without optimizing compilers it
 * takes less time for a first apply and for a changed line, since what they compile is hardly run again. Small young
 * generations save 10 MB. A collector without threads of its own, which lets the old generation grow by three fifths between
 * two collections instead of a tenth, takes 45 ms of processor time for a changed line instead of 63. The bound on the heap
 * is for the day on which something goes wrong.
 */
var frugal = [
  "--single-threaded-gc",
  "--heap-growing-percent=60",
  "--max-semi-space-size=1",
  "--optimize-for-size",
  "--no-opt",
  "--no-maglev",
  "--max-old-space-size=512",
];
/**
 * glibc keeps what was freed for the process (mallopt(3)). With buffers in mappings of their own, which go back to the system,
 * an agent of 5,000 objects holds 95 MiB at rest instead of 117.
 */
var frugalMemory = { MALLOC_MMAP_THRESHOLD_: "16384", MALLOC_TRIM_THRESHOLD_: "131072" };

function start(folder) {
  if (folder === "agent") beFrugal();
  // Half of what a short command takes is reading and stripping its sources: Node keeps the result (module.enableCompileCache).
  if (folder === "control") require("module").enableCompileCache(path.join(cacheFolder(), "gitplane", "compiled"));
  var source = path.join(__dirname, "..", folder, "main.ts");
  var built = path.join(__dirname, "..", "dist", folder, "main.js");
  import(url.pathToFileURL(fs.existsSync(source) ? source : built).href);
}

/** These can only be given when a process starts, so it starts once more in its own place, where the system can do that. */
function beFrugal() {
  if (process.platform === "win32" || process.execve === undefined || process.env.GITPLANE_AGENT_FLAGS === "set")
    return;
  var flags = (process.env.NODE_OPTIONS || "").indexOf("old-space") < 0 ? frugal : frugal.slice(0, -1);
  var environment = Object.assign({}, frugalMemory, process.env, { GITPLANE_AGENT_FLAGS: "set" });
  process.execve(
    process.execPath,
    [process.execPath].concat(process.execArgv, flags, process.argv.slice(1)),
    environment,
  );
}

// As in process/user-folders.ts, which is one of the files that it is for.
function cacheFolder() {
  var given = process.env.XDG_CACHE_HOME || "";
  return path.isAbsolute(given) ? given : path.join(require("os").homedir(), ".cache");
}

function startWith(node, program) {
  var child;
  // Heard before there is a child: a signal in between would end us and leave it behind. Handlers run after this function.
  ["SIGHUP", "SIGINT", "SIGTERM"].forEach(function (signal) {
    process.on(signal, function () {
      // A terminal interrupts both of us, and a second interrupt would end the program at once.
      if (signal !== "SIGINT" || !process.stdin.isTTY) child.kill(signal);
    });
  });
  child = childProcess.spawn(node, [program].concat(process.argv.slice(2)), { stdio: "inherit" });
  child.on("error", function (error) {
    refuse(node + " did not start: " + error.message + "\n");
  });
  child.on("exit", function (code, signal) {
    if (signal === null) process.exit(code);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}

function refuse(why) {
  var what = "gitplane needs Node.js " + oldest + " or newer; this is " + process.versions.node + ".";
  process.stderr.write(
    why +
      what +
      " Install a newer one (https://nodejs.org), or put it first on PATH; in a checkout, `npm ci` brings one along.\n",
  );
  process.exit(usage);
}
