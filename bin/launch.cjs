// Written in old syntax on purpose: an older Node must get as far as the sentence below instead of a SyntaxError.
// In a checkout the sources run as they are; an installed package carries dist/ (Node runs no .ts below node_modules).
var fs = require("fs");
var path = require("path");
var url = require("url");

module.exports = function launch(folder) {
  var oldest = 24;
  if (parseInt(process.versions.node, 10) < oldest) {
    process.stderr.write("gitplane needs Node.js " + oldest + " or newer; this is " + process.versions.node + ".\n");
    process.exit(1);
  }
  var source = path.join(__dirname, "..", folder, "main.ts");
  var built = path.join(__dirname, "..", "dist", folder, "main.js");
  import(url.pathToFileURL(fs.existsSync(source) ? source : built).href);
};
