import type { SubCommand } from './sub-command.ts';

interface Entry {
  name: string;
  summary: string;
  group: string;
  load: () => Promise<SubCommand>;
}

/** Every command. Only the one that is asked for is loaded. */
export const subCommands: readonly Entry[] = [
  {
    name: 'up',
    summary: 'try it out: a whole little fleet on this machine',
    group: 'Run:',
    load: async () => (await import('./up.ts')).up,
  },
  {
    name: 'controller',
    summary: 'run beside Git until stopped',
    group: 'Run:',
    load: async () => (await import('./controller.ts')).controller,
  },
  {
    name: 'agent',
    summary: 'enrol this machine and serve it',
    group: 'Run:',
    load: async () => (await import('./agent.ts')).agentCommand,
  },
  {
    name: 'enrol',
    summary: 'make, list and revoke enrolment codes',
    group: 'Run:',
    load: async () => (await import('./enrol.ts')).enrol,
  },
  {
    name: 'validate',
    summary: 'check manifests, offline, every problem at once',
    group: 'Before a merge:',
    load: async () => (await import('./validate.ts')).validate,
  },
  {
    name: 'clone',
    summary: 'copy a Command under another name',
    group: 'Before a merge:',
    load: async () => (await import('./clone.ts')).clone,
  },
  {
    name: 'schedule',
    summary: 'show when a schedule ticks next',
    group: 'Before a merge:',
    load: async () => (await import('./schedule.ts')).schedule,
  },
  {
    name: 'get',
    summary: 'list commands, invocations, executions or instances',
    group: 'Look:',
    load: async () => (await import('./get.ts')).get,
  },
  {
    name: 'describe',
    summary: 'tell everything about one of them',
    group: 'Look:',
    load: async () => (await import('./describe.ts')).describe,
  },
  {
    name: 'history',
    summary: 'tell which content of a command ran when, and from which commit',
    group: 'Look:',
    load: async () => (await import('./history.ts')).history,
  },
  {
    name: 'logs',
    summary: "show an invocation's output, live with --follow",
    group: 'Look:',
    load: async () => (await import('./logs.ts')).logs,
  },
  {
    name: 'stop',
    summary: 'stop an invocation now',
    group: 'Act:',
    load: async () => (await import('./stop.ts')).stop,
  },
  {
    name: 'ack',
    summary: 'release what is held',
    group: 'Act:',
    load: async () => (await import('./ack.ts')).ack,
  },
  {
    name: 'reconcile',
    summary: 'read Git and make a pass now',
    group: 'Act:',
    load: async () => (await import('./reconcile.ts')).reconcile,
  },
];
