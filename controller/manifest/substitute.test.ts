import { expect, test } from 'vitest';
import { environmentOf, placeholders, substitute } from './substitute.ts';

test('a placeholder becomes its value, whatever the case and the blanks inside the braces', () => {
  expect(substitute('{{who}} {{ WHO }} {{\n  Who\t}}', { who: 'me' }, {})).toBe('me me me');
});

test('a value that looks like a placeholder stays text', () => {
  expect(
    substitute(
      '{{a}}',
      new Map([
        ['a', '{{b}}'],
        ['b', 'x'],
      ]),
      {},
    ),
  ).toBe('{{b}}');
});

test('a value with a dollar sign is not read as a replacement pattern', () => {
  expect(substitute('[{{a}}]', { a: "$& $1 $` $'" }, {})).toBe("[$& $1 $` $']");
});

test('built-ins are known under both prefixes', () => {
  expect(substitute('{{ACS::InstanceId}} {{ gc :: instanceid }}', {}, { InstanceId: 'mi-1' })).toBe(
    'mi-1 mi-1',
  );
});

test('what has no value stays as it is', () => {
  const script = 'docker ps --format "{{.Names}}" {{x}} {{constructor}} ${{ y }} {{ACS::Region}}';
  expect(substitute(script, {}, {})).toBe(script);
});

test('a placeholder says what it refers to and where it stands', () => {
  expect(placeholders('a {{b}} {{ACS::InstanceId}} {{oos:c}}')).toEqual([
    { raw: '{{b}}', index: 2, refersTo: { parameter: 'b' } },
    { raw: '{{ACS::InstanceId}}', index: 8, refersTo: { builtIn: 'InstanceId' } },
    { raw: '{{oos:c}}', index: 28, refersTo: { store: 'oos' } },
  ]);
});

test('parameters become variables in upper case', () => {
  expect(environmentOf({ 'my-name': 'x', n2: '' })).toEqual({ GC_PARAM_MY_NAME: 'x', GC_PARAM_N2: '' });
});
