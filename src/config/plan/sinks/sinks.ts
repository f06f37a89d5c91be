/** The one place of the config that knows every backend: the closed union of their plans, and how each is resolved. */
import { Failure } from '../../../failure/failure.js';
import type { Cursor } from '../../check/cursor.js';
import type { BackupTask } from '../../check/types.gen.js';
import type { Problems } from '../../read/diagnostics.js';
import type { PathLimit } from '../object-path.js';
import { type BucketAccess, resolveS3, type S3Plan, s3PathLimit, s3PlaceOf } from './aws-s3.js';
import { type LocalfsPlan, localfsPathLimit, localfsPlaceOf, resolveLocalfs } from './localfs.js';
import { type NullPlan, nullPlan } from './null.js';

export type SinkPlan = LocalfsPlan | S3Plan | NullPlan;

type Type = SinkPlan['type'];
type PlanOf<T extends Type> = { readonly [K in T]: Extract<SinkPlan, { type: K }> }[T];
type TaskOf<T extends Type> = { readonly [K in T]: Extract<BackupTask, { backend: K }> }[T];
type Resolver<T extends Type> = (
  task: Cursor<TaskOf<T>>,
  problems: Problems,
) => PlanOf<T> | undefined;

/** A plan without a resolver does not compile. */
const RESOLVERS: { readonly [T in Type]: Resolver<T> } = {
  localfs: resolveLocalfs,
  'aws-s3': resolveS3,
  null: nullPlan,
};

/** Undefined when the parameters have an error, which is reported. */
export function resolveSink(
  { value, node }: Cursor<BackupTask>,
  problems: Problems,
): SinkPlan | undefined {
  return resolveAs(value.backend, { task: value, node }, problems);
}

function resolveAs<T extends Type>(
  type: T,
  { task, node }: { readonly task: TaskOf<T>; readonly node: Cursor<unknown>['node'] },
  problems: Problems,
): SinkPlan | undefined {
  const resolve: Resolver<T> = RESOLVERS[type];
  return resolve({ value: task, node }, problems);
}

type Limit<T extends Type> = (plan: PlanOf<T>) => PathLimit | undefined;

const PATH_LIMITS: { readonly [T in Type]: Limit<T> } = {
  localfs: localfsPathLimit,
  'aws-s3': s3PathLimit,
  null: () => undefined,
};

/** How long the path of an object may be; undefined where the sink sets no limit of its own. */
export function pathLimitOf(sink: SinkPlan): PathLimit | undefined {
  return limitAs(sink.type, sink);
}

function limitAs<T extends Type>(type: T, sink: PlanOf<T>): PathLimit | undefined {
  const limit: Limit<T> = PATH_LIMITS[type];
  return limit(sink);
}

/** A copy wherever it lies: a directory or a place in a bucket, whatever its name. */
export interface CopyPlace {
  /** The sink whose root holds it. */
  readonly sink: SinkPlan;
  readonly name: string;
}

/** Of a dry run: everything is run, nothing is stored. */
export const STORING_NOTHING: SinkPlan = nullPlan();

/** What no other backend takes for a place of its own is a path. Failure USAGE. */
export function placeOfCopy(from: string, access: BucketAccess): CopyPlace {
  const place = s3PlaceOf(from, access);
  if (place !== undefined) return place;
  if (Object.values(access).some((value) => value !== undefined)) throw notABucket(from);
  return localfsPlaceOf(from);
}

function notABucket(path: string): Failure {
  return new Failure({
    code: 'USAGE',
    message: `--endpoint, --region and --profile are for buckets, and ${path} is a path`,
    hint: 'name a copy in a bucket as s3://BUCKET/ROOT/PREFIX',
  });
}
