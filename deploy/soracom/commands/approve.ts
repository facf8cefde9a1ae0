import { type Command, EXIT_DECLINED } from '../../command/index.ts';
import { approve } from '../approval/index.ts';
import { loadPlan, printed, savePlan } from '../plan/index.ts';
import { withVault } from '../surroundings.ts';
import { pathOf } from './shown.ts';

export const approveCommand: Command = {
  name: 'approve',
  summary: "Sign a kept plan with Vault's key tashika-plans, so that it may be applied",
  positionals: [{ name: 'plan', summary: 'The plan', required: true }],
  async run(args, context) {
    const file = pathOf(args.plan, context);
    const { plan, madeAt } = loadPlan(file);
    context.print(printed(plan));
    if (!(await context.confirm(`Approve this plan for operator ${plan.operatorId}?`))) {
      context.print('It is not approved.');
      context.answer({ approvedBy: null });
      return EXIT_DECLINED;
    }
    const approval = await withVault(context, (vault) => approve(plan, vault, context.clock.now()));
    savePlan(file, { plan, madeAt, approval });
    context.print(`\nApproved by ${approval.approvedBy}.`);
    context.answer(approval);
    return 0;
  },
};
