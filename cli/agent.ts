import type { SubCommand } from './sub-command.ts';

/** Runs the agent with these arguments. Imports nothing before: an agent stays small. */
export async function agent(args: readonly string[]): Promise<void> {
  // @ts-ignore: not there yet
  const { main } = await import('../agent/main.ts');
  await main([...args], process.env);
}

/** For `groundcrew help agent`: the agent reads its own arguments. */
export const agentCommand: SubCommand = {
  define(command) {
    command.helpOption(false).action(() => agent(['--help']));
  },
};
