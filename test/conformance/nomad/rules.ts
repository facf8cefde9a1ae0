import type { Group, JobFile, Task } from './job-file.ts';

/** It commits what it has read within 10 s of SIGTERM. */
const LEAST_KILL_TIMEOUT_S = 10;

/** Names of variables that hold a secret, as `tashika-cloud` has them. */
const SECRET_VARIABLE = /(CONNECTION_STRING|PRE_SHARED_KEY|SECRET_ID|TOKEN|PASSWORD)$/;
/** A user, and mostly a password, in an address. */
const NAMES_USER = /:\/\/[^/]*@/;
const KEY_LIKE =
  /SharedAccessKey=(?!\{)|\b(hvs|s)\.[A-Za-z0-9_-]{20,}|-----BEGIN [A-Z ]*PRIVATE KEY|\b[A-Za-z0-9+/]{43}=/;

/** Sentences: what a job file lacks that ours must have. */
export function problemsOf(file: JobFile, text: string): readonly string[] {
  const groups = Object.values(file.job).flatMap(([job]) =>
    Object.entries(job.group).map(([name, [group]]) => ({ name, group })),
  );
  return [
    ...variableProblems(file),
    ...groups.flatMap(({ name, group }) => groupProblems(group).map((problem) => `group ${name}: ${problem}`)),
    ...(KEY_LIKE.test(text) ? ['something in it looks like a key or a token'] : []),
  ];
}

function variableProblems({ variable, job }: JobFile): readonly string[] {
  const sizes = Object.values(job).flatMap(([{ group }]) => Object.values(group).map(([{ count }]) => String(count)));
  const named = sizes.map((count) => /^\$\{var\.(\w+)(?:\.\w+)?\}$/.exec(count)?.[1]);
  return [...named, 'image', 'database'].flatMap((name) => {
    if (name === undefined) return ['the number of replicas is no variable'];
    return variable[name]?.[0].validation ? [] : [`the variable ${name} has no validation`];
  });
}

function groupProblems(group: Group): readonly string[] {
  return [
    ...updateProblems(group),
    ...checkProblems(group),
    ...Object.values(group.task).flatMap(([task]) => taskProblems(task)),
  ];
}

function updateProblems({ update }: Group): readonly string[] {
  const found = update?.[0] ?? {};
  return [
    ...(Number(found.canary) >= 1 ? [] : ['it has no canary']),
    ...['auto_promote', 'auto_revert'].filter((name) => found[name] !== true).map((name) => `${name} is not true`),
    ...(found.health_check === 'checks' ? [] : ['health_check is not checks']),
  ];
}

function checkProblems({ service = [] }: Group): readonly string[] {
  const checks = service.flatMap(({ check = [] }) => check);
  const paths = ['/api/ready', '/api/health'].filter((path) => !checks.some((each) => each.path === path));
  const restarting = checks.filter(({ check_restart }) => check_restart);
  return [
    ...paths.map((path) => `no check asks ${path}`),
    ...(restarting.length === 0 ? ['no check starts it anew when it is stuck'] : []),
    ...restarting
      .filter(({ path }) => path !== undefined)
      .map(({ path }) => `a check of ${path} starts it anew, which mends neither hub nor store`),
  ];
}

function taskProblems({
  user,
  kill_timeout = '5s',
  config,
  vault,
  identity,
  template,
  env,
  resources,
}: Task): readonly string[] {
  const [{ image, readonly_rootfs, cap_drop, privileged }] = config;
  const session = vault?.[0] ?? {};
  return [
    ...(Number.parseInt(kill_timeout, 10) >= LEAST_KILL_TIMEOUT_S ? [] : [`kill_timeout is ${kill_timeout}`]),
    ...(user === undefined || /^(0|root)(:|$)/.test(user) ? ['it runs as root'] : []),
    ...(readonly_rootfs === true ? [] : ['its root is not read-only']),
    ...(JSON.stringify(cap_drop) === '["all"]' && privileged !== true ? [] : ['it keeps capabilities']),
    ...(String(image) === `\${var.image}` ? [] : ['the image is written out']),
    ...(typeof session.role === 'string' ? [] : ['it has no role in Vault']),
    ...(session.env === false && session.disable_file === true ? [] : ['the program can read the token of Vault']),
    ...(template?.some(({ data }) => /{{ with (secret|pkiCert) "/.test(data)) ? [] : ['no template asks Vault']),
    ...(identity?.[0].file === true ? [] : ['the program has no identity to log in to Vault with']),
    ...Object.entries(env?.[0] ?? {}).flatMap(([name, value]) =>
      SECRET_VARIABLE.test(name) || NAMES_USER.test(String(value)) ? [`${name} in env holds a secret`] : [],
    ),
    ...['cpu', 'memory'].filter((name) => !(Number(resources?.[0][name]) > 0)).map((name) => `${name} is not bounded`),
  ];
}
