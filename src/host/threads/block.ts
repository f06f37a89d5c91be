/** As much as a pipe holds by default (pipe(7)). One for all pipes of a thread: each read is used before the next one. */
export const BLOCK = Buffer.allocUnsafeSlow(64 * 1024);
