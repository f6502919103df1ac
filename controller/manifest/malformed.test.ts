// Every way to get a manifest wrong that we know of. ‸ marks where each problem must be reported, in the order of
// the codes; exactly these problems may come.
import { expect, test } from 'vitest';
import { withoutMarks } from '../../test/support/marks.ts';
import { snapshotOf } from '../../test/support/memory-snapshot.ts';
import { makeParseCache, readCatalog } from './read-catalog.ts';

const head = 'apiVersion: groundcrew.dev/v1\n';
const command = (spec: string) => `${head}kind: Command\nmetadata: {name: hello}\nspec:\n${spec}`;
const shell = (rest: string) => command(`  type: RunShellScript\n${rest}`);
const withParameters = (list: string, script: string) =>
  shell(`  parameters:\n${list}  content: |\n    ${script}\n`);
const invocation = (spec: string) =>
  `${head}kind: Invocation\nmetadata: {name: greet}\nspec:\n${spec}  command: {type: RunShellScript, content: 'true'}\n`;
const onAll = (rest: string) => invocation(`  targets: {selector: {}}\n${rest}`);
const inline = (spec: string, rest = '') =>
  `${head}kind: Invocation\nmetadata: {name: greet}\nspec:\n  targets: {selector: {}}\n${rest}  command:\n    type: RunShellScript\n${spec}`;

