/** What dispatch refuses, with the words for it. A refusal is a value: nothing is thrown for a caller's mistake. */
const refusals = {
  EnrolmentRefused: {
    message: 'This enrolment is refused: the code or the proof is not valid.',
    hint: 'Make a new code with `groundcrew enrol create`: codes expire, and each has a number of uses.',
  },
  TooManyAttempts: {
    message: 'Too many attempts from this address have failed.',
    hint: 'Wait for the time in Retry-After, then try again with a valid code or token.',
  },
  ChallengeUnknown: {
    message: 'The nonce is unknown, was used before, or is older than a minute.',
    hint: 'Ask for a new one at /v1/agent/challenge.',
  },
  InstanceUnknown: {
    message: 'No instance with this id is enrolled here.',
    hint: 'Enrol the machine with a code of this controller.',
  },
  SignatureWrong: {
    message: 'The signature is not the one of the instance’s key.',
    hint: 'Sign the raw body with the key that was enrolled.',
  },
  SessionRequestInvalid: {
    message: 'The session cannot be opened with these values.',
    hint: 'Send an X25519 key of 32 bytes and an offer number below 2^52.',
  },
  SessionUnknown: {
    message: 'The session is unknown or has ended.',
    hint: 'Open a new session.',
  },
  SealWrong: {
    message: 'The seal does not fit the message.',
    hint: 'Seal method, path, sequence number and raw body with the key of the session.',
  },
  SequenceReplayed: {
    message: 'A message with this sequence number, or a higher one, came before.',
    hint: 'Count up with each message, for each path of the session.',
  },
  ExecutionOfAnother: {
    message: 'The report names an execution of another instance.',
    hint: 'An instance reports on its own executions only. Nothing of this report was recorded.',
  },
  ClaimsTooMany: {
    message: 'The instance has named too many executions that this controller does not know.',
    hint: 'Its agent or its journal is broken. Nothing of this report was recorded; enrol the machine anew.',
  },
  BlobUnknown: {
    message: 'Nothing that this instance has to do needs this content.',
    hint: 'Ask for the content of an order, while it is not over.',
  },
  BlobGone: {
    message: 'The controller has lost this content, and Git has it no more.',
    hint: 'Run the Invocation again from a commit that has the file: change rerun.',
  },
  InvocationUnknown: {
    message: 'No Invocation of this name was accepted.',
    hint: 'See `groundcrew get invocations`.',
  },
  OccurrenceUnknown: {
    message: 'The run in force has no such occurrence, or it is no longer kept.',
    hint: '`groundcrew get executions --invocation NAME` shows the occurrences that are kept.',
  },
  TargetUnknown: {
    message: 'No instance has this id or name.',
    hint: 'See `groundcrew get instances`.',
  },
  TokenWrong: {
    message: 'This needs an operator’s token.',
    hint: 'Set GROUNDCREW_TOKEN or --token-file; the first token is in DATA/operator-token.',
  },
  EnrolmentCodeUnknown: {
    message: 'There is no enrolment code with this id.',
    hint: 'See `groundcrew enrol list`.',
  },
} as const satisfies Record<string, { message: string; hint: string }>;

export type RefusalCode = keyof typeof refusals;

export interface Refused {
  is: 'refused';
  code: RefusalCode;
  message: string;
  hint: string;
  retryAfterSeconds?: number;
}

export type Answered<T> = { is: 'done'; value: T } | Refused;

/** A refusal in the words of the table; `message` says it more exactly where that is known. */
export function refuse(code: RefusalCode, more?: { message?: string; retryAfterSeconds?: number }): Refused {
  return { is: 'refused', code, ...refusals[code], ...more };
}

export function done<T>(value: T): Answered<T> {
  return { is: 'done', value };
}
