import type { ControllerConfig } from '../../schemas/generated/config.ts';
import { isLoopback } from '../../schemas/loopback.ts';
import { type Place, type Problem, problem } from '../../schemas/problem.ts';

/** Settings that are each legal and do not go together. */
export function disagreements(
  config: ControllerConfig,
  locate: (path: readonly string[], part: 'key' | 'value') => Place,
): Problem[] {
  const problems: Problem[] = [];
  const pair = (given: keyof ControllerConfig, missing: keyof ControllerConfig, hint: string): void => {
    if (config[given] !== undefined && config[missing] === undefined)
      problems.push(
        problem(
          'ConfigMissingSetting',
          locate([given], 'value'),
          `${given} is set and ${missing} is not`,
          hint,
        ),
      );
  };
  pair('tls-cert', 'tls-key', 'TLS needs both.');
  pair('tls-key', 'tls-cert', 'TLS needs both.');
  const { branch, 'status-branch': statusBranch } = config;
  if (branch !== undefined && branch === statusBranch)
    problems.push(
      problem(
        'ConfigInvalidValue',
        locate(['status-branch'], 'value'),
        `status-branch and branch are both ${branch}; the status branch must be one that nobody else writes`,
      ),
    );
  const [host, port] = split(config.listen ?? '');
  const at = locate(['listen'], 'value');
  if (port > 65_535)
    problems.push(problem('ConfigInvalidValue', at, `there is no port ${port}; legal: 0 to 65535`));
  if (!isLoopback(host) && config['tls-cert'] === undefined && config['tls-key'] === undefined)
    problems.push(
      problem(
        'ConfigMissingSetting',
        at,
        `${host} can be reached from other machines, and without TLS only loopback is served`,
        'Set tls-cert and tls-key, or listen on 127.0.0.1.',
      ),
    );
  return problems;
}

function split(listen: string): [host: string, port: number] {
  const colon = listen.lastIndexOf(':');
  return [listen.slice(0, colon), Number(listen.slice(colon + 1))];
}
