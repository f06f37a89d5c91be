/**
 * Every failure that palhm reports, with the exit code it leads to and whether trying again unchanged may help.
 * doc/errors.md lists the same table; a test holds the two together.
 */
import { EXIT, type ExitCode } from './exit-codes.js';

interface Meaning {
  readonly exit: ExitCode;
  readonly retry: boolean;
  readonly means: string;
}

export const FAILURES = {
  USAGE: { exit: EXIT.usage, retry: false, means: 'The command line is wrong.' },

  CONFIG_NOT_FOUND: {
    exit: EXIT.config,
    retry: false,
    means: 'A config file does not exist or cannot be read.',
  },
  CONFIG_SYNTAX: { exit: EXIT.config, retry: false, means: 'A config file is not JSONC.' },
  CONFIG_INCLUDE_CYCLE: {
    exit: EXIT.config,
    retry: false,
    means: 'Config files include each other in a circle.',
  },
  CONFIG_UNKNOWN_KEY: {
    exit: EXIT.config,
    retry: false,
    means: 'A key is not known at this place.',
  },
  CONFIG_MISSING_KEY: { exit: EXIT.config, retry: false, means: 'A required key is missing.' },
  CONFIG_VALUE: { exit: EXIT.config, retry: false, means: 'A value has the wrong type or form.' },
  CONFIG_DUPLICATE: {
    exit: EXIT.config,
    retry: false,
    means: 'One id, key or path is given twice.',
  },
  CONFIG_UNKNOWN_ID: {
    exit: EXIT.config,
    retry: false,
    means: 'An exec, task, group, object or module that is named does not exist.',
  },
  CONFIG_CYCLE: { exit: EXIT.config, retry: false, means: 'Groups or tasks depend on themselves.' },
  CONFIG_PATH: {
    exit: EXIT.config,
    retry: false,
    means: 'The path of an object would leave the copy or collide with another.',
  },
  CONFIG_EXECUTABLE: {
    exit: EXIT.config,
    retry: false,
    means: 'A program to be run does not exist or is not executable.',
  },
  CONFIG_UNSUPPORTED: {
    exit: EXIT.config,
    retry: false,
    means: 'The config asks for something this version cannot do.',
  },

  STAGE_FAILED: {
    exit: EXIT.failed,
    retry: true,
    means: 'A stage ended with an exit code or a signal that its exec does not accept.',
  },
  STAGE_TIMEOUT: { exit: EXIT.failed, retry: true, means: 'A stage ran longer than its timeout.' },
  STAGE_NOT_STARTED: { exit: EXIT.failed, retry: false, means: 'A stage could not be started.' },
  GUARD_FAILED: {
    exit: EXIT.failed,
    retry: true,
    means: 'An object is not what its "expect" says it has to be.',
  },
  REFERENCE_UNRESOLVED: {
    exit: EXIT.failed,
    retry: false,
    means: 'An environment variable, file or credential that a value refers to is not there.',
  },

  SINK_UNAVAILABLE: {
    exit: EXIT.failed,
    retry: true,
    means: 'The root cannot be reached, read or written.',
  },
  SINK_FULL: { exit: EXIT.failed, retry: true, means: 'There is no space for the copy.' },
  CONNECT_FAILED: {
    exit: EXIT.failed,
    retry: false,
    means: 'Something that a backup needs of a sink was tried, and it does not work.',
  },
  STORE_DENIED: {
    exit: EXIT.failed,
    retry: false,
    means: 'The store knows us but does not allow it.',
  },
  STORE_WRONG_KEY: {
    exit: EXIT.failed,
    retry: false,
    means: 'The store does not know the access key, or its secret is wrong.',
  },
  STORE_NO_BUCKET: { exit: EXIT.failed, retry: false, means: 'The bucket does not exist.' },
  STORE_WRONG_REGION: {
    exit: EXIT.failed,
    retry: false,
    means: 'The bucket is in another region than the one asked, or none is given.',
  },
  STORE_NO_CREDENTIALS: {
    exit: EXIT.failed,
    retry: false,
    means: 'No credentials for the store were found.',
  },
  STORE_CREDENTIALS_EXPIRED: {
    exit: EXIT.failed,
    retry: false,
    means: 'The credentials for the store have expired.',
  },
  STORE_CLOCK_SKEWED: {
    exit: EXIT.failed,
    retry: false,
    means: 'The clock of this host differs too much from that of the store.',
  },
  STORE_LACKS: {
    exit: EXIT.failed,
    retry: false,
    means: 'The store does not do what the config asks of it: encryption or object lock.',
  },
  COPY_DAMAGED: {
    exit: EXIT.damaged,
    retry: false,
    means: 'What is stored is not what the manifest says.',
  },
  COPY_NOT_FOUND: { exit: EXIT.failed, retry: false, means: 'There is no such copy.' },
  COPY_LOCKED: {
    exit: EXIT.afterwards,
    retry: true,
    means: 'A copy may not be removed before its object lock ends.',
  },
  MANIFEST_INVALID: {
    exit: EXIT.damaged,
    retry: false,
    means: 'A manifest is truncated, malformed or of a newer format.',
  },
  SIGNATURE_INVALID: {
    exit: EXIT.damaged,
    retry: false,
    means: 'The signature of a manifest is missing or wrong, or is that of another key.',
  },
  KEY_INVALID: {
    exit: EXIT.failed,
    retry: false,
    means: 'A key of "sign" is not an Ed25519 key in PEM, or is public where one signs.',
  },

  TARGET_EXISTS: {
    exit: EXIT.failed,
    retry: false,
    means: 'What a restore would write is there already, and nothing is overwritten.',
  },
  TARGET_UNUSABLE: {
    exit: EXIT.failed,
    retry: false,
    means: 'The directory of a restore, or what is on the way in it, cannot be written to.',
  },
  TARGET_FULL: { exit: EXIT.failed, retry: true, means: 'There is no space for the restore.' },
  NOT_RESTORABLE: {
    exit: EXIT.failed,
    retry: false,
    means: 'The manifest does not say how to bring the object back in the way that is asked for.',
  },
  UNTRUSTED_COMMAND: {
    exit: EXIT.failed,
    retry: false,
    means: 'The manifest names a command that no config knows, and nobody has said yes to it.',
  },
  NOT_CONFIRMED: {
    exit: EXIT.failed,
    retry: false,
    means: 'Somebody was asked and did not say yes; nothing was run.',
  },
  VERIFY_FAILED: {
    exit: EXIT.damaged,
    retry: false,
    means: 'A copy is damaged, or not all of it could be read or decoded.',
  },
  NOT_VERIFIABLE: {
    exit: EXIT.failed,
    retry: false,
    means: 'The copy is one of the original PALHM: there is no manifest to compare it with.',
  },
  NOT_FRESH: {
    exit: EXIT.damaged,
    retry: false,
    means: 'A backup is stale, missing or damaged, or its store cannot be reached.',
  },
  DRILL_NOT_PREPARED: {
    exit: EXIT.failed,
    retry: true,
    means: 'A drill could not be made ready. Nothing was learned about the copy.',
  },
  DRILL_FAILED: {
    exit: EXIT.damaged,
    retry: false,
    means: 'The copy could not be restored in a drill, or a check of it failed.',
  },
  DRILL_NOT_CLEANED: {
    exit: EXIT.afterwards,
    retry: false,
    means: 'The drill passed, but what it had set up could not be cleaned up.',
  },
  DRILL_NOT_RECORDED: {
    exit: EXIT.afterwards,
    retry: true,
    means: 'The drill passed, but that could not be recorded beside the manifest.',
  },

  LOCKED: { exit: EXIT.locked, retry: true, means: 'Another run holds the root.' },
  ROTATION_REFUSED: {
    exit: EXIT.afterwards,
    retry: false,
    means: 'Rotation would remove more than five copies and more than half of them at once.',
  },
  ROTATION_FAILED: {
    exit: EXIT.afterwards,
    retry: true,
    means: 'Old copies could not be removed.',
  },

  SETTLE_FAILED: {
    exit: EXIT.afterwards,
    retry: true,
    means: 'The objects of the new copy could not be moved to their final storage class.',
  },

  UNLOCK_FAILED: {
    exit: EXIT.afterwards,
    retry: false,
    means: 'The lock of the root could not be given back.',
  },
  CLOSE_FAILED: {
    exit: EXIT.afterwards,
    retry: false,
    means: 'Something that a run had opened could not be closed.',
  },
  DEFECT: {
    exit: EXIT.failed,
    retry: false,
    means:
      'A defect of palhm itself, met after something else had failed or after the work was done.',
  },

  INTERRUPTED: {
    exit: EXIT.interrupted,
    retry: true,
    means: 'SIGINT stopped the run; it was rolled back.',
  },
  TERMINATED: {
    exit: EXIT.terminated,
    retry: true,
    means: 'SIGTERM or SIGHUP stopped the run; it was rolled back.',
  },
} as const satisfies Record<string, Meaning>;

export type FailureCode = keyof typeof FAILURES;
