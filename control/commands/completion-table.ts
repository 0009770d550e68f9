/** The commands that shells use to complete the others. */
import { Argument, type Command } from "commander";
import type { ExitCode } from "../../process/exit-codes.ts";

export function addCompletion(program: Command, finish: (exitCode: ExitCode) => void): void {
  program
    .command("completion")
    .description("print a script that completes commands, options and names in a shell")
    .addArgument(new Argument("<shell>", "the shell").choices(["bash", "zsh", "fish"]))
    .addHelpText(
      "after",
      `
Examples:
  source <(gitplane completion bash)      for this shell; put it into ~/.bashrc to keep it
  source <(gitplane completion zsh)       after compinit, in ~/.zshrc
  gitplane completion fish | source       in ~/.config/fish/config.fish

Names are those that the last status, get, describe or logs saw; nothing is asked while you type.`,
    )
    .action(async (shell) => finish(await (await import("./completion.ts")).printCompletion(shell)));
  program
    .command("__complete", { hidden: true })
    .argument("[words...]")
    .action(async (words) => finish(await (await import("./completion.ts")).complete(program, words)));
}
