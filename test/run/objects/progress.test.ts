import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { watchProgress } from '../../../src/run/objects/progress.js';

test('progress is told of each object that is under way, until it is not', (context) => {
  mock.timers.enable({ apis: ['setInterval'] });
  context.after(() => mock.timers.reset());
  const told: unknown[] = [];
  const progress = watchProgress((event) => void told.push(event));
  const tick = (): unknown[] => {
    mock.timers.tick(200);
    return told.splice(0);
  };
  assert.deepEqual(tick(), [], 'nothing is under way');
  let bytes = 10;
  progress.watch('a', () => bytes);
  progress.watch('b', () => 1);
  const toldOf = (object: string, size: number) => ({
    type: 'object-progress',
    object,
    bytes: size,
  });
  assert.deepEqual(tick(), [toldOf('a', 10), toldOf('b', 1)]);
  bytes = 20;
  progress.forget('b');
  assert.deepEqual(tick(), [toldOf('a', 20)]);
  progress.close();
  assert.deepEqual(tick(), []);
});
