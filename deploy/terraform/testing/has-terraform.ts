import { execFileSync } from 'node:child_process';

/** Whether there is a `terraform` on the PATH; says so where there is none, for those who wonder what was skipped. */
export function hasTerraform(): boolean {
  try {
    execFileSync('terraform', ['version'], { stdio: 'pipe', env: { ...process.env, CHECKPOINT_DISABLE: '1' } });
    return true;
  } catch {
    console.warn('Skipped: there is no terraform on the PATH to try the modules and stacks with.');
    return false;
  }
}
