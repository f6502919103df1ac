import { parseSync } from '@swc/core';

/** What a file of tests says of itself. */
export interface TestFile {
  /** Of each test and group that runs, as it is written: `%s` and `${…}` stay. */
  titles: string[];
  /** Every text of the file, the titles too: the rows of its tables are among them. */
  texts: string[];
}

/** Reads the source of tests without running it. A test that is always skipped, or still to be written, is none. */
export function readTestFile(source: string): TestFile {
  const found: TestFile = { titles: [], texts: [] };
  walk(parseSync(source, { syntax: 'typescript' }), found);
  return found;
}

function walk(node: unknown, found: TestFile): void {
  if (Array.isArray(node)) for (const each of node) walk(each, found);
  if (!isNode(node)) return;
  const text = textOf(node);
  if (text !== undefined) found.texts.push(text);
  const title = titleOf(node);
  if (title !== undefined) found.titles.push(title);
  for (const child of Object.values(node)) walk(child, found);
}

type Node = Record<string, unknown>;

/** `test(…)`, `it(…)`, `describe(…)`, also with what stands between: `test.each(table)(…)`, `test.skipIf(why)(…)`. */
function titleOf({ type, callee, arguments: given }: Node): string | undefined {
  if (type !== 'CallExpression' || !isTest(callee) || !Array.isArray(given)) return undefined;
  const [first] = given;
  return isNode(first) && isNode(first.expression) ? textOf(first.expression) : undefined;
}

function isTest(callee: unknown): boolean {
  if (!isNode(callee)) return false;
  switch (callee.type) {
    case 'Identifier':
      return ['test', 'it', 'describe'].includes(String(callee.value));
    case 'MemberExpression':
      return isTest(callee.object) && isNode(callee.property) && !isNever(String(callee.property.value));
    case 'CallExpression':
      return isTest(callee.callee);
    default:
      return false;
  }
}

function isNever(way: string): boolean {
  return way === 'skip' || way === 'todo';
}

/** Of a text; of a template what is written, with `${…}` for what is not known before it runs. */
function textOf({ type, value, quasis }: Node): string | undefined {
  if (type === 'StringLiteral' && typeof value === 'string') return value;
  if (type !== 'TemplateLiteral' || !Array.isArray(quasis)) return undefined;
  return quasis.map((each) => (isNode(each) ? String(each.cooked) : '')).join('${…}');
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
