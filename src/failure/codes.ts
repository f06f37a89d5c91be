/**
 * Every failure that palhm reports: its exit code, and whether the same command may succeed when it is run again.
 * doc/errors.md has the same table; a test compares the two.
 */
import { EXIT, type ExitCode } from './exit-codes.js';

interface FailureKind {
  readonly exit: ExitCode;
  readonly retry: boolean;
  readonly meaning: string;
}

export const FAILURES = {
  USAGE: { exit: EXIT.usage, retry: false, meaning: 'The command line is wrong.' },

  CONFIG_NOT_FOUND: {
    exit: EXIT.config,
    retry: false,
    meaning: 'A config file does not exist or cannot be read.',
  },
  CONFIG_WRITABLE: {
    exit: EXIT.config,
    retry: false,
    meaning: 'Others may change a config that root runs, or a directory on the way to it.',
  },
  CONFIG_SYNTAX: { exit: EXIT.config, retry: false, meaning: 'A config file is not JSONC.' },
  CONFIG_INCLUDE_CYCLE: {
    exit: EXIT.config,
    retry: false,
    meaning: 'Config files include each other in a circle.',
  },
  CONFIG_UNKNOWN_KEY: {
    exit: EXIT.config,
    retry: false,
    meaning: 'A key is not known at this place.',
  },
  CONFIG_MISSING_KEY: { exit: EXIT.config, retry: false, meaning: 'A required key is missing.' },
  CONFIG_VALUE: { exit: EXIT.config, retry: false, meaning: 'A value has the wrong type or form.' },
  CONFIG_DUPLICATE: {
    exit: EXIT.config,
    retry: false,
    meaning: 'One id, key or path is given twice.',
  },
  CONFIG_UNKNOWN_ID: {
    exit: EXIT.config,
    retry: false,
    meaning: 'An exec, task, group, object or module that is named does not exist.',
  },
  CONFIG_CYCLE: { exit: EXIT.config, retry: false, meaning: 'Groups or tasks form a circle.' },
  CONFIG_PATH: {
    exit: EXIT.config,
    retry: false,
    meaning: 'The path of an object would leave the copy or collide with another.',
  },
  CONFIG_NOT_ALLOWED: { exit: EXIT.config, retry: false, meaning: 'A client may not have this.' },
  CONFIG_EXECUTABLE: {
    exit: EXIT.config,
    retry: false,
    meaning: 'A program to be run does not exist or is not executable.',
  },

  STAGE_FAILED: {
    exit: EXIT.failed,
    retry: true,
    meaning: 'A stage ended with an exit code or a signal that its exec does not accept.',
  },
  STAGE_TIMEOUT: {
    exit: EXIT.failed,
    retry: true,
    meaning: 'A stage ran longer than its timeout.',
  },
  STAGE_NOT_STARTED: { exit: EXIT.failed, retry: false, meaning: 'A stage could not be started.' },
  STAGE_HELD: { exit: EXIT.failed, retry: false, meaning: 'What a stage left held a pipe.' },
  HOOK_FAILED: { exit: EXIT.failed, retry: true, meaning: 'A hook failed, and its part with it.' },
  LATE_HOOK_FAILED: { exit: EXIT.afterwards, retry: true, meaning: 'A hook at the end failed.' },
  SNAPSHOT_FAILED: { exit: EXIT.failed, retry: true, meaning: 'A snapshot could not be taken.' },
  SNAPSHOT_LOST: { exit: EXIT.failed, retry: true, meaning: 'A snapshot was taken away.' },
  SNAPSHOT_FULL: { exit: EXIT.failed, retry: true, meaning: 'A snapshot ran full.' },
  FREEZE_EXPIRED: { exit: EXIT.failed, retry: true, meaning: 'A freeze lasted too long.' },
  THAW_FAILED: { exit: EXIT.failed, retry: true, meaning: 'Something could not be thawed.' },
  SNAPSHOT_LEFT: { exit: EXIT.afterwards, retry: true, meaning: 'A snapshot was not removed.' },
  NO_OBJECTS: {
    exit: EXIT.failed,
    retry: false,
    meaning: 'Not one object was made: a copy without objects is none, and nothing was kept.',
  },
  GUARD_FAILED: {
    exit: EXIT.failed,
    retry: true,
    meaning: 'An object is not what its "expect" says it has to be.',
  },
  REFERENCE_UNRESOLVED: {
    exit: EXIT.failed,
    retry: false,
    meaning: 'A variable, file or credential that a value refers to is absent, empty or not UTF-8.',
  },
  HOST_UNFIT: {
    exit: EXIT.failed,
    retry: false,
    meaning: 'This host lacks what palhm itself needs: /proc, /dev, or a helper program.',
  },

  SINK_UNAVAILABLE: {
    exit: EXIT.failed,
    retry: true,
    meaning: 'The root cannot be reached, read or written.',
  },
  SINK_FULL: { exit: EXIT.failed, retry: true, meaning: 'There is no space for the copy.' },
  NOT_HANDED_IN: { exit: EXIT.failed, retry: true, meaning: 'A config did not get to its host.' },
  CONNECT_FAILED: {
    exit: EXIT.failed,
    retry: false,
    meaning: 'Something that a backup needs of a sink was tried, and it does not work.',
  },
  STORE_DENIED: {
    exit: EXIT.failed,
    retry: false,
    meaning: 'The store knows us but does not allow it.',
  },
  STORE_WRONG_KEY: {
    exit: EXIT.failed,
    retry: false,
    meaning: 'The store does not know the access key, or its secret is wrong.',
  },
  STORE_NO_BUCKET: { exit: EXIT.failed, retry: false, meaning: 'The bucket does not exist.' },
  STORE_WRONG_REGION: {
    exit: EXIT.failed,
    retry: false,
    meaning: 'The bucket is in another region than the one asked, or none is given.',
  },
  STORE_NO_CREDENTIALS: {
    exit: EXIT.failed,
    retry: false,
    meaning: 'No credentials for the store were found.',
  },
  STORE_CREDENTIALS_EXPIRED: {
    exit: EXIT.failed,
    retry: false,
    meaning: 'The credentials for the store have expired.',
  },
  STORE_CLOCK_SKEWED: {
    exit: EXIT.failed,
    retry: false,
    meaning: 'The clock of this host differs too much from that of the store.',
  },
  STORE_LACKS: {
    exit: EXIT.failed,
    retry: false,
    meaning: 'The store does not do what the config asks of it: encryption or object lock.',
  },
  COPY_DAMAGED: {
    exit: EXIT.damaged,
    retry: false,
    meaning: 'What is stored is not what the manifest says.',
  },
  COPY_NOT_FOUND: { exit: EXIT.failed, retry: false, meaning: 'There is no such copy.' },
  COPY_LOCKED: {
    exit: EXIT.afterwards,
    retry: true,
    meaning: 'A copy may not be removed before its object lock ends.',
  },
  MANIFEST_INVALID: {
    exit: EXIT.damaged,
    retry: false,
    meaning: 'A manifest is truncated, malformed or of a newer format.',
  },
  MANIFEST_TOO_LARGE: {
    exit: EXIT.failed,
    retry: false,
    meaning: 'The manifest of a new copy would be larger than palhm reads; the copy is not made.',
  },
  SIGNATURE_INVALID: {
    exit: EXIT.damaged,
    retry: false,
    meaning: 'The signature of a manifest is missing or wrong, or is that of another key.',
  },
  KEY_INVALID: {
    exit: EXIT.failed,
    retry: false,
    meaning: 'A key of "sign" is not an Ed25519 key in PEM, or is public where one signs.',
  },

  TARGET_EXISTS: {
    exit: EXIT.failed,
    retry: false,
    meaning: 'What a restore would write is there already, and nothing is overwritten.',
  },
  TARGET_UNUSABLE: {
    exit: EXIT.failed,
    retry: false,
    meaning:
      'The directory or disk of a restore, or what is on the way to it, cannot be written to.',
  },
  TARGET_FULL: { exit: EXIT.failed, retry: true, meaning: 'There is no space for the restore.' },
  NOT_RESTORABLE: {
    exit: EXIT.failed,
    retry: false,
    meaning: 'The manifest does not say how to bring the object back in the way that is asked for.',
  },
  UNTRUSTED_COMMAND: {
    exit: EXIT.failed,
    retry: false,
    meaning: 'The manifest names a command that no config knows, and nobody has said yes to it.',
  },
  NOT_CONFIRMED: {
    exit: EXIT.failed,
    retry: false,
    meaning: 'Somebody was asked and did not say yes; nothing was run.',
  },
  VERIFY_FAILED: {
    exit: EXIT.damaged,
    retry: false,
    meaning: 'A copy is damaged: it is not what its manifest says; or it could not be decoded.',
  },
  NOT_READ: {
    exit: EXIT.failed,
    retry: true,
    meaning: 'Not all of a copy could be read or decoded, for a reason that is not its own.',
  },
  NOT_VERIFIABLE: {
    exit: EXIT.failed,
    retry: false,
    meaning: 'The copy has no manifest to compare it with.',
  },
  NOT_FRESH: {
    exit: EXIT.damaged,
    retry: false,
    meaning: 'A backup is stale, missing, damaged or undecodable, or its store cannot be reached.',
  },
  DRILL_NOT_PREPARED: {
    exit: EXIT.failed,
    retry: true,
    meaning: 'A drill could not be made ready. Nothing was learned about the copy.',
  },
  DRILL_FAILED: {
    exit: EXIT.damaged,
    retry: false,
    meaning: 'The copy could not be restored in a drill, or a check of it failed.',
  },
  DRILL_NOT_CLEANED: {
    exit: EXIT.afterwards,
    retry: false,
    meaning: 'The drill passed, but what it had set up could not be cleaned up.',
  },
  DRILL_NOT_RECORDED: {
    exit: EXIT.afterwards,
    retry: true,
    meaning: 'The drill passed, but that could not be recorded beside the manifest.',
  },

  LOCKED: { exit: EXIT.locked, retry: true, meaning: 'Another run holds the root.' },
  ROTATION_REFUSED: {
    exit: EXIT.afterwards,
    retry: false,
    meaning: 'Rotation would remove more than five copies and more than half of them at once.',
  },
  ROTATION_FAILED: {
    exit: EXIT.afterwards,
    retry: true,
    meaning: 'Old copies could not be removed.',
  },
  COPY_NOT_LISTED: {
    exit: EXIT.afterwards,
    retry: false,
    meaning: 'The root does not show the copy just made, so nothing was rotated.',
  },
  SETTLE_FAILED: {
    exit: EXIT.afterwards,
    retry: true,
    meaning: 'The objects of the new copy could not be moved to their final storage class.',
  },
  UNLOCK_FAILED: {
    exit: EXIT.afterwards,
    retry: false,
    meaning: 'The lock of the root could not be given back.',
  },
  CLOSE_FAILED: {
    exit: EXIT.afterwards,
    retry: false,
    meaning: 'Something that a run had opened could not be closed.',
  },
  DEFECT: {
    exit: EXIT.failed,
    retry: false,
    meaning: 'A defect of palhm itself, met after another failure or after the work was done.',
  },

  INTERRUPTED: {
    exit: EXIT.interrupted,
    retry: true,
    meaning: 'SIGINT stopped the run; it was rolled back.',
  },
  TERMINATED: {
    exit: EXIT.terminated,
    retry: true,
    meaning: 'SIGTERM or another signal stopped the run; it was rolled back.',
  },
} as const satisfies Record<string, FailureKind>;

export type FailureCode = keyof typeof FAILURES;
