import { expect, test } from 'vitest';
import { maxRenderedBytes, renderedFault } from './rendered-size.ts';
import { substitute } from './substitute.ts';

const place = { file: 'a.yaml', line: 1, column: 1 };
const isTooLarge = (script: string, values: Record<string, string>) =>
  renderedFault({ script }, new Map(Object.entries(values)), () => place) !== undefined;

test('the limit is on what an instance is given, to the byte', () => {
  const most = 'ä'.repeat(maxRenderedBytes / 4 - 1);
  const script = 'é{{a}}{{ A }}{{b}}';
  for (const b of ['', 'x', 'xx', 'xxx']) {
    const bytes = Buffer.byteLength(substitute(script, { a: most, b }, {}));
    expect(isTooLarge(script, { a: most, b })).toBe(bytes > maxRenderedBytes);
  }
  expect(isTooLarge(script, { a: most, b: 'xxx' })).toBe(true);
});

test('built-ins count as long as they can be, and what has no value as it is written', () => {
  expect(isTooLarge('{{GC::InstanceName}}'.repeat(2048), {})).toBe(false);
  expect(isTooLarge('{{GC::InstanceName}}'.repeat(2049), {})).toBe(true);
  expect(isTooLarge('{{nobody}}'.repeat(100), { a: 'x'.repeat(maxRenderedBytes) })).toBe(false);
});
