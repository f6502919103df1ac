// docs/cloud-assistant.md says nothing that no test shows, and leaves nothing out that the schemas and the list of the
// original's error codes have.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { builtInNames } from '../controller/manifest/substitute.ts';
import { ourFiles } from './support/house.ts';
import { readTestFile, type TestFile } from './support/test-titles.ts';

/**
 *   | what | Cloud Assistant | groundcrew | shown by |
 *
 * The third cell begins with a verdict. The last one has one line for each test, with <br> between them: the file and, after
 * ›, a part of a title in it. After a second › comes a text of that file, such as the row of a table.
 */
interface Row {
  section: string;
  what: string;
  verdict: string | undefined;
  ours: string;
  shownBy: Shown[];
}

interface Shown {
  path: string;
  title: string;
  text?: string;
}

const read = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');
const page = read('docs/cloud-assistant.md');
const tableHeader = '| what | Cloud Assistant | groundcrew | shown by |';
const verdicts = ['same', 'different', 'only here', 'not here'];
const rows = page.split(/^## /m).slice(1).flatMap(rowsOf);
const named = new Map<string, Row[]>();
for (const row of rows)
  for (const name of namesIn(row.what)) named.set(name, [...(named.get(name) ?? []), row]);

const tests = new Map<string, TestFile & { source: string }>();
for (const [path, source] of ourFiles())
  if (/\.(test|contract)\.ts$/.test(path)) tests.set(path, { ...readTestFile(source), source });

const sections = [...new Set(rows.map(({ section }) => section))];

test('the rows are found', () => {
  expect(rows.length).toBeGreaterThan(300);
  // What points at a test stands in such a row, and nowhere else.
  const pointing = page.split('\n').filter((line) => line.includes('.test.ts` ›'));
  expect(rows.filter(({ shownBy }) => shownBy.length > 0)).toHaveLength(pointing.length);
});

test.each(sections)('each row of "%s" has a verdict, its reason, and tests that exist', (section) => {
  const faults = rows
    .filter((row) => row.section === section)
    .flatMap((row) => faultsOf(row).map((fault) => `${row.what}: ${fault}`));
  expect(faults).toEqual([]);
});

function faultsOf({ verdict, ours, shownBy }: Row): string[] {
  if (verdict === undefined) return [`it begins with none of: ${verdicts.join(', ')}`];
  const faults = shownBy.flatMap((shown) => faultOf(shown) ?? []);
  // What says that something is so has to show it.
  if (verdict !== 'not here' && shownBy.length === 0) faults.push('it names no test');
  const isBare = ours === verdict;
  if (isBare && (verdict === 'different' || verdict === 'not here'))
    faults.push('it does not say what or why');
  return faults;
}

function faultOf({ path, title, text }: Shown): string | undefined {
  const file = tests.get(path);
  if (file === undefined) return `there is no ${path}`;
  if (!file.titles.some((each) => each.includes(title))) return `no test of ${path} is called "${title}"`;
  if (text !== undefined && !file.texts.some((each) => each.includes(text)))
    return `${path} has no "${text}"`;
  return undefined;
}

/** The names of the original's error codes: of results, and of what a call of its API is refused with. */
const codes = {
  general:
    'InstanceNotExists InstanceReleased InstanceNotRunning InstanceRestarted InstanceDeregistered ClientNotRunning ClientNotOnline ClientNotResponse ClientNetworkBlocked SecurityGroupRuleDenied ClientIsUpgrading ClientNeedUpgrade ClientRestarted DeliveryTimeout ExecutionTimeout ExecutionException ExecutionInterrupted ExitCodeNonzero TaskConcurrencyLimit TerminationException',
  checks:
    'CommandNotApplicable InvalidCommandText CommandContentDecodeError AccountNotExists UserOrPasswordInvalid QueryParameterStoreFailed InstanceRoleInvalid DirectoryNotExists DefaultWorkingDirectoryNotAvailable InvalidSystemBuiltInParameter',
  schedules:
    'BadCronExpression CronExpressionExpired InvalidGMTOffsetForTimezone InvalidGMTOffsetHourForTimezone InvalidGMTOffsetMinuteForTimezone TimezoneInformationCorrupt InvalidRateExpression RateFrequencyTooLarge InvalidAtExpression AtExpressionExpired',
  containers:
    'InvalidContainerName InvalidContainerId UnsupportedContainerRuntime ContainerConnectFailed ContainerStateAbnormal ContainerNotFound ContainerNameDuplicated ContainerNameAndIdNotMatch ContainerRuntimeInternalError ContainerRuntimeTimeout',
  files:
    'FileCreateFail FileAlreadyExists FileContentInvalid FileNameInvalid FilePathInvalid FileAuthorityInvalid UserGroupNotExists',
  calls:
    'MissingParam.InstanceId InvalidParameter.WorkingDir InvalidContainerId.Malformed InvalidContainerName.Malformed InvalidClientToken.Malformed InvalidInstance.NotMatch MissingParam.Frequency InvalidParam.Frequency Parameter.MissingValue Parameter.Disabled InvalidParameter.Parameters NumberExceed.ResourceTags MissingParameter.ResourceTagKey InvalidResourceTagKey.Malformed InvalidResourceTagValue.Malformed Duplicate.ResourceTagKey InvalidResourceTag.InstanceNotFound InvalidResourceTag.ConflictWithInstanceIds InstanceIds.ExceedLimit Invocation.ExceedQuota ParameterCount.ExceedLimit ParameterKey.ExceedLimit ParameterKey.Duplicate Parameter.NotMatched ParameterType.NotSupported InvalidParameterCharset.Parameters CmdContent.ExceedLimit Username.ExceedLimit WindowsPasswordName.ExceedLimit WindowsPasswordName.Missed ParameterStore.NotSupported ParameterStore.InvalidParameters ParameterStore.NoPermission TemporaryAccessKey.Error Operation.Forbidden InvalidLauncher.LengthLimitExceeded InvalidRepeatMode.NotFound InvalidTerminationMode.NotFound InvalidInstance.NotFound InvalidCmdId.NotFound InvalidResourceGroup.NotFound InvalidRegionId.NotFound InternalError.Dispatch InvalidInvokeId.NotFound InvalidInstance.NoClient InvalidOperation.CloudAssistantVersionUnsupported IdempotentParameterMismatch IdempotentProcessing',
};

test.each(Object.entries(codes))('each error code of %s has a row, and a test that has it', (_, names) => {
  const faults = names.split(' ').flatMap((code) => {
    const found = named.get(code) ?? [];
    return found.length === 0 ? [`${code} has no row`] : found.flatMap((row) => codeFaultOf(code, row) ?? []);
  });
  expect(faults).toEqual([]);
});

/** One of the files that the row names has the code in it: under its own name, or under the one that our cell gives. */
function codeFaultOf(code: string, { ours, shownBy, verdict }: Row): string | undefined {
  if (verdict === 'not here') return undefined;
  const names = verdict === 'same' ? [code] : namesIn(ours);
  const sources = shownBy.map(({ path }) => tests.get(path)?.source ?? '');
  const isThere = sources.some((source) => names.some((name) => source.includes(name)));
  return isThere
    ? undefined
    : `${code}: no test that its row names has ${names.join(' or ') || 'a code of ours'}`;
}

const definitions = valuesIn('definitions.schema.json');
const invocation = valuesIn('invocation.schema.json');
const values: [of: string, values: string[]][] = [
  ['phase', definitions('Phase')],
  ['state', definitions('State')],
  ['commandType', definitions('CommandType')],
  ['repeatMode', invocation('RepeatMode')],
  ['concurrencyPolicy', invocation('ConcurrencyPolicy')],
  ['terminationMode', invocation('TerminationMode')],
];

test.each(values)('each %s has a row of its own table', (of, all) => {
  expect(all.length).toBeGreaterThan(1);
  const inTables = rows.filter(({ section }) => section.endsWith(`\`${of}\``));
  expect(all.filter((value) => !inTables.some(({ what }) => namesIn(what).includes(value)))).toEqual([]);
});

test('each built-in parameter has a row', () => {
  expect(builtInNames.filter((name) => !named.has(`{{ACS::${name}}}`))).toEqual([]);
});

test('each setting that is a limit has a row', () => {
  const { properties } = JSON.parse(read('schemas/config.schema.json'));
  const limits = Object.keys(properties).filter((name) => /^(max|min|keep)-|^stop-grace$/.test(name));
  expect(limits.length).toBeGreaterThan(10);
  expect(limits.filter((name) => !rows.some(({ ours }) => namesIn(ours).includes(name)))).toEqual([]);
});

test('each link within the page leads to a heading', () => {
  const anchors = [...page.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^a-z0-9 -]/g, '')
      .replaceAll(' ', '-'),
  );
  const links = [...page.matchAll(/\]\(#([^)]+)\)/g)].map(([, anchor = '']) => anchor);
  expect(links.length).toBeGreaterThan(5);
  expect(links.filter((anchor) => anchors.filter((each) => each === anchor).length !== 1)).toEqual([]);
});

test('what a page could get wrong is told', () => {
  const cells = (ours: string, shown = '') => `| x | y | ${ours} | ${shown} |`;
  const faults = (line: string) => faultsOf(rowIn(line, 's'));
  const here = '`test/cloud-assistant-doc.test.ts`';
  expect(faults(cells('same', `${here} › what a page could get › not four`))).toEqual([]);
  expect(faults(cells('almost', `${here} › what`))).toEqual([expect.stringContaining('begins with none')]);
  expect(faults(cells('same'))).toEqual(['it names no test']);
  expect(faults(cells('different', `${here} › what`))).toEqual(['it does not say what or why']);
  expect(faults(cells('not here'))).toEqual(['it does not say what or why']);
  expect(faults(cells('same', '`nowhere.test.ts` › x'))).toEqual(['there is no nowhere.test.ts']);
  // Pieces, so that they are no text of this file.
  expect(faults(cells('same', `${here} › ${['what', 'nobody'].join(' ')}`))).toHaveLength(1);
  expect(faults(cells('same', `${here} › what › ${['no', 'such', 'row'].join('-')}`))).toHaveLength(1);
  expect(() => rowIn('| a | b | c |', 's')).toThrow('not four cells');
  expect(codeFaultOf('Gone', rowIn(cells('same', `${here} › what`), 's'))).toBeUndefined();
  expect(codeFaultOf(['G', 'one2'].join(''), rowIn(cells('same', `${here} › what`), 's'))).toContain(
    'no test',
  );
});

test('a test that never runs is none', () => {
  const { titles, texts } = readTestFile(`
    // test('in a comment', () => {});
    test('plain', () => { call('text'); });
    test.skip('skipped', () => {});
    it.todo('later');
    describe.skipIf(!possible)('only where it can', () => {
      it.each<[string]>([['a row']])(\`%s of \${many}\`, () => {});
    });
    other.test('of something else', () => {});
  `);
  expect(titles).toEqual(['plain', 'only where it can', ['%s of $', '{…}'].join('')]);
  expect(texts).toEqual(expect.arrayContaining(['text', 'a row']));
});

/** The rows of the tables that begin with `what`. A subsection's name is the section of its rows. */
function rowsOf(text: string): Row[] {
  return text.split(/^### /m).flatMap((part) => {
    const [section = '', ...lines] = part.split('\n');
    const tables = lines.join('\n').split('\n\n');
    return tables.flatMap((table) => {
      const [header = '', , ...body] = table.trim().split('\n');
      return header === tableHeader ? body.map((line) => rowIn(line, section)) : [];
    });
  });
}

