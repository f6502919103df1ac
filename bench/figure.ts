/** One line of the table. Without a floor it is a size or a share with a limit of its own. */
export interface Figure {
  what: string;
  unit: 'ms' | 'µs' | 'MB' | 'KiB' | '%' | 's';
  ours: number;
  /** The same work done bare, measured in the same run. */
  floor?: number;
  goal?: { timesFloor: number } | { atMost: number };
  note?: string;
}

export interface BenchOptions {
  /** Smaller sizes and fewer rounds: to see that it runs, not what it says. */
  quick: boolean;
  /** Says how far it is. */
  say(text: string): void;
}

export type Bench = (options: BenchOptions) => Promise<Figure[]>;

/** Whether the goal is met; undefined where there is none. */
export function meets({ ours, floor, goal }: Figure): boolean | undefined {
  if (goal === undefined) return undefined;
  if ('atMost' in goal) return ours <= goal.atMost;
  return floor === undefined ? undefined : ours <= goal.timesFloor * floor;
}
