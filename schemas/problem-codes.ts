interface CodeDescription {
  severity: 'error' | 'warning';
  /** What the code means, in a sentence; docs/errors.md has the same. */
  title: string;
  /** What to do about it, where the place of birth knows nothing better. */
  hint: string;
}

/** Every code that a problem can have. Stable: a code is never renamed or reused. docs/errors.md lists them all. */
export const problemCodes = {
  // The file
  FileTooLarge: error('A manifest file is larger than 256 KiB.', 'Split it into several files.'),
  FileNotUtf8: error('The file is not UTF-8 text.', 'Save it as UTF-8.'),
  FileHasNul: error(
    'The file has a NUL character.',
    'Remove it; a file that is not text cannot be a manifest.',
  ),
  FileIsSymlink: error(
    'A symbolic link stands where a manifest should.',
    'Put the file itself in its place.',
  ),
  FileIsSubmodule: error(
    'A submodule lies in the folder of the manifests.',
    'Only files of the commit are read: move the submodule elsewhere, or its manifests into this repository.',
  ),
  FileNameUnusable: error(
    'The path of a file is not UTF-8, or has control characters in it.',
    'Rename the file with git mv.',
  ),
  FileOutsideRepository: error('The path leads out of the repository.', 'Name files of one repository only.'),
  TooManyFiles: error('There are too many manifest files.', 'Use several repositories, or several paths.'),
  TooManyDocuments: error('A file has more than 100 documents.', 'Split it into several files.'),

  // YAML
  YamlSyntax: error('The file is not valid YAML 1.2.', 'Correct the syntax at the place shown.'),
  YamlDuplicateKey: error('A key is given twice in the same mapping.', 'Keep one of the two.'),
  YamlAlias: error('YAML aliases (*name) are not allowed.', 'Write the value out where it is used.'),
  YamlAnchor: error('YAML anchors (&name) are not allowed.', 'Remove the anchor.'),
  YamlMergeKey: error('YAML merge keys (<<) are not allowed.', 'Write the fields out.'),
  YamlTag: error('Unknown YAML tags (!name) are not allowed.', 'Remove the tag.'),
  YamlDirective: error(
    'YAML directives (%NAME) are not allowed.',
    'Remove the line; manifests are YAML 1.2.',
  ),
  YamlKeyNotText: error('A key is not text.', 'Put the key in quotes.'),
  NestingTooDeep: error('Values are nested more than 32 deep.', 'No manifest needs this; make it flatter.'),

  // Shape
  NotAManifest: error('A document is not a mapping.', 'Begin with apiVersion, kind, metadata and spec.'),
  UnknownApiVersion: error(
    'apiVersion is not one that groundcrew knows.',
    'Write apiVersion: groundcrew.dev/v1, or move the file out of the folder of the manifests.',
  ),
  UnknownKind: error('kind is not one that groundcrew knows.', 'Write Command or Invocation.'),
  UnknownField: error('There is no such field here.', 'Remove it, or correct its name.'),
  MissingField: error('A required field is missing.', 'Add it.'),
  WrongType: error('A value has the wrong type.', 'Write a value of the type that is named.'),
  UnknownValue: error('The value is not one of those that are possible.', 'Choose one that is named.'),
  InvalidText: error(
    'The text does not have the form that is needed.',
    'Write it in the form that is named.',
  ),
  InvalidDuration: error('It is not a duration.', 'Write seconds (90), or units: 90s, 5m, 1h30m.'),
  TextTooLong: error('The text is too long.', 'Make it shorter.'),
  TextTooShort: error('The text is empty or too short.', 'Write something, or leave the field out.'),
  NumberOutOfRange: error('The number is too small or too large.', 'Choose one that is in the range.'),
  TooManyItems: error('There are too many items.', 'Take some away.'),
  TooFewItems: error('There are too few items.', 'Add some, or leave the field out.'),
  DuplicateItem: error('An item is given twice.', 'Keep one of the two.'),
  InvalidKey: error('The key does not have the form that is needed.', 'Correct the key.'),
  ChoiceMissing: error('None of several fields is given, and one is needed.', 'Add one of them.'),
  ChoiceNotUnique: error('Several fields are given of which only one may be.', 'Keep one of them.'),
  SelectorValues: error(
    'The values of a label requirement do not fit its operator.',
    'In and NotIn need values; Exists and DoesNotExist have none.',
  ),
  NotYetSupported: error(
    'The field or value is known, but this version does not do it yet.',
    'Leave it out until a version that supports it is installed.',
  ),

  // Scripts
  InvalidBase64: error('It is not Base64.', 'Encode the script again, for example with base64 -w0.'),
  ScriptNotUtf8: error('The script is not UTF-8 text.', 'Save the script as UTF-8.'),
  ScriptEmpty: error('The script is empty.', 'Write a script.'),
  ScriptHasNul: error('The script has a NUL character.', 'Remove it.'),
  ScriptTooLarge: error(
    'Script and parameters together are larger than is allowed.',
    'Put it into a file and name that with contentFrom, make it smaller, or let it fetch what it needs.',
  ),
  InvalidLauncher: error(
    'The launcher cannot be read.',
    'Write a program and its arguments, with {{ACS::ScriptFileName}} at most once.',
  ),
  LargeScriptHasPlaceholder: error(
    'A script that is too large to be changed uses {{name}}, which would stay as it is.',
    'Read the variable GC_PARAM_<NAME> in the script instead, or make the script smaller.',
  ),
  ContentFileMissing: error(
    'contentFrom or source names a file that the commit does not have.',
    'The path is relative to the manifest; correct it, or add the file.',
  ),
  ContentFileOutside: error(
    'contentFrom or source leads out of the repository.',
    'Name a file of this repository by a path relative to the manifest.',
  ),
  ContentFileIsSymlink: error('contentFrom or source goes through a symbolic link.', 'Name the file itself.'),
  ContentFileInSubmodule: error(
    'contentFrom or source leads into a submodule.',
    'Only files of the commit are read: copy the file into this repository.',
  ),
  ContentFileTooLarge: error(
    'The file that contentFrom or source names is too large.',
    'Make it smaller, or let a script fetch it from where large files are kept.',
  ),

  // Files that are sent
  FileNameInvalid: error(
    'The name is not one that a file can have.',
    'Write the name alone, without a slash; the folder is targetDir.',
  ),
  FilePathInvalid: error(
    'The folder is not an absolute path, or has .. in it.',
    'Write the path from the root: /etc/myapp.',
  ),
  FileAuthorityInvalid: error('The mode is not an octal mode.', 'Write three or four octal digits: "0644".'),
  FileContentInvalid: error('The content is not Base64.', 'Encode it again, for example with base64 -w0.'),
  FileContentTooLarge: error(
    'Content that stands in the manifest is larger than is allowed.',
    'Put it into a file of the repository and name that as source.',
  ),
  CommandFieldUnused: error(
    'A field that is about a script stands in an Invocation that sends a file.',
    'Remove the field.',
  ),

  // Parameters
  DuplicateParameter: error(
    'A parameter is named twice; case does not matter.',
    'Keep one of the two, or give it another name.',
  ),
  ParameterNamesCollide: error(
    'Two parameters would be the same environment variable.',
    "In GC_PARAM_ names '-' becomes '_': give one of the two another name.",
  ),
  ParameterHasNul: error('A value has a NUL character.', 'Remove it; no program can be given one.'),
  InvalidPattern: error(
    'The pattern is not a regular expression.',
    'Write an ECMAScript regular expression (flag u).',
  ),
  PatternTooSlow: error(
    'The pattern can take too long to match.',
    'Avoid repetitions inside repetitions, such as (a+)+.',
  ),
  InvalidDefault: error(
    'The default is not a value that the parameter allows.',
    'Let default agree with enum and pattern.',
  ),
  InvalidEnum: error('A value of enum does not match pattern.', 'Let enum and pattern agree, or drop one.'),
  UndeclaredPlaceholder: error(
    'The script uses a parameter that is not declared.',
    'Declare it under parameters, or correct the name.',
  ),
  InvalidSystemBuiltInParameter: error(
    'There is no such built-in parameter.',
    'Use RegionId, AccountId, InstanceId, InstanceName, InvokeId or CommandId.',
  ),
  UnknownParameter: error('The command has no such parameter.', 'Remove it, or correct its name.'),
  MissingParameter: error('A required parameter has no value.', 'Give it under spec.parameters.'),
  InvalidParameterValue: error(
    'The value is not one that the parameter allows.',
    "Choose a value that the parameter's enum or pattern allows.",
  ),
  UnsafeParameterValue: error(
    'A shell could read the value as more than text, and it is put into the script as it is.',
    'Read it in the script as the variable GC_PARAM_<NAME> instead, or give the parameter an enum or a pattern.',
  ),

  // Schedules
  BadCronExpression: error(
    'The cron expression is wrong.',
    'Write SECOND MINUTE HOUR DAY MONTH WEEKDAY, then a year and a time zone if they are wanted.',
  ),
  CronDayFieldsBoth: warning(
    'Both day fields of a cron expression say something.',
    'A day that fits either of them has ticks; write ? in one of them if that is not what you want.',
  ),
  CronExpressionExpired: error(
    'The cron expression has no tick that is still to come.',
    'Correct the year or the day, or remove the schedule.',
  ),
  InvalidGMTOffsetForTimezone: error(
    'The time zone is not an offset from GMT that can be read.',
    'Write it as GMT+8:00 or GMT-3:30.',
  ),
  InvalidGMTOffsetHourForTimezone: error(
    'The hour of an offset from GMT is out of range, or has a leading zero.',
    'Write an offset from GMT-12:59 to GMT+14:59, the hour without a leading zero.',
  ),
  InvalidGMTOffsetMinuteForTimezone: error(
    'The minute of an offset from GMT is out of range.',
    'Write two digits, from 00 to 59.',
  ),
  TimezoneInformationCorrupt: error(
    'There is no such time zone.',
    'Write UTC, an offset such as GMT+8:00, a name of the IANA database such as Europe/Berlin, or Local.',
  ),
  InvalidRateExpression: error(
    'The rate expression is wrong, or its interval is too short.',
    'Write a number and s, m, h or d: rate(5m).',
  ),
  RateFrequencyTooLarge: error(
    'The interval of a rate expression is too long.',
    'Write a shorter interval, or a cron expression.',
  ),
  InvalidAtExpression: error(
    'The at expression is wrong.',
    'Write at(yyyy-MM-dd HH:mm:ss), with a time zone before the bracket if it is not UTC.',
  ),
  AtExpressionExpired: error(
    'The time of an at expression has passed.',
    'Write a time that is still to come, or remove the schedule.',
  ),

  MissingFrequency: error(
    'repeatMode is Period, and there is no frequency.',
    'Add frequency: rate(5m), at(2026-12-01 08:00:00), or a cron expression.',
  ),
  ScheduleFieldUnused: error(
    'A field of schedules stands in an Invocation that has none.',
    'Remove the field, or write repeatMode: Period with a frequency.',
  ),
  InvalidTime: error('There is no such time.', 'Write a day that the month has: 2026-02-28T08:00:00Z.'),
  ScheduleExpired: warning(
    'A schedule has no tick that is still to come.',
    'It starts nothing any more. Correct frequency or until, or delete the Invocation.',
  ),

  // Between manifests
  DuplicateName: error('Two manifests of the same kind have the same name.', 'Rename one of the two.'),
  UnknownCommand: error(
    'commandRef names a command that does not exist.',
    'Add the command, or correct the name. To delete a command, delete first what refers to it.',
  ),
  BrokenCommand: error(
    'commandRef names a command that has problems of its own.',
    'Correct the command first.',
  ),
  CommandQuotaExceeded: error(
    'There are more Commands than are allowed.',
    'Delete Commands that nobody needs any more, or raise max-commands.',
  ),

  // Settings
  ConfigUnknownSetting: error('There is no such setting.', 'Remove it, or correct its name.'),
  ConfigInvalidValue: error('The setting has a value that it cannot have.', 'Write a value that is legal.'),
  ConfigMissingSetting: error(
    'A setting that is needed is missing.',
    'Give it as a flag, as GROUNDCREW_<NAME>, or in the file of --config.',
  ),
  ConfigFileUnreadable: error('The file of settings cannot be read.', 'Check its path and its permissions.'),
} satisfies Record<string, CodeDescription>;

export type ProblemCode = keyof typeof problemCodes;

function error(title: string, hint: string): CodeDescription {
  return { severity: 'error', title, hint };
}

function warning(title: string, hint: string): CodeDescription {
  return { severity: 'warning', title, hint };
}
