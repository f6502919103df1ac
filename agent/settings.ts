import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { AgentFault, exitCodes, messageOf } from './fault.ts';

/** What an agent is started with. `enrolCode` is read only if it is not enrolled yet. */
export interface AgentSettings {
  controller: string;
  dataDir: string;
  name?: string;
  labels: Record<string, string>;
  enrolCode?: string;
  enrolCodeFile?: string;
  caFile?: string;
  /** Scripts stay on the disk when they have run. */
  keepScripts: boolean;
  /** What is run when a script asks for it; the program and its arguments. */
  powerOff?: string[];
  reboot?: string[];
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Flags first, then GROUNDCREW_*; labels of both add up. Throws on what it cannot use. */
export function readSettings(argv: string[], env: Environment): AgentSettings {
  const flags = readFlags(argv);
  const controller = flags.controller ?? env.GROUNDCREW_CONTROLLER ?? 'http://127.0.0.1:7480';
  const dataDir = flags.data ?? env.GROUNDCREW_DATA;
  if (dataDir === undefined) throw usage('--data DIR is missing (or GROUNDCREW_DATA)');
  const texts = [
    ...(env.GROUNDCREW_LABEL ?? '').split(',').filter((text) => text !== ''),
    ...(flags.label ?? []),
  ];
  const name = flags.name ?? env.GROUNDCREW_NAME;
  const enrolCode = env.GROUNDCREW_ENROL_CODE;
  const enrolCodeFile = flags['enrol-code-file'] ?? env.GROUNDCREW_ENROL_CODE_FILE;
  const caFile = flags['ca-file'] ?? env.GROUNDCREW_CA_FILE;
  const powerOff = readWords(flags['power-off-command'] ?? env.GROUNDCREW_POWER_OFF_COMMAND);
  const reboot = readWords(flags['reboot-command'] ?? env.GROUNDCREW_REBOOT_COMMAND);
  return {
    controller,
    dataDir,
    labels: Object.fromEntries(texts.map(readLabel)),
    ...(name === undefined ? {} : { name }),
    ...(enrolCode === undefined ? {} : { enrolCode }),
    ...(enrolCodeFile === undefined ? {} : { enrolCodeFile }),
    ...(caFile === undefined ? {} : { caFile }),
    keepScripts: flags['keep-scripts'] ?? env.GROUNDCREW_KEEP_SCRIPTS === '1',
    ...(powerOff === undefined ? {} : { powerOff }),
    ...(reboot === undefined ? {} : { reboot }),
  };
}

/** The enrolment code; a file wins over the environment. */
export function readEnrolCode({ enrolCode, enrolCodeFile }: AgentSettings): string {
  const code = enrolCodeFile === undefined ? enrolCode : readFileSync(enrolCodeFile, 'utf8');
  if (code === undefined || code.trim() === '')
    throw new AgentFault(
      'this agent is not enrolled: give it a code (`groundcrew enrol create`) in GROUNDCREW_ENROL_CODE or --enrol-code-file',
      exitCodes.refused,
    );
  return code.trim();
}

function readFlags(argv: string[]) {
  try {
    return parseArgs({
      args: argv,
      allowPositionals: false,
      options: {
        controller: { type: 'string' },
        data: { type: 'string' },
        name: { type: 'string' },
        label: { type: 'string', multiple: true },
        'enrol-code-file': { type: 'string' },
        'ca-file': { type: 'string' },
        'keep-scripts': { type: 'boolean' },
        'power-off-command': { type: 'string' },
        'reboot-command': { type: 'string' },
      },
    }).values;
  } catch (error) {
    throw usage(messageOf(error));
  }
}

/** Undefined if there are none: then it is as if nothing had been said. */
function readWords(text: string | undefined): string[] | undefined {
  const words = (text ?? '').split(/\s+/).filter((word) => word !== '');
  return words.length === 0 ? undefined : words;
}

function readLabel(text: string): [string, string] {
  const at = text.indexOf('=');
  if (at < 1) throw usage(`a label is KEY=VALUE, not ${text}`);
  return [text.slice(0, at), text.slice(at + 1)];
}

function usage(message: string): AgentFault {
  return new AgentFault(message, exitCodes.usage);
}
