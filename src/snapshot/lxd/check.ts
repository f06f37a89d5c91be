/** Whether this host can make snapshots of a container, found without changing anything. */
import type { LxdPlan } from '../../config/plan/snapshots/sources.js';
import { isErrno } from '../../failure/failure.js';
import { findProgram } from '../../host/programs.js';
import type { Problem } from '../provider.js';
import { type Api, type Instance, isAbsent, openApi } from './api.js';
import { clientOf, socketOf } from './entrance.js';
import { whyRefused } from './trouble.js';

interface Server {
  readonly api_extensions: readonly string[];
  readonly auth: string;
  readonly environment?: { readonly server?: string; readonly server_version?: string };
}

/** By which containers are called instances: LXD 3.19. */
const NEEDED = 'instances';

export async function checkLxd(plan: LxdPlan): Promise<readonly Problem[]> {
  const client = clientOf(plan);
  if (findProgram(client) === undefined)
    return [
      {
        message: `There is no program "${client}", which runs commands in the container.`,
        hint: 'Install lxd-client or incus-client, or name the program in "client".',
        isProgram: true,
      },
    ];
  const api = await openApi(socketOf(plan), plan.project);
  try {
    const server = await api.get<Server>('/1.0');
    return checkServer(server, plan) ?? (await checkInstance(api, plan));
  } catch (error) {
    const why = whyRefused(plan, error);
    if (why === undefined) throw error;
    return [problem(`Neither LXD nor Incus can be asked: ${why}.`, adviseOn(error))];
  } finally {
    await api.close();
  }
}

function checkServer(
  { auth, api_extensions, environment }: Server,
  plan: LxdPlan,
): readonly Problem[] | undefined {
  if (auth !== 'trusted')
    return [problem(`${socketOf(plan)} does not trust this user.`, ADVICE_ON_RIGHTS)];
  if (api_extensions.includes(NEEDED)) return undefined;
  const { server = 'LXD', server_version = '?' } = environment ?? {};
  return [
    problem(`This ${server} ${server_version} is too old.`, 'Use LXD 4.0 or later, or Incus.'),
  ];
}

async function checkInstance(api: Api, plan: LxdPlan): Promise<readonly Problem[]> {
  const { instance, project = 'default', profiles } = plan;
  const client = clientOf(plan);
  const found = await unlessAbsent(() => api.get<Instance>(`/1.0/instances/${instance}`));
  if (found === undefined)
    return [
      problem(
        `There is no container ${instance} in the project ${project}.`,
        `See "${client} list --project ${project}".`,
      ),
    ];
  if (found.type !== 'container')
    return [problem(`${instance} is a virtual machine, not a container.`, 'Name a container.')];
  const known = await api.get<readonly { readonly name: string }[]>('/1.0/profiles?recursion=1');
  return profiles.flatMap(({ action, name }) => {
    if (action === 'remove')
      return found.profiles.includes(name)
        ? []
        : [
            problem(
              `The container ${instance} has no profile ${name}.`,
              `It has: ${listOf(found.profiles)}.`,
            ),
          ];
    return known.some((one) => one.name === name)
      ? []
      : [
          problem(
            `There is no profile ${name}.`,
            `There are: ${listOf(known.map((one) => one.name))}.`,
          ),
        ];
  });
}

function listOf(names: readonly string[]): string {
  return names.length === 0 ? 'none' : names.join(', ');
}

async function unlessAbsent<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

const ADVICE_ON_RIGHTS = 'Run palhm as root, or let its user into the group lxd or incus-admin.';

function adviseOn(error: unknown): string {
  return isErrno(error, 'EACCES') ? ADVICE_ON_RIGHTS : 'Start it, or name its socket in "socket".';
}

function problem(message: string, hint: string): Problem {
  return { message, hint, isProgram: false };
}
