/**
 * The directory for short-lived files: what os.tmpdir() returns in a process with this environment. An empty variable counts
 * as absent.
 */
export function temporaryDirectory(
  environment: Readonly<Record<string, string | undefined>>,
): string {
  return environment['TMPDIR'] || environment['TMP'] || environment['TEMP'] || '/tmp';
}
