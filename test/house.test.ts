// Rules of the house that an import cannot tell: clocks, force, sizes, names. Each message says what to do.
import { describe, expect, it } from 'vitest';
import { ourFiles, withoutComments } from './support/house.ts';

const shipped = ['schemas', 'controller', 'agent', 'cli', 'web'];
const isTest = (file: string) => /\.(test|contract)\.ts$/.test(file);
const code = [...ourFiles(shipped)].filter(
  ([file]) => /\.tsx?$/.test(file) && !isTest(file) && !file.startsWith('schemas/generated/'),
);

const clock = /\bDate\.now\b|\bnew Date\(\)|\bperformance\.now\b|\bprocess\.hrtime\b/;
const chance = /\bMath\.random\b|\brandom(?:UUID|Bytes|Int|FillSync)\b/;
const environment = /\bprocess\.env\b/;

/** The files of controller/ beside main.ts that may look for themselves, each with its reason. */
const edges: { what: RegExp; files: Record<string, string>; advice: string }[] = [
  {
    what: clock,
    files: {},
    advice: 'Take `now: () => number` as a parameter; controller/main.ts gives the real clock.',
  },
  {
    what: chance,
    files: {},
    advice:
      'Ids are derived, not drawn. Take what must be drawn (a nonce, a jitter) as a parameter; main.ts draws.',
  },
  {
    what: environment,
    files: {},
    advice: 'Take settings as parameters; cli/ reads the environment.',
  },
];

const sinks = new RegExp(
  `${clock.source}|${chance.source}|\\bprocess\\.|\\bset(?:Timeout|Interval|Immediate)\\(|\\bmakeKeyPair\\b|\\bfetch\\(`,
);
const force = /--force|--mirror|['"`]-f['"`]|['"`]\+(?:refs|HEAD|\$\{)/;
const drawer = /(?:^|\/)(?:utils?|common|lib|core|helpers?|shared|misc|services?|managers?|handlers?|src)\//;

describe('the house', () => {
  it('is looked at', () => {
    expect(code.length).toBeGreaterThan(20);
  });

  it('gives neither clock nor chance nor environment to a pure stage', () => {
    const pure = /^controller\/(desired|run|plan)\//;
    expect(finds(sinks, (file) => pure.test(file))).toEqual([]);
  });

  it.each(edges)('takes $what in controller/ at its edges only: $advice', ({ what, files }) => {
    const inside = (file: string) =>
      file.startsWith('controller/') && file !== 'controller/main.ts' && !(file in files);
    expect(finds(what, inside)).toEqual([]);
  });

  it('names no edge that does not exist or does not need to be one', () => {
    const known = new Map(code);
    const idle = edges.flatMap(({ what, files }) =>
      Object.keys(files).filter((file) => !what.test(withoutComments(known.get(file) ?? ''))),
    );
    expect(idle).toEqual([]);
  });

  it('never pushes with force: a lost race is rebuilt on the new tip', () => {
    const pushes = new Set(code.filter(([, text]) => /['"`]push\b/.test(text)).map(([file]) => file));
    expect(finds(force, (file) => pushes.has(file))).toEqual([]);
  });

  it('writes for people only at its edges: elsewhere pino logs, with constant texts and fields', () => {
    expect(finds(/\bconsole\.\w+\(/, (file) => !file.startsWith('cli/'))).toEqual([]);
  });

  it('has no file over 300 lines: such a file wants to be two', () => {
    const long = code.map(([file, text]) => ({ file, lines: text.split('\n').length - 1 }));
    expect(long.filter(({ lines }) => lines > 300)).toEqual([]);
  });

  it('has no drawer: a folder is called by what it does', () => {
    expect([...ourFiles().keys()].filter((file) => drawer.test(file))).toEqual([]);
  });

  it('has no file that only re-exports: import from where it is written', () => {
    const barrels = code.filter(([file, text]) => !/(?:^|\/)main\.tsx?$/.test(file) && onlyPassesOn(text));
    expect(barrels.map(([file]) => file)).toEqual([]);
  });

  it('names types where they are imported: the layers are not seen in an import in the middle of a type', () => {
    expect(finds(/[:<|&=]\s*import\('/, () => true)).toEqual([]);
  });
});

describe('a rule of the house', () => {
  it.each([
    [clock, 'const at = Date.now();', 'const at = new Date(now);'],
    [chance, 'const id = randomUUID();', 'const random = derived(id);'],
    [environment, 'const home = process.env.HOME;', 'process.envelope;'],
    [sinks, 'setTimeout(later, 5);', 'const process = run;'],
    [force, "git(['push', '--force', url]);", "git(['push', url, 'HEAD:refs/heads/x']);"],
    [force, "git(['push', url, '+refs/heads/x']);", 'a + refs;'],
    [drawer, 'controller/utils/text.ts', 'controller/status/shard.ts'],
  ])('%s finds what it is for, and leaves the rest', (what, bad, good) => {
    expect(what.test(withoutComments(bad))).toBe(true);
    expect(what.test(withoutComments(`${good} // ${bad}`))).toBe(false);
  });

  it('tells a file that only passes on from one that adds something', () => {
    expect(onlyPassesOn("// both\nexport * from './a.ts';\nexport { b } from './b.ts';\n")).toBe(true);
    expect(onlyPassesOn("import { a } from './a.ts';\nexport const b = a;\n")).toBe(false);
  });

  it('keeps line numbers and strings where it takes comments away', () => {
    const text = "/* one\ntwo */ const a = '// text'; // three\nb;";
    expect(withoutComments(text)).toBe("\n const a = '// text'; \nb;");
  });
});

function onlyPassesOn(text: string): boolean {
  const statements = withoutComments(text)
    .split(';')
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '');
  const passes = /^(?:export\s[^=(]*\sfrom|import)\s/;
  return statements.length > 0 && statements.every((statement) => passes.test(statement));
}

/** `file:line: text` of each line of code that matches. */
function finds(what: RegExp, inside: (file: string) => boolean): string[] {
  return code
    .filter(([file]) => inside(file))
    .flatMap(([file, text]) =>
      withoutComments(text)
        .split('\n')
        .flatMap((line, at) => (what.test(line) ? [`${file}:${at + 1}: ${line.trim()}`] : [])),
    );
}
