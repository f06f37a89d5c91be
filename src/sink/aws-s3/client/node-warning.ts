const VARIABLE = 'AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED';

/** Makes a client of the SDK. Which Node there is, is the business of who installed palhm, not a line in every night's log. */
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
