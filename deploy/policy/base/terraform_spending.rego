# Terraform plans: what it costs, and who pays.
package tashika.base.terraform

import data.tashika.base.attribute
import data.tashika.base.denial
import data.tashika.parameters

# METADATA
# title: It says whose it is
# description: Cost is shown by team and environment, which only tags tell.
# custom:
#   id: terraform.tags-tell-whose
#   severity: medium
#   remedy: Hand the tags of the module `naming-tags` on to the resource.
#   parameters: [required_tags]
deny contains entry if {
	some resource in resources
	has(resource, "tags")
	missing := [tag | some tag in parameters.required_tags; not is_tagged(resource, tag)]
	count(missing) > 0
	entry := denial.of(rego.metadata.rule(), resource.address, sprintf("It lacks the tags %s.", [concat(", ", sort(missing))]))
}

is_tagged(resource, tag) if trim_space(resource.planned.tags[tag]) != ""

# METADATA
# title: Spending has a budget
# description: A resource group without a budget costs what it costs until the bill comes.
# custom:
#   id: terraform.spending-has-a-budget
#   severity: medium
#   remedy: Add the module `budget` to the stack, with an amount of at most the parameter `max_monthly_budget` and somebody to tell.
#   parameters: [max_monthly_budget]
deny contains entry if {
	some finding in unbounded_spending
	entry := denial.of(rego.metadata.rule(), finding.address, finding.message)
}

unbounded_spending contains {"address": resource.address, "message": "No budget is in the plan."} if {
	some resource in of_type("azurerm_resource_group")
	count(budgets) == 0
}

unbounded_spending contains {"address": budget.address, "message": message} if {
	some budget in budgets
	planned := budget.planned
	not attribute.is_at_most(planned, "amount", "max_monthly_budget")
	message := sprintf("The budget is %v; at most %v.", [attribute.told(planned, "amount"), parameters.max_monthly_budget])
}

unbounded_spending contains {"address": budget.address, "message": "Nobody is told when it is used up."} if {
	some budget in budgets
	not tells_somebody(budget)
}

tells_somebody(budget) if {
	some notification in budget.planned.notification
	object.get(notification, "enabled", true) == true
}

budgets := of_type("azurerm_consumption_budget_resource_group")
