import type { SinkContext } from '../../sink.js';

/** Who asks: the task and the host, which references may name, the environment that they are resolved from, who learns them. */
export type ClientContext = Pick<
  SinkContext,
  'task' | 'host' | 'environment' | 'redactor' | 'signal'
>;