const cases: [title: string, text: string, ...codes: string[]][] = [
  // YAML
  ['a quote that is not closed', 'a: "b\n‸', 'YamlSyntax'],
  ['a tab as indentation', 'a:\n‸\t- b\n', 'YamlSyntax'],
  ['a mapping in the middle of a line', 'a: ‸b: c\n', 'YamlSyntax'],
  ['a bracket too many', '‸]\n', 'YamlSyntax'],
  ['a bad escape', 'a: "‸\\q"\n', 'YamlSyntax'],
  ['a list that is not closed', 'a: [1\n‸b: 2\n', 'YamlSyntax'],
  ['a duplicate key', shell("  content: 'true'\n  ‸content: 'false'\n"), 'YamlDuplicateKey'],
  [
    'a duplicate key in another style',
    shell("  content: 'true'\n  ‸\"content\": 'false'\n"),
    'YamlDuplicateKey',
  ],
  ['an alias', shell('  description: &d x\n  content: ‸*d\n'), 'YamlAlias'],
  ['an alias of nothing', shell('  content: ‸*d\n'), 'YamlAlias'],
  ['an anchor that nothing uses', shell("  content: &c ‸'true'\n"), 'YamlAnchor'],
  [
    'a merge key',
    `${head}kind: Command\nmetadata: &m {name: hello}\nspec:\n  ‸<<: *m\n  type: RunShellScript\n  content: x\n`,
    'YamlMergeKey',
  ],
  ['an unknown tag', shell('  content: ‸!secret x\n'), 'YamlTag'],
  ['a tag of another language', shell('  content: ‸!!js/function x\n'), 'YamlTag'],
  ['a directive for another YAML', `‸%YAML 1.1\n---\n${shell('  content: x\n')}`, 'YamlDirective'],
  ['a directive for tags', `‸%TAG ! tag:x,2000:\n---\n${shell('  content: x\n')}`, 'YamlDirective'],
  ['a number as a key', `${shell('  content: x\n')}‸12: x\n`, 'YamlKeyNotText'],
  ['a list as a key', `${shell('  content: x\n')}? ‸[a]\n: x\n`, 'YamlKeyNotText'],
  ['33 levels', `a: ${'['.repeat(31)}‸[${']'.repeat(32)}\n`, 'NestingTooDeep'],
  [
    '101 documents',
    `---\n${shell('  content: x\n').replace('hello', 'h0')}${Array.from(
      { length: 99 },
      (_, index) => `---\n${shell('  content: x\n').replace('hello', `h${index + 1}`)}`,
    ).join('')}---\n‸a: 1\n`,
    'TooManyDocuments',
  ],
  ['a NUL character', `${head}kind: ‸\0`, 'FileHasNul'],
  ['a file of 300 KiB', `‸# ${'x'.repeat(300 * 1024)}`, 'FileTooLarge'],

  // What it is
  ['a list', '‸- a\n', 'NotAManifest'],
  ['a text', '‸hello\n', 'NotAManifest'],
  ['a bare tag', '!!str‸\n', 'NotAManifest'],
  [
    'a manifest of Kubernetes',
    'apiVersion: ‸v1\nkind: ConfigMap\nmetadata: {name: x}\n',
    'UnknownApiVersion',
  ],
  [
    'another version',
    shell("  content: 'true'\n").replace('dev/v1', 'dev/v2').replace('groundcrew', '‸groundcrew'),
    'UnknownApiVersion',
  ],
  [
    'no apiVersion',
    "‸kind: Command\nmetadata: {name: x}\nspec: {type: RunShellScript, content: 'true'}\n",
    'MissingField',
  ],
  ['a misspelt kind', shell('  content: x\n').replace('Command', '‸Comand'), 'UnknownKind'],
  ['another kind', `${head}kind: ‸Deployment\nmetadata: {name: x}\nspec: {}\n`, 'UnknownKind'],
  ['no kind', `‸${head}metadata: {name: x}\nspec: {}\n`, 'MissingField'],
  ['a misspelt key for kind', shell('  content: x\n').replace('kind', '‸knd'), 'UnknownField'],
  ['no spec', `‸${head}kind: Command\nmetadata: {name: x}\n`, 'MissingField'],
  [
    'nothing in metadata',
    `${head}kind: Command\n‸metadata:\nspec: {type: RunShellScript, content: x}\n`,
    'WrongType',
  ],
  [
    'no name',
    `${head}kind: Command\n‸metadata: {}\nspec: {type: RunShellScript, content: x}\n`,
    'MissingField',
  ],
  ['a name with a blank', shell('  content: x\n').replace('hello', "‸'a b'"), 'InvalidText'],
  ['an empty name', shell('  content: x\n').replace('hello', "‸''"), 'TextTooShort'],
  [
    'a name of 129 characters',
    shell('  content: x\n').replace('hello', `‸${'a'.repeat(129)}`),
    'TextTooLong',
  ],
  ['a number for a name', shell('  content: x\n').replace('hello', '‸12'), 'WrongType'],
  [
    'a label that is no text',
    shell('  content: x\n').replace('hello', 'hello, labels: {a: ‸1}'),
    'WrongType',
  ],
  [
    'a label with a bad key',
    shell('  content: x\n').replace('hello', "hello, labels: {‸'a b': x}"),
    'InvalidKey',
  ],
  [
    'a label with a value of 64 characters',
    shell('  content: x\n').replace('hello', `hello, labels: {a: ‸${'x'.repeat(64)}}`),
    'TextTooLong',
  ],
  ['labels as a list', shell('  content: x\n').replace('hello', 'hello, labels: ‸[a]'), 'WrongType'],

  // A Command
  ['a misspelt field', shell('  ‸contnet: x\n'), 'UnknownField'],
  ['a field of another kind', shell('  content: x\n  ‸targets: {}\n'), 'UnknownField'],
  ['two misspelt fields', shell('  ‸contnet: x\n  ‸timout: 5\n'), 'UnknownField', 'UnknownField'],
  ['a misspelt required field', command('  ‸tpye: RunShellScript\n  content: x\n'), 'UnknownField'],
  ['no type', `${head}kind: Command\nmetadata: {name: x}\n‸spec: {content: x}\n`, 'MissingField'],
  ['a misspelt type', command('  type: ‸RunShelScript\n  content: x\n'), 'UnknownValue'],
  [
    'no content',
    `${head}kind: Command\nmetadata: {name: x}\n‸spec: {type: RunShellScript}\n`,
    'ChoiceMissing',
  ],
  ['two contents', shell('  content: x\n  ‸contentBase64: eA==\n'), 'ChoiceNotUnique'],
  ['a working directory that is a number', shell('  content: x\n  workingDir: ‸7\n'), 'WrongType'],
  ['a relative working directory', shell('  content: x\n  workingDir: ‸srv/app\n'), 'InvalidText'],
  ['a working directory of a drive only', shell("  content: x\n  workingDir: ‸'C:'\n"), 'InvalidText'],
  ['a home folder as ~', shell('  content: x\n  workingDir: ‸~/app\n'), 'InvalidText'],
  ['a NUL in a working directory', shell('  content: x\n  workingDir: ‸"/srv\\0"\n'), 'InvalidText'],
  ['an empty working directory', shell("  content: x\n  workingDir: ‸''\n"), 'TextTooShort'],
  [
    'a working directory of 201 characters',
    shell(`  content: x\n  workingDir: ‸/${'x'.repeat(200)}\n`),
    'TextTooLong',
  ],
  ['a user with a colon', shell('  content: x\n  username: ‸a:b\n'), 'InvalidText'],
  ['a user that looks like an option', shell('  content: x\n  username: ‸-u\n'), 'InvalidText'],
  ['a user with a blank', shell("  content: x\n  username: ‸'a b'\n"), 'InvalidText'],
  ['a user with a line break', shell('  content: x\n  username: ‸"a\\nb"\n'), 'InvalidText'],
  ['a NUL in a user', shell('  content: x\n  username: ‸"a\\0"\n'), 'InvalidText'],
  ['a user of 256 characters', shell(`  content: x\n  username: ‸${'x'.repeat(256)}\n`), 'TextTooLong'],
  ['a user by number', shell('  content: x\n  username: ‸1000\n'), 'WrongType'],
  ['an empty launcher', shell("  content: x\n  launcher: ‸''\n"), 'TextTooShort'],
  ['a launcher of blanks', shell("  content: x\n  launcher: '‸  '\n"), 'InvalidLauncher'],
  [
    'a quote in a launcher that is not closed',
    shell('  content: x\n  launcher: ruby ‸"-w\n'),
    'InvalidLauncher',
  ],
  [
    'a launcher with the script twice',
    shell('  content: x\n  launcher: ruby {{ACS::ScriptFileName}} ‸{{ACS::ScriptFileName}}\n'),
    'InvalidLauncher',
  ],
  [
    'a launcher with another built-in',
    shell('  content: x\n  launcher: >-\n    ruby ‸{{ACS::InstanceId}}\n'),
    'InvalidLauncher',
  ],
  [
    'a launcher with a parameter',
    shell("  content: 'echo {{a}}'\n  parameters: [{name: a}]\n  launcher: 'ruby ‸{{a}}'\n"),
    'InvalidLauncher',
  ],
  [
    'a launcher whose mistake is behind an escape',
    shell('  content: x\n  launcher: ‸"ruby\\x20\\"-w"\n'),
    'InvalidLauncher',
  ],
  [
    'a launcher of more than 1 KiB, in fewer characters',
    shell(`  content: x\n  launcher: ‸ruby ${'é'.repeat(510)}\n`),
    'InvalidLauncher',
  ],
  ['keeping a Command', shell('  content: x\n  ‸keep: true\n'), 'UnknownField'],
  ['a timeout of 0', shell('  content: x\n  timeout: ‸0\n'), 'NumberOutOfRange'],
  ['a timeout of 0s', shell('  content: x\n  timeout: ‸0s\n'), 'InvalidDuration'],
  ['a timeout of more than 99,999 days', shell('  content: x\n  timeout: ‸8639913601\n'), 'NumberOutOfRange'],
  ['a timeout of a day more', shell('  content: x\n  timeout: ‸99999d24h\n'), 'InvalidDuration'],
  ['a timeout of six digits of days', shell('  content: x\n  timeout: ‸100000d\n'), 'InvalidDuration'],
  ['a timeout in weeks', shell('  content: x\n  timeout: ‸1w\n'), 'InvalidDuration'],
  ['a timeout of a second and a half', shell('  content: x\n  timeout: ‸1.5\n'), 'WrongType'],
  ['an empty script', shell("  content: ‸''\n"), 'TextTooShort'],
  ['a script of blanks', shell("  content: ‸'  '\n"), 'ScriptEmpty'],
  ['a script that is a list', shell('  content: ‸[a]\n'), 'WrongType'],
  ['a script that is missing', shell('  ‸content:\n'), 'WrongType'],
  ['a NUL in a script', shell('  content: ‸"a\\0b"\n'), 'ScriptHasNul'],
  ['what is no Base64', shell('  contentBase64: ‸"***"\n'), 'InvalidBase64'],
  ['Base64 of what is not UTF-8', shell('  contentBase64: ‸/w==\n'), 'ScriptNotUtf8'],
  ['a script of 19 KB', shell(`  content: ‸"${'x'.repeat(14_000)}"\n`), 'ScriptTooLarge'],
  [
    'a description of 513 characters',
    shell(`  content: x\n  description: ‸${'x'.repeat(513)}\n`),
    'TextTooLong',
  ],
  ['a content file that is missing', shell('  contentFrom: {file: ‸a.sh}\n'), 'ContentFileMissing'],
  ['a content file outside', shell('  contentFrom: {file: ‸../../a.sh}\n'), 'ContentFileOutside'],
  [
    'a content file by an absolute path',
    shell('  contentFrom: {file: ‸/etc/passwd}\n'),
    'ContentFileOutside',
  ],
  ['a content file without a name', shell('  ‸contentFrom: {}\n'), 'MissingField'],
  ['a content file as text', shell('  contentFrom: ‸a.sh\n'), 'WrongType'],

  // Parameters
  [
    '21 parameters',
    shell(
      `  content: x\n  ‸parameters: [${Array.from({ length: 21 }, (_, n) => `{name: p${n}}`).join(', ')}]\n`,
    ),
    'TooManyItems',
  ],
  [
    'a parameter without a name',
    shell('  content: x\n  parameters:\n    - ‸description: x\n'),
    'MissingField',
  ],
  [
    'a parameter of 65 characters',
    shell(`  content: x\n  parameters: [{name: ‸${'a'.repeat(65)}}]\n`),
    'TextTooLong',
  ],
  [
    'a parameter that is called like a built-in',
    shell('  content: x\n  parameters: [{name: ‸"ACS::InstanceId"}]\n'),
    'InvalidText',
  ],
  [
    'a parameter that is described in 513 characters',
    shell(`  content: x\n  parameters: [{name: a, description: ‸${'x'.repeat(513)}}]\n`),
    'TextTooLong',
  ],
  ['a parameter with a dot', shell('  content: x\n  parameters: [{name: ‸a.b}]\n'), 'InvalidText'],
  [
    'a parameter twice',
    shell('  content: x\n  parameters: [{name: who}, {name: ‸WHO}]\n'),
    'DuplicateParameter',
  ],
  [
    'parameters of one variable',
    shell('  content: x\n  parameters: [{name: a-b}, {name: ‸a_b}]\n'),
    'ParameterNamesCollide',
  ],
  [
    'a secret parameter',
    shell('  content: x\n  parameters: [{name: a, secret: ‸true}]\n'),
    'NotYetSupported',
  ],
  ['a number for a default', shell('  content: x\n  parameters: [{name: a, default: ‸1}]\n'), 'WrongType'],
  ['an empty enum', shell('  content: x\n  parameters: [{name: a, ‸enum: []}]\n'), 'TooFewItems'],
  [
    'a value twice in enum',
    shell('  content: x\n  parameters: [{name: a, enum: [b, c, ‸b]}]\n'),
    'DuplicateItem',
  ],
  [
    'a default that is not in enum',
    shell('  content: x\n  parameters: [{name: a, enum: [b, c], default: ‸d}]\n'),
    'InvalidDefault',
  ],
  [
    'a default that does not match',
    shell("  content: x\n  parameters: [{name: a, pattern: '[0-9]+', default: ‸d}]\n"),
    'InvalidDefault',
  ],
  [
    'an enum that does not match',
    shell("  content: x\n  parameters: [{name: a, pattern: '[0-9]+', enum: ['1', ‸b]}]\n"),
    'InvalidEnum',
  ],
  [
    'a pattern that does not compile',
    shell("  content: x\n  parameters: [{name: a, pattern: ‸'('}]\n"),
    'InvalidPattern',
  ],
  [
    'a pattern that escapes its group',
    shell("  content: x\n  parameters: [{name: a, pattern: ‸'a)|(b'}]\n"),
    'InvalidPattern',
  ],
  [
    'a pattern that goes wild',
    shell("  content: x\n  parameters: [{name: a, pattern: ‸'(a+)+'}]\n"),
    'PatternTooSlow',
  ],
  [
    'a pattern with many ways to match each character',
    shell(
      `  content: x\n  parameters: [{name: a, pattern: ‸'${'(a|a)'.repeat(40)} b', default: ${'a'.repeat(41)}}]\n`,
    ),
    'PatternTooSlow',
  ],
  [
    'a pattern that goes wild over a value that it does not show before',
    shell(
      `  content: x\n  parameters: [{name: a, pattern: '${'(x|x)'.repeat(40)}b', default: ‸${'x'.repeat(41)}}]\n`,
    ),
    'PatternTooSlow',
  ],
  [
    'a pattern with counts that are bounded, and large',
    shell(
      `  content: x\n  parameters: [{name: a, pattern: 'x{1,400}x{1,400}x{1,400}b', default: ‸${'x'.repeat(1300)}}]\n`,
    ),
    'PatternTooSlow',
  ],
  [
    'a NUL in a default',
    shell('  content: x\n  parameters: [{name: a, default: ‸"a\\0"}]\n'),
    'ParameterHasNul',
  ],
  [
    'a default that a shell reads as code',
    withParameters("    - {name: who, default: ‸'$(reboot)'}\n", 'echo {{who}}'),
    'UnsafeParameterValue',
  ],
  [
    'a placeholder that is not declared',
    withParameters('    - {name: who}\n', 'echo ‸{{whom}}'),
    'UndeclaredPlaceholder',
  ],
  [
    'a built-in that does not exist',
    withParameters('    - {name: who}\n', 'echo ‸{{ACS::Region}} {{who}}'),
    'InvalidSystemBuiltInParameter',
  ],
  [
    'a built-in that does not exist, without parameters',
    shell('  content: |\n    echo ‸{{ GC::Zone }}\n'),
    'InvalidSystemBuiltInParameter',
  ],
  [
    'the built-in of launchers in a script',
    shell('  content: |\n    echo ‸{{ACS::ScriptFileName}}\n'),
    'InvalidSystemBuiltInParameter',
  ],
  [
    'an address in Perl, where @ begins a list',
    command(
      '  type: RunPerlScript\n  content: print "{{to}}"\n  parameters: [{name: to, default: ‸a@b.c}]\n',
    ),
    'UnsafeParameterValue',
  ],
  [
    'a list in PowerShell',
    command(
      '  type: RunPowerShellScript\n  content: echo {{to}}\n  parameters: [{name: to, default: ‸"a,b"}]\n',
    ),
    'UnsafeParameterValue',
  ],
  [
    'two arguments in a batch file',
    command('  type: RunBatScript\n  content: echo {{to}}\n  parameters: [{name: to, default: ‸a=b}]\n'),
    'UnsafeParameterValue',
  ],
  ['a parameter store', shell('  content: |\n    echo\n    echo ‸{{oos-secret:db}}\n'), 'NotYetSupported'],

  // An Invocation
  [
    'nothing to run',
    `${head}kind: Invocation\nmetadata: {name: x}\n‸spec: {targets: {selector: {}}}\n`,
    'ChoiceMissing',
  ],
  [
    'two things to run',
    onAll('  commandRef: {name: ‸x}\n').replace('  command:', '  ‸command:'),
    'UnknownCommand',
    'ChoiceNotUnique',
  ],
  [
    'no targets',
    `${head}kind: Invocation\nmetadata: {name: x}\n‸spec:\n  command: {type: RunShellScript, content: x}\n`,
    'MissingField',
  ],
  ['targets without anything', invocation('  ‸targets: {}\n'), 'ChoiceMissing'],
  [
    '10,001 instances',
    invocation(
      `  targets: {‸instances: [${Array.from({ length: 10_001 }, (_, n) => `w${n}`).join(', ')}]}\n`,
    ),
    'TooManyItems',
  ],
  [
    '65 requirements of labels',
    invocation(
      `  targets: {selector: {‸matchExpressions: [${Array.from({ length: 65 }, (_, n) => `{key: k${n}, operator: Exists}`).join(', ')}]}}\n`,
    ),
    'TooManyItems',
  ],
  [
    '65 labels to match',
    invocation(
      `  targets: {selector: {‸matchLabels: {${Array.from({ length: 65 }, (_, n) => `k${n}: x`).join(', ')}}}}\n`,
    ),
    'TooManyItems',
  ],
  ['an empty list of instances', invocation('  targets: {‸instances: []}\n'), 'TooFewItems'],
  ['an instance twice', invocation('  targets: {instances: [a, ‸a]}\n'), 'DuplicateItem'],
  ['a selector as a text', invocation('  targets: {selector: ‸all}\n'), 'WrongType'],
  ['a misspelt selector', invocation('  targets: {selector: {‸matchLables: {a: b}}}\n'), 'UnknownField'],
  [
    'an unknown operator',
    invocation('  targets: {selector: {matchExpressions: [{key: a, operator: ‸Inn, values: [b]}]}}\n'),
    'UnknownValue',
  ],
  [
    'In without values',
    invocation('  targets: {selector: {matchExpressions: [{key: a, operator: ‸In}]}}\n'),
    'SelectorValues',
  ],
  [
    'Exists with values',
    invocation('  targets: {selector: {matchExpressions: [{key: a, operator: ‸Exists, values: [b]}]}}\n'),
    'SelectorValues',
  ],
  ['a field that is not there yet', onAll('  ‸suspend: {}\n'), 'NotYetSupported'],
  ['a field that is not there yet, and wrong besides', onAll('  ‸rollout: 7\n'), 'NotYetSupported'],
  ['an unknown repeat mode', onAll('  repeatMode: ‸Periodic\n'), 'UnknownValue'],
  ['a period without a frequency', onAll('  repeatMode: ‸Period\n'), 'MissingFrequency'],
  [
    'fields of schedules without one',
    onAll("  ‸until: '2027-01-01T00:00:00Z'\n  ‸startingDeadline: 1h\n  ‸concurrencyPolicy: Allow\n"),
    'ScheduleFieldUnused',
    'ScheduleFieldUnused',
    'ScheduleFieldUnused',
  ],
  ['a frequency for once', onAll('  repeatMode: Once\n  ‸frequency: rate(5m)\n'), 'ScheduleFieldUnused'],
  [
    'a frequency for a dry run',
    onAll('  repeatMode: DryRun\n  ‸frequency: rate(5m)\n'),
    'ScheduleFieldUnused',
  ],
  [
    'a frequency for boots',
    onAll('  repeatMode: EveryReboot\n  ‸frequency: rate(5m)\n'),
    'ScheduleFieldUnused',
  ],
  [
    'an end for the next boot',
    onAll("  repeatMode: NextRebootOnly\n  ‸until: '2027-01-01T00:00:00Z'\n"),
    'ScheduleFieldUnused',
  ],
  ['an empty frequency', onAll("  frequency: ‸''\n"), 'TextTooShort'],
  ['a frequency of 513 characters', onAll(`  frequency: ‸${'x'.repeat(513)}\n`), 'TextTooLong'],
  ['a number as a frequency', onAll('  frequency: ‸60\n'), 'WrongType'],
  ['a time without a zone', onAll("  frequency: rate(5m)\n  until: ‸'2027-01-01T00:00:00'\n"), 'InvalidText'],
  ['a day without a time', onAll('  frequency: rate(5m)\n  until: ‸2027-01-01\n'), 'InvalidText'],
  [
    'a day that no month has',
    onAll("  frequency: rate(5m)\n  until: ‸'2027-02-29T00:00:00Z'\n"),
    'InvalidTime',
  ],
  ['a deadline of no time', onAll('  frequency: rate(5m)\n  startingDeadline: ‸0s\n'), 'InvalidDuration'],
  ['an unknown policy', onAll('  frequency: rate(5m)\n  concurrencyPolicy: ‸Queue\n'), 'UnknownValue'],
  ['a delivery timeout in words', onAll('  deliveryTimeout: ‸soon\n'), 'InvalidDuration'],
  ['a delivery timeout of 285,000 years', onAll('  deliveryTimeout: ‸9000000000000\n'), 'NumberOutOfRange'],
  ['a delivery timeout of no time', onAll('  deliveryTimeout: ‸0s\n'), 'InvalidDuration'],
  ['an unknown termination mode', onAll('  terminationMode: ‸Group\n'), 'UnknownValue'],
  ['a relative working directory of a run', onAll('  workingDir: ‸./app\n'), 'InvalidText'],
  ['a user of a run with a colon', onAll('  username: ‸a:b\n'), 'InvalidText'],
  [
    'a launcher of a run without a program',
    onAll('  launcher: "‸{{ACS::ScriptFileName}}"\n'),
    'InvalidLauncher',
  ],
  ['yes for keep', inline('    content: x\n    keep: ‸yes\n'), 'WrongType'],
  [
    'keeping a script of 19 KB',
    inline(`    keep: true\n    content: ‸${'x'.repeat(14_000)}\n`),
    'ScriptTooLarge',
  ],
  ['a rollout', onAll('  ‸rollout: {maxConcurrent: 3}\n'), 'NotYetSupported'],
  ['yes for true', onAll('  stop: ‸yes\n'), 'WrongType'],
  ['a number for rerun', onAll('  rerun: ‸2\n'), 'WrongType'],
  [
    'a command that does not exist',
    `${head}kind: Invocation\nmetadata: {name: x}\nspec:\n  targets: {selector: {}}\n  commandRef: {name: ‸nobody}\n`,
    'UnknownCommand',
  ],
  ['parameters as a list', onAll('  parameters: ‸[who]\n'), 'WrongType'],
  ['a parameter that is not declared', onAll('  parameters: {who: ‸x}\n'), 'UnknownParameter'],
  ['a parameter twice, in another case', onAll('  parameters: {who: x, ‸WHO: y}\n'), 'DuplicateParameter'],
  ['a number for a parameter', onAll('  parameters: {port: ‸80}\n'), 'WrongType'],
  [
    'a required parameter that is missing',
    inline('    content: x\n    parameters: [{name: who}]\n').replace('greet', '‸greet'),
    'MissingParameter',
  ],
  [
    'a value that is not in enum',
    inline('    content: x\n    parameters: [{name: who, enum: [a, b]}]\n', '  parameters: {who: ‸c}\n'),
    'InvalidParameterValue',
  ],
  [
    'a value that does not match',
    inline("    content: x\n    parameters: [{name: who, pattern: '[a-z]+'}]\n", '  parameters: {who: ‸C}\n'),
    'InvalidParameterValue',
  ],
  [
    'a value that a shell reads as code',
    inline(
      "    content: 'echo {{who}}'\n    parameters: [{name: who}]\n",
      "  parameters: {who: ‸'a; reboot'}\n",
    ),
    'UnsafeParameterValue',
  ],
  [
    'a value that a program reads as an option',
    inline("    content: 'rm {{who}}'\n    parameters: [{name: who}]\n", '  parameters: {who: ‸-rf}\n'),
    'UnsafeParameterValue',
  ],
  [
    'a NUL in a value',
    inline('    content: x\n    parameters: [{name: who}]\n', '  parameters: {who: ‸"a\\0"}\n'),
    'ParameterHasNul',
  ],
  [
    'values that make it too large',
    inline(
      '    content: x\n    parameters: [{name: who}]\n',
      `  parameters: {who: ‸${'x'.repeat(20_000)}}\n`,
    ),
    'ScriptTooLarge',
  ],
  [
    'a value that stands in the script too often',
    inline(
      `    content: '${'{{a}}'.repeat(1500)}'\n    parameters: [{name: a}, {name: b}]\n`,
      `  parameters: {b: x, a: ‸${'x'.repeat(4000)}}\n`,
    ),
    'ScriptTooLarge',
  ],
  [
    'a default that stands in the script too often',
    withParameters(`    - {name: a, default: ‸${'x'.repeat(4000)}}\n`, '{{a}}'.repeat(1500)),
    'ScriptTooLarge',
  ],
  [
    'the same name twice',
    `${shell('  content: x\n').replace('hello', '‸hello')}---\n${shell('  content: y\n').replace('hello', '‸hello')}`,
    'DuplicateName',
    'DuplicateName',
  ],
];

