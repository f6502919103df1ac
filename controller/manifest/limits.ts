// What bounds manifests. Each is a default that the controller's configuration can change; `groundcrew validate
// --config` takes it from the same settings, so that both say the same.
import { durationSeconds } from '../../schemas/duration.ts';
import type { ControllerConfig } from '../../schemas/generated/config.ts';
import { type ScheduleLimits, usualIntervals } from './schedule/schedule.ts';

/** Of one command. */
export interface CommandLimits {
  /** Most bytes of Base64(script) + Base64(parameters). */
  bytes: number;
  parameters: number;
  text: TextLimits;
}

/** Longest texts: characters, of a launcher bytes. */
export interface TextLimits {
  description: number;
  workingDir: number;
  launcher: number;
}

export interface Limits {
  /** Of a Command, and of an inline command that is kept as one. */
  command: CommandLimits;
  /** Of an inline command that is not kept. */
  inline: CommandLimits;
  /** Of a file that is sent: most bytes of Base64 where it stands in the manifest, and of one of the
   * repository (a script too, that is larger than a command may be). */
  file: { bytes: number; blobBytes: number };
  /** How many Commands there may be. */
  commands: number;
  intervals: ScheduleLimits;
}

const text = { description: 512, workingDir: 200, launcher: 1024 };

export const usualLimits: Limits = {
  command: { bytes: 18 * 1024, parameters: 20, text },
  inline: { bytes: 24 * 1024, parameters: 20, text },
  file: { bytes: 32 * 1024, blobBytes: 64 * 1024 * 1024 },
  commands: 500,
  intervals: usualIntervals,
};

/** The limits that a configuration sets; the usual ones where it says nothing. */
export function limitsOf(config: Partial<ControllerConfig>): Limits {
  const { command, inline, file, commands, intervals } = usualLimits;
  const shared = {
    parameters: config['max-parameters'] ?? command.parameters,
    text: {
      description: config['max-description-length'] ?? text.description,
      workingDir: config['max-path-length'] ?? text.workingDir,
      launcher: config['max-launcher-size'] ?? text.launcher,
    },
  };
  const milliseconds = (duration: string | number | undefined, usual: number): number =>
    duration === undefined ? usual : (durationSeconds(duration) ?? 0) * 1000;
  return {
    command: { bytes: config['max-command-size'] ?? command.bytes, ...shared },
    inline: { bytes: config['max-inline-size'] ?? inline.bytes, ...shared },
    file: {
      bytes: config['max-file-size'] ?? file.bytes,
      blobBytes: config['max-blob-size'] ?? file.blobBytes,
    },
    commands: config['max-commands'] ?? commands,
    intervals: {
      rate: {
        shortest: milliseconds(config['min-rate-interval'], intervals.rate.shortest),
        longest: milliseconds(config['max-rate-interval'], intervals.rate.longest),
      },
      cron: { shortest: milliseconds(config['min-cron-interval'], intervals.cron.shortest) },
    },
  };
}
