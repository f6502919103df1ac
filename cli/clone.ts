import { cloneCommand } from './clone-command.ts';
import { exitCode } from './exit-code.ts';
import type { SubCommand } from './sub-command.ts';

export const clone: SubCommand = {
  define(command, { stdout }, finish) {
    command
      .command('command')
      .description('write a copy of a Command under another name, for a new version of it')
      .argument('<from>', 'name of the Command')
      .argument('<to>', 'name of the copy')
      .argument('[path]', 'folder that the manifests are in (default: manifests)')
      .option('--output <file>', 'where the copy is written (default: TO.yaml, beside the original)')
      .action(async (from: string, to: string, path: string | undefined, { output }: { output?: string }) => {
        const { source, written } = await cloneCommand({ from, to, path, output, cwd: process.cwd() });
        stdout.write(`${written}: Command ${to}, a copy of ${from} in ${source}\n`);
        finish(exitCode.fine);
      });
  },
};