test('the table has at least sixty cases', () => {
  expect(cases.length).toBeGreaterThanOrEqual(60);
});

test.each(cases)('%s is refused at its place', async (_, marked, ...codes) => {
  const started = performance.now();
  const { text, places } = withoutMarks(marked);
  const catalog = await readCatalog(snapshotOf({ 'manifests/a.yaml': text }), makeParseCache());
  const found = catalog.problems.map(({ code, file, line, column }) => `${code} ${file}:${line}:${column}`);
  expect(found).toEqual(codes.map((code, index) => `${code} manifests/a.yaml:${places[index]}`));
  for (const each of catalog.problems) {
    expect(each.message).not.toBe('');
    expect(each.hint).not.toBe('');
  }
  expect(performance.now() - started).toBeLessThan(10_000);
});

test('a file full of wild patterns costs seconds, not one limit of time for each', async () => {
  const wild = (name: string, at: number) =>
    `---\n${shell('').replace('hello', name)}  content: x\n  parameters:\n${Array.from(
      { length: 20 },
      (_, index) => `    - {name: p${index}, pattern: '(a+|${at}x${index})+'}\n`,
    ).join('')}`;
  const text = Array.from({ length: 100 }, (_, at) => wild(`wild-${at}`, at)).join('');
  const started = performance.now();
  const { problems } = await readCatalog(snapshotOf({ 'manifests/a.yaml': text }), makeParseCache());
  expect(performance.now() - started).toBeLessThan(20_000);
  expect(new Set(problems.map(({ code }) => code))).toEqual(new Set(['PatternTooSlow']));
  // Nothing of it is held against the next file.
  const good = shell("  content: x\n  parameters: [{name: a, pattern: '(b|c)+', default: b}]\n");
  expect((await readCatalog(snapshotOf({ 'manifests/b.yaml': good }), makeParseCache())).problems).toEqual(
    [],
  );
});
