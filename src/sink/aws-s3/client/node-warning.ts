/* oxlint-disable node/no-process-env -- the SDK reads this variable there and nowhere else */
const VARIABLE = 'AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED';

/** Makes a client of the SDK without its warning about an old version of Node, which would be in the log of every night. */
export function withoutNodeWarning<T>(make: () => T): T {
  const before = process.env[VARIABLE];
  process.env[VARIABLE] = 'true';
  try {
    return make();
  } finally {
    if (before === undefined) delete process.env[VARIABLE];
    else process.env[VARIABLE] = before;
  }
}
