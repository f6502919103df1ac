// One agent and its controller, for tests of what becomes of an order.
import type { RunOrder } from '../../schemas/generated/wire.ts';
import { type AgentTools, makeAgentTools } from './agent-process.ts';
import { type FakeController, startFakeController } from './fake-controller.ts';

export interface AgentScene {
  controller: FakeController;
  tools: AgentTools;
  /** Starts an agent that serves this controller. */
  start(more?: Parameters<AgentTools['start']>[2]): ReturnType<AgentTools['start']>;
  offer(script: string, more?: Partial<RunOrder>): string;
  /** Offers it, and says how it ended. */
  endOf(script: string, more?: Partial<RunOrder>): ReturnType<FakeController['ended']>;
  /** Throws if anything was wrong with a message, or a process is left. */
  close(): Promise<void>;
}

export async function agentScene(): Promise<AgentScene> {
  const controller = await startFakeController();
  const tools = makeAgentTools();
  const executions: string[] = [];
  const scene: AgentScene = {
    controller,
    tools,
    start: (more) => tools.start(controller.url, controller.code, more),
    offer(script, more) {
      const execution = controller.offer(script, more);
      executions.push(execution);
      return execution;
    },
    endOf: (script, more) => controller.ended(scene.offer(script, more)),
    async close() {
      await controller.close();
      await tools.cleanUp(executions);
      if (controller.complaints.length > 0) throw new Error(controller.complaints.join('\n'));
    },
  };
  return scene;
}

/** Resolves when it is so; throws when it is not in time. */
export async function until(what: () => boolean, timeoutMs = 10_000): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!what()) {
    if (Date.now() > deadline) throw new Error(`not in time: ${what.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
