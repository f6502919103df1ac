// `groundcrew agent`. Owns the help; everything else is the agent's own. Loads nothing but the agent.
import type { SubCommand } from './sub-command.ts';

/** Runs the agent with these arguments until it is stopped; resolves with its exit code. */
export async function agent(args: readonly string[]): Promise<number> {
  if (args.includes('--help') || args.includes('-h')) {
    process.stdout.write(help);
    return 0;
  }
  const { main } = await import('../agent/main.ts');
  return await main([...args], process.env);
}

/** For `groundcrew help agent` and the list of commands. */
export const agentCommand: SubCommand = {
  define(command) {
    command.configureHelp({ formatHelp: () => help });
  },
};

const help = `Usage: groundcrew agent --controller URL --data DIR [options]

enrol this machine and serve it

Options:
  --controller <url>        the controller [$GROUNDCREW_CONTROLLER, otherwise http://127.0.0.1:7480]
  --data <dir>              folder for its key and its journal; made if it is missing [$GROUNDCREW_DATA]
  --name <name>             what the instance is called, otherwise the host name [$GROUNDCREW_NAME]
  --label <key=value>       what it says of itself; those of the enrolment code win. May be given again
                            [$GROUNDCREW_LABEL, with commas between several]
  --enrol-code-file <file>  file with the enrolment code, for the first start [$GROUNDCREW_ENROL_CODE_FILE;
                            $GROUNDCREW_ENROL_CODE is the code]
  --ca-file <file>          PEM file of the authority that signed the controller's certificate
                            [$GROUNDCREW_CA_FILE]
  --keep-scripts            leave scripts in DIR/tasks when they have run [$GROUNDCREW_KEEP_SCRIPTS=1]
  --power-off-command <words>
                            what is run when a script has ended with 193 and that was reported; no shell, words
                            are split on blanks [$GROUNDCREW_POWER_OFF_COMMAND, otherwise shutdown -h now]
  --reboot-command <words>  the same for 194 [$GROUNDCREW_REBOOT_COMMAND, otherwise shutdown -r now]
  -h, --help                print help

Exit codes: 64 wrong usage, 75 start it again, 78 refused: somebody has to look.
`;
