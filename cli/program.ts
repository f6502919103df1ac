import { Command, CommanderError } from 'commander';
import { type ExitCode, exitCode } from './exit-code.ts';
import { Failure } from './failure.ts';
import { packageVersion } from './package.ts';
import type { Surroundings, Writable } from './sub-command.ts';
import { subCommands } from './sub-commands.ts';
import { printable } from './terminal.ts';

const real: Surroundings = {
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  now: Date.now,
};

/** Runs `groundcrew ARGS…` and resolves with its exit code. Never rejects for what a user typed or a controller said. */
export async function run(args: readonly string[], surroundings: Surroundings = real): Promise<ExitCode> {
  try {
    return await parse(args, surroundings);
  } catch (error) {
    return explain(error, surroundings);
  }
}

async function parse(args: readonly string[], surroundings: Surroundings): Promise<ExitCode> {
  let code: ExitCode = exitCode.fine;
  const program = newProgram(surroundings);
  // `groundcrew help NAME` shows the options of NAME too.
  const wanted = args.filter((argument) => !argument.startsWith('-')).slice(0, 2);
  for (const { name, summary, group, load } of subCommands) {
    const command = program.command(name).description(summary).helpGroup(group);
    if (!(wanted[0] === name || (wanted[0] === 'help' && wanted[1] === name))) continue;
    (await load()).define(command, surroundings, (given) => {
      code = given;
    });
  }
  await program.parseAsync([...args], { from: 'user' });
  return code;
}

function newProgram({ stdout, stderr }: Surroundings): Command {
  return new Command('groundcrew')
    .description('Runs commands on many machines at once from a Git repository.')
    .version(packageVersion(), '--version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .showHelpAfterError('See groundcrew --help, or groundcrew COMMAND --help.')
    .configureOutput({
      writeOut: (text) => stdout.write(text),
      writeErr: (text) => stderr.write(text),
    })
    .exitOverride();
}

function explain(error: unknown, { stderr }: Surroundings): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCode.fine : exitCode.usage;
  if (error instanceof Failure) return shown(stderr, error.message, error.hint, error.code);
  // The stages have typed errors of their own: one with a hint is for the user, any other is a fault of ours.
  if (error instanceof Error && 'hint' in error && typeof error.hint === 'string')
    return shown(stderr, error.message, error.hint, exitCode.failed);
  stderr.write(`error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  return exitCode.failed;
}

function shown(stderr: Writable, message: string, hint: string, code: ExitCode): ExitCode {
  stderr.write(`error: ${printable(message)}\n`);
  if (hint !== '') stderr.write(`${printable(hint).replace(/^/gm, '  ')}\n`);
  return code;
}
