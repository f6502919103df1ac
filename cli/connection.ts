import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { Option } from 'commander';
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
  controller: string;
  tokenFile?: string;
  caFile?: string;
}

/** Adds --controller, --token-file and --ca-file. */
export function withConnection(command: Command): Command {
  return command
    .addOption(
      new Option('--controller <url>', 'the controller')
        .env('GROUNDCREW_CONTROLLER')
        .default('http://127.0.0.1:7480'),
    )
    .addOption(
      new Option('--token-file <file>', 'file with the operator token (otherwise $GROUNDCREW_TOKEN)').env(
        'GROUNDCREW_TOKEN_FILE',
      ),
    )
    .addOption(
      new Option(
        '--ca-file <file>',
        "PEM file of the authority that signed the controller's certificate",
      ).env('GROUNDCREW_CA_FILE'),
    );
}

/** What the options and the environment say. Throws a Failure when a file cannot be read or the URL is none. */
export function connectionOf(
  options: ConnectionOptions,
  env: Readonly<Record<string, string | undefined>>,
): Connection {
  const url = controllerUrl(options.controller);
  const connection: Connection = { url };
  const token = options.tokenFile === undefined ? env.GROUNDCREW_TOKEN : read(options.tokenFile, 'token');
  if (token !== undefined && token.trim() !== '') connection.token = token.trim();
  if (options.caFile !== undefined) connection.ca = read(options.caFile, 'certificate');
  if (connection.token !== undefined && url.protocol === 'http:' && !loopback.test(url.hostname))
    throw new Failure(
      `the token is not sent to ${url.host} in the clear`,
      'Use https:// for a controller on another machine.',
      exitCode.usage,
    );
  return connection;
}

const loopback = /^(127(\.\d+){3}|\[::1\]|localhost)$/;

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
