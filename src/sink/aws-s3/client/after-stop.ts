/**
 * What a run that was stopped still asks of a store, to roll back and to unlock, must not keep it from ending: the SDK itself
 * tries for minutes. When one request has been without an answer for some seconds since the stop, the store is given up.
 */
import { setMaxListeners } from 'node:events';
import type { S3Client } from '@aws-sdk/client-s3';
import { Failure } from '../../../failure/failure.js';
import { orReason } from '../../../host/or-reason.js';
import { setLongTimer } from '../../../host/timer.js';
import { formatDuration } from '../../../units/duration.js';

export interface Stop {
  /** That of the run. */
  readonly signal: AbortSignal;
  /** How long each request may then go on. */
  readonly patienceMs: number;
}

/** The same client. A Failure SINK_UNAVAILABLE ends every request once the store was given up. */
export function giveUpAfterStop(client: S3Client, { signal, patienceMs }: Stop): S3Client {
  const given = new AbortController();
  setMaxListeners(0, given.signal);
  const giveUp = (): void => given.abort(unanswered(patienceMs));

  async function send(
    command: Parameters<S3Client['send']>[0],
    options: { readonly abortSignal?: AbortSignal } = {},
  ): Promise<unknown> {
    given.signal.throwIfAborted();
    let clear = (): void => undefined;
    const onStop = (): void => {
      clear = setLongTimer(patienceMs, giveUp);
    };
    if (signal.aborted) onStop();
    else signal.addEventListener('abort', onStop, { once: true });
    const { abortSignal } = options;
    const end =
      abortSignal === undefined ? given.signal : AbortSignal.any([given.signal, abortSignal]);
    try {
      return await orReason(client.send(command, { ...options, abortSignal: end }), given.signal);
    } finally {
      signal.removeEventListener('abort', onStop);
      clear();
    }
  }

  return Object.create(client, { send: { value: send } });
}

function unanswered(ms: number): Failure {
  return new Failure({
    code: 'SINK_UNAVAILABLE',
    message: `the store did not answer within ${formatDuration({ ms })} after the run was stopped`,
    hint: 'see whether the store is up; the next run removes what is left',
  });
}
