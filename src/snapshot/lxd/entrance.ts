/** Programs in a container, started by the client of LXD or Incus: `lxc exec`. */
import { existsSync } from 'node:fs';
import type { LxdPlan } from '../../config/plan/snapshots/sources.js';
import type { Entrance, Entrances } from '../../exec/facts.js';
import { findProgram } from '../../host/programs.js';

/** Incus of Debian and others, LXD of Debian, LXD as a snap. */
const SOCKETS = [
  '/var/lib/incus/unix.socket',
  '/run/incus/unix.socket',
  '/var/lib/lxd/unix.socket',
  '/var/snap/lxd/common/lxd/unix.socket',
] as const;

export function socketOf({ socket }: LxdPlan): string {
  return socket ?? SOCKETS.find((one) => existsSync(one)) ?? SOCKETS[2];
}

/** The name of the client, or its path. */
export function clientOf(plan: LxdPlan): string {
  return plan.client ?? (socketOf(plan).includes('incus') ? 'incus' : 'lxc');
}

export function enterInstance(plan: LxdPlan): Promise<Entrances> {
  const description = `the container ${plan.instance}`;
  return Promise.resolve({ instance: entranceOf(plan, plan.instance, description) });
}

export function entranceOf(plan: LxdPlan, name: string, description: string): Entrance {
  const client = clientOf(plan);
  const project = plan.project === undefined ? [] : ['--project', plan.project];
  const socket = socketOf(plan);
  return {
    description,
    command: (argv, env) => ({
      argv: [
        findProgram(client) ?? client,
        'exec',
        // Its own configuration may name another server, and it wants to make one when there is none.
        '--force-local',
        ...project,
        // No terminal: stdout and stderr stay apart, and bytes stay what they are.
        '--force-noninteractive',
        ...Object.entries(env).flatMap(([variable, value]) => ['--env', `${variable}=${value}`]),
        name,
        '--',
        ...argv,
      ],
      env: { LXD_SOCKET: socket, INCUS_SOCKET: socket, LC_ALL: 'C' },
    }),
  };
}
