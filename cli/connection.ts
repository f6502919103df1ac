import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { isLoopback } from '../schemas/loopback.ts';
import { exitCode } from './exit-code.ts';
import { Failure } from './failure.ts';

/** A controller and how to show oneself to it. */
export interface Connection {
  url: URL;
  token?: string;
  /** PEM text of the authority to trust instead of the system's. */
  ca?: string;
}

export interface ConnectionOptions {
  controller?: string;
  tokenFile?: string;
  caFile?: string;
}

/** Adds --controller, --token-file and --ca-file. */
export function withConnection(command: Command): Command {
  return command
    .option('--controller <url>', `the controller [$GROUNDCREW_CONTROLLER, otherwise ${usual}]`)
    .option(
      '--token-file <file>',
      'file with the operator token [$GROUNDCREW_TOKEN_FILE; $GROUNDCREW_TOKEN is the token]',
    )
    .option(
      '--ca-file <file>',
      "PEM file of the authority that signed the controller's certificate [$GROUNDCREW_CA_FILE]",
    );
}

const usual = 'http://127.0.0.1:7480';

/** What the options and the environment say. Throws a Failure when a file cannot be read or the URL is none. */
export function connectionOf(
  options: ConnectionOptions,
  env: Readonly<Record<string, string | undefined>>,
): Connection {
  const url = controllerUrl(options.controller ?? given(env.GROUNDCREW_CONTROLLER) ?? usual);
  const connection: Connection = { url };
  const token = tokenOf(options, env);
  if (token !== undefined) connection.token = token;
  const caFile = options.caFile ?? given(env.GROUNDCREW_CA_FILE);
  if (caFile !== undefined) connection.ca = read(caFile, 'certificate');
  if (token !== undefined && url.protocol === 'http:' && !isLoopback(url.hostname))
    throw new Failure(
      `the token is not sent to ${url.host} in the clear`,
      'Use https:// for a controller on another machine.',
      exitCode.usage,
    );
  return connection;
}

/** The flag, else the token of the environment, else its file. */
function tokenOf(
  { tokenFile }: ConnectionOptions,
  env: Readonly<Record<string, string | undefined>>,
): string | undefined {
  if (tokenFile === undefined && given(env.GROUNDCREW_TOKEN) !== undefined)
    return env.GROUNDCREW_TOKEN?.trim();
  const file = tokenFile ?? given(env.GROUNDCREW_TOKEN_FILE);
  return file === undefined ? undefined : given(read(file, 'token').trim());
}

/** An empty variable is one that is not set. */
function given(text: string | undefined): string | undefined {
  return text === undefined || text.trim() === '' ? undefined : text;
}

function controllerUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '')
    return url;
  throw new Failure(
    'the address of the controller is not an http or https URL without a user and password',
    'Give --controller or GROUNDCREW_CONTROLLER as in http://127.0.0.1:7480.',
    exitCode.usage,
  );
}

function read(file: string, what: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new Failure(
      `the ${what} file ${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      what === 'token'
        ? 'The controller writes its first operator token to DATA/operator-token.'
        : 'Give the path of a PEM file.',
    );
  }
}
