// Manifests of a usual size (about 1 kB), as text.

/** An Invocation with an inline script. `targets` is YAML, indented by 4. */
export function invocationText(name: string, script: string, targets: string): string {
  const body = script.replaceAll('\n', '\n      ');
  return `# ${'What somebody wrote about it, so that the file has a usual size. '.repeat(4)}
apiVersion: groundcrew.dev/v1
kind: Invocation
metadata:
  name: ${name}
  labels:
    team: platform
    tier: backend
spec:
  command:
    type: RunShellScript
    timeout: 60s
    content: |
      ${body}
  targets:
    ${targets}
`;
}

export const everybody = 'selector: {}';

/** So many instances bench/reconcile.ts has; manifest n is for instance n modulo this. */
export const serverCount = 1000;

/** A script of some lines, as people have them. */
export function usualScript(number: number): string {
  return [
    'set -eu',
    `echo "reconfigure ${number}"`,
    'df -h / | tail -n 1',
    'for unit in nginx redis postgresql; do',
    '  echo "checking $unit"',
    'done',
    ...Array.from(
      { length: 8 },
      (_, line) => `echo "step ${line} of ${number}: nothing to do on this machine"`,
    ),
  ].join('\n');
}

/** `count` files with one Invocation each. `version` goes into the script: another version is another run. */
export function* manyManifests(
  count: number,
  version: (number: number) => number,
): Iterable<[string, string]> {
  for (let number = 0; number < count; number += 1) yield manifest(number, version(number));
}

export function manifest(number: number, version: number): [path: string, text: string] {
  const folder = String(number % 500).padStart(3, '0');
  const script = `${usualScript(number)}\necho "version ${version}"`;
  return [
    `manifests/${folder}/job-${number}.yaml`,
    invocationText(`job-${number}`, script, `instances: [web-${number % serverCount}]`),
  ];
}
