/** Variables that look secret, by their names: nobody has told palhm what those that it inherits are for. */
import { renderValue } from '../config/plan/render-value.js';
import { isSecretName } from '../config/read/secrecy.js';
import { type Redactor, whyUnsafe } from './redactor.js';
import type { Environment } from './values.js';

/** Learns what looks secret of the environment that stages inherit. `all`: also what the redactor can only warn of. */
export function learnInherited(
  redactor: Redactor,
  inherited: Environment,
  which: 'safe' | 'all',
): void {
  for (const [name, text = ''] of Object.entries(inherited))
    learnVariable(which === 'all' ? redactor : onlySafe(redactor), name, text);
}

/** Learns nothing that it could only warn of. */
export function onlySafe({ learn, redact }: Redactor): Redactor {
  return {
    learn: (secret, reference) => {
      if (whyUnsafe(secret) === undefined) learn(secret, reference);
    },
    redact,
  };
}

/** `USE_TOKENS=yes` is no secret. */
const SWITCH = /^(?:\d{1,2}|yes|no|true|false|on|off)?$/i;
const PASSWORD_IN_URL = /^(?:[a-z][a-z0-9+.-]*:)+\/\/[^/\s:@]*:([^/\s]+)@/i;
/** As curl takes it. */
const PASSWORD_OF_PROXY = /^[^/\s:@]*:([^/\s]+)@/;

/** What the variable holds that looks secret: all of it by its name, or the password in a URL. */
export function learnVariable(redactor: Redactor, name: string, text: string): void {
  const reference = renderValue({ type: 'env', name, secret: true });
  const password = passwordIn(name, text);
  if (password !== undefined)
    for (const form of [password, decodeUrl(password)]) redactor.learn(form, reference);
  if (isNamedSecret(name, text)) redactor.learn(text, reference);
}

/** Whether a variable holds what `learnVariable` would learn. */
export function looksSecret(name: string, text: string): boolean {
  return isNamedSecret(name, text) || passwordIn(name, text) !== undefined;
}

function isNamedSecret(name: string, text: string): boolean {
  return isSecretName(name) && !SWITCH.test(text);
}

function passwordIn(name: string, text: string): string | undefined {
  const found = PASSWORD_IN_URL.exec(text);
  return (found ?? (/_proxy$/i.test(name) ? PASSWORD_OF_PROXY.exec(text) : null))?.[1];
}

/** What the program that is given a URL takes for the password. */
function decodeUrl(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