function rowIn(line: string, section: string): Row {
  const cells = line.split('|').slice(1, -1);
  if (cells.length !== 4) throw new Error(`not four cells: ${line}`);
  const [what = '', , ours = '', shown = ''] = cells.map((cell) => cell.trim());
  const verdict = verdicts.find((each) => ours === each || ours.startsWith(`${each}: `));
  return { section, what, verdict, ours, shownBy: shown === '' ? [] : shown.split('<br>').map(shownIn) };
}

function shownIn(line: string): Shown {
  const [path = '', title = '', text] = line.split(' › ').map((part) => part.trim());
  return { path: path.replaceAll('`', ''), title, ...(text !== undefined && { text }) };
}

/** What stands in backticks. */
function namesIn(text: string): string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name);
}

/** The values of the definition with this title. */
function valuesIn(file: string): (title: string) => string[] {
  const schema: unknown = JSON.parse(read(`schemas/${file}`));
  return (title) => {
    const found = findByTitle(schema, title);
    if (!Array.isArray(found)) throw new Error(`${file} has no ${title}`);
    return found.map(String);
  };
}

function findByTitle(node: unknown, title: string): unknown {
  if (typeof node !== 'object' || node === null) return undefined;
  if ('title' in node && node.title === title && 'enum' in node) return node.enum;
  for (const child of Object.values(node)) {
    const found = findByTitle(child, title);
    if (found !== undefined) return found;
  }
  return undefined;
}
