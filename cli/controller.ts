import { type Command, Option } from 'commander';
import { type ConfigResult, readConfig } from './config/config.ts';
import { loadConfigFile } from './config/load-config-file.ts';
import { printConfig } from './config/print-config.ts';
import { type Setting, settings } from './config/settings.ts';
import { exitCode } from './exit-code.ts';
import { problemText } from './problem-text.ts';
import type { SubCommand } from './sub-command.ts';

export const controller: SubCommand = {
  define(command, { stdout, stderr, env }, finish) {
    const known = settings();
    for (const setting of known) command.addOption(optionOf(setting));
    command
      .addOption(new Option('--config <file>', 'YAML file with any of these settings [$GROUNDCREW_CONFIG]'))
      .option('--print-config', 'show what is in force, and where each value is from')
      .addHelpText(
        'after',
        '\nA flag wins over its GROUNDCREW_* variable, that over the file, that over the default.',
      )
      .action(async () => {
        const result = effective(command, known, env);
        const problems = result.is === 'valid' ? result.warnings : result.problems;
        for (const each of problems) stderr.write(problemText(each));
        if (result.is === 'invalid') return finish(exitCode.usage);
        if (command.opts<{ printConfig?: boolean }>().printConfig === true) {
          stdout.write(printConfig(result.config, result.origins));
          return finish(exitCode.fine);
        }
        const { runController } = await import('../controller/main.ts');
        await runController(result.config);
        return finish(exitCode.fine);
      });
  },
};

function optionOf({ name, variable, description, default: usual, legal }: Setting): Option {
  const values = legal === undefined ? '' : ` One of: ${legal.join(', ')}.`;
  const otherwise = usual === undefined ? '' : ` Otherwise ${usual}.`;
  return new Option(`--${name} <value>`, `${description}${values}${otherwise} [$${variable}]`);
}

function effective(
  command: Command,
  known: readonly Setting[],
  env: Readonly<Record<string, string | undefined>>,
): ConfigResult {
  const given = command.opts<Record<string, unknown>>();
  const flags = new Map<string, string>();
  for (const { name } of known) {
    const value = given[new Option(`--${name} <value>`).attributeName()];
    if (typeof value === 'string') flags.set(name, value);
  }
  const file = loadConfigFile(given.config, env);
  return readConfig(known, { flags, env, ...(file && { file }) });
}
