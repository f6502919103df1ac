import { describe, expect, test } from 'vitest';
import { readConfig } from './config.ts';
import { parseConfigFile } from './config-file.ts';
import { printConfig } from './print-config.ts';
import { settings } from './settings.ts';

const known = settings();

function read({
  flags = {},
  env = {},
  file,
}: {
  flags?: Record<string, string>;
  env?: Record<string, string>;
  file?: string;
}) {
  return readConfig(known, {
    flags: new Map(Object.entries(flags)),
    env,
    ...(file === undefined ? {} : { file: parseConfigFile('groundcrew.yaml', file) }),
  });
}

function problems(sources: Parameters<typeof read>[0]) {
  const result = read(sources);
  if (result.is === 'valid') throw new Error('the settings were accepted');
  return result.problems.map(({ code, file, line, column }) => ({ code, at: `${file}:${line}:${column}` }));
}

const needed = { repo: '/srv/fleet.git', data: '/var/lib/groundcrew' };

describe('settings', () => {
  test('a flag wins over the environment, it over the file, it over the default', () => {
    const file = 'branch: file\npath: file\nlog-level: warn\n';
    const result = read({
      flags: { ...needed, branch: 'flag' },
      env: { GROUNDCREW_BRANCH: 'env', GROUNDCREW_PATH: 'env' },
      file,
    });
    if (result.is === 'invalid') throw new Error(JSON.stringify(result.problems));
    expect(result.config).toMatchObject({
      branch: 'flag',
      path: 'env',
      'log-level': 'warn',
      'status-branch': 'groundcrew-status',
    });
    expect(Object.fromEntries(result.origins)).toMatchObject({
      branch: '--branch',
      path: '$GROUNDCREW_PATH',
      'log-level': 'groundcrew.yaml:3',
      'status-branch': 'default',
      'tls-cert': 'not set',
    });
  });

  test('each of them has a flag, a variable and a description', () => {
    expect(known.length).toBeGreaterThan(10);
    for (const { name, flag, variable, description } of known) {
      expect(flag).toBe(`--${name}`);
      expect(variable).toMatch(/^GROUNDCREW_[A-Z_]+$/);
      expect(description).not.toBe('');
    }
  });

  test('numbers and durations are read from text', () => {
    const result = read({ flags: { ...needed, 'max-targets': '5', interval: '90' } });
    expect(result).toMatchObject({ is: 'valid', config: { 'max-targets': 5, interval: 90 } });
  });

  test('an empty variable is one that is not set', () => {
    expect(read({ flags: needed, env: { GROUNDCREW_BRANCH: '' } })).toMatchObject({
      config: { branch: 'main' },
    });
  });

  test('what is missing is named with all ways to give it', () => {
    const result = read({ flags: { data: '/d' } });
    expect(result).toMatchObject({
      problems: [
        { code: 'ConfigMissingSetting', file: '--repo', hint: expect.stringContaining('GROUNDCREW_REPO') },
      ],
    });
  });

  test('problems of all sources come at once, each with its place', () => {
    expect(
      problems({
        flags: { ...needed, interval: 'soon' },
        env: { GROUNDCREW_MAX_TARGETS: '0' },
        file: 'branch: main\nlog-level: loud\n',
      }),
    ).toEqual(
      expect.arrayContaining([
        { code: 'ConfigInvalidValue', at: '--interval:1:1' },
        { code: 'ConfigInvalidValue', at: '$GROUNDCREW_MAX_TARGETS:1:1' },
        { code: 'ConfigInvalidValue', at: 'groundcrew.yaml:2:12' },
      ]),
    );
  });

  test('a misspelt key of the file is one problem that says which was meant', () => {
    const result = read({ flags: { data: '/d' }, file: 'branch: main\nrepoo: /srv/fleet.git\n' });
    if (result.is === 'valid') throw new Error('the settings were accepted');
    expect(result.problems).toHaveLength(1);
    expect(result.problems[0]).toMatchObject({
      code: 'ConfigUnknownSetting',
      line: 2,
      column: 1,
      hint: expect.stringContaining('"repo"'),
    });
  });

  test('an unknown variable is a warning, and those of other commands are none', () => {
    const result = read({
      flags: needed,
      env: {
        GROUNDCREW_INTERVALL: '5s',
        GROUNDCREW_TOKEN: 'x',
        GROUNDCREW_CONTROLLER: 'http://x',
        PATH: '/bin',
      },
    });
    expect(result).toMatchObject({
      is: 'valid',
      warnings: [
        {
          severity: 'warning',
          file: '$GROUNDCREW_INTERVALL',
          hint: expect.stringContaining('GROUNDCREW_INTERVAL'),
        },
      ],
    });
    if (result.is === 'valid') expect(result.warnings).toHaveLength(1);
  });

  test.each([
    ['branch: [\n', 'YamlSyntax'],
    ['branch: a\nbranch: b\n', 'YamlDuplicateKey'],
    ['- branch\n', 'ConfigInvalidValue'],
    ['branch: &a main\npath: *a\n', 'YamlAlias'],
    ['branch: !odd main\n', 'YamlTag'],
  ])('the file %j is refused as %s', (file, code) => {
    expect(problems({ flags: needed, file })).toContainEqual(expect.objectContaining({ code }));
  });

  test.each([
    [{ 'tls-cert': '/c.pem' }, '--tls-cert'],
    [{ 'tls-key': '/k.pem' }, '--tls-key'],
    [{ listen: '0.0.0.0:7480' }, '--listen'],
    [{ listen: '127.0.0.1:70000' }, '--listen'],
    [{ 'status-branch': 'main' }, '--status-branch'],
    [{ listen: '127.example.org:7480' }, '--listen'],
  ])('%j does not go together with the rest', (flags, place) => {
    expect(problems({ flags: { ...needed, ...flags } })).toEqual([
      { code: expect.stringMatching(/^Config/), at: `${place}:1:1` },
    ]);
  });

  test('with TLS any address may be served', () => {
    const flags = { ...needed, listen: '0.0.0.0:7480', 'tls-cert': '/c.pem', 'tls-key': '/k.pem' };
    expect(read({ flags })).toMatchObject({ is: 'valid' });
  });

  test('what is printed is a file of settings without the secret of a URL', () => {
    const result = read({ flags: { ...needed, repo: 'https://me:hunter2@git.example.org/fleet.git' } });
    if (result.is === 'invalid') throw new Error('the settings were refused');
    const text = printConfig(result.config, result.origins);
    expect(text).not.toContain('hunter2');
    expect(text).toMatch(/^repo: https:\/\/\*\*\*@git\.example\.org\/fleet\.git +# --repo$/m);
    expect(text).toMatch(/^branch: main +# default$/m);
    expect(read({ file: text })).toMatchObject({ is: 'valid', config: { 'max-deletions': 20 } });
  });
});
